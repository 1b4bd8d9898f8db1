"""The disk, in this process: what uses it, clean-up, verification."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagedepot.cli.backend.protocol import Json
from imagedepot.service.space import SpaceService
from imagedepot.wire.v1.base import plain
from imagedepot.wire.v1.space import Freed, Space, Verification
from imagedepot.wiring.cold import Cold
from imagedepot.wiring.served.space import open_space

if TYPE_CHECKING:
    from imagedepot.cli.backend.records import Records


class LocalSpace:
    """`records` know what was pushed and mirrored; None where there is no database, as a full disk takes none."""

    def __init__(self, cold: Cold, records: Records | None) -> None:
        self._cold = cold
        self._space = _opened(cold, records)

    def usage(self) -> Json:
        return plain(Space.of_usage(self._space.usage()))

    def clean_up(self, unfinished: bool, unnamed: bool) -> Json:
        return plain(Freed.of(self._space.clean_up(unfinished, unnamed)))

    def verify(self, repair: bool, slice_: str) -> Json:
        """`slice_` is written as 2/8."""
        # Late: a repair downloads, and the rest does not wait for what that needs.
        from imagedepot.model.content.slice import Slice
        from imagedepot.wiring.repair import open_repair

        return plain(Verification.of(open_repair(self._cold).verify(repair, Slice.parse(slice_))))


def _opened(cold: Cold, records: Records | None) -> SpaceService:
    if records is None:
        return open_space(cold, tuple, lambda: 0)
    return open_space(cold, records.partial_keys, lambda: int(records.mirror()["used"]))
