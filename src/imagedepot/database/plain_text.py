"""Text as PostgreSQL takes it: strangers' names and messages may have a character that it refuses."""

from __future__ import annotations

from psycopg.types.string import StrDumperUnknown


class PlainText(StrDumperUnknown):
    """A NUL is kept as U+FFFD, so that the row is written."""

    def dump(self, obj: str) -> bytes | bytearray | memoryview | None:
        return super().dump(obj.replace("\0", "\ufffd"))
