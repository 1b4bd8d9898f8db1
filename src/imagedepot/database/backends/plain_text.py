"""Text without the one character that PostgreSQL refuses, which names and messages from outside may have."""

from __future__ import annotations

from psycopg.types.string import StrDumperUnknown


class PlainText(StrDumperUnknown):
    """A column of text in which a NUL is kept as U+FFFD, so that the row can be written."""

    def dump(self, obj: str) -> bytes | bytearray | memoryview | None:
        return super().dump(obj.replace("\0", "\ufffd"))
