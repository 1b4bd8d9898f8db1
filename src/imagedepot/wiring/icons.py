"""Gives the icons the addresses that catalogs name; depots add those of their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagedepot.wiring.cold import Cold

if TYPE_CHECKING:
    from imagedepot.remote.catalogs.collection import Collection


def teach_icons(cold: Cold) -> None:
    """Let the icons learn the addresses that catalogs name, now and whenever a catalog changes."""

    def learn(now: Collection) -> None:
        for given_by in set(now.icons.values()):
            cold.icons.learn([url for url, by in now.icons.items() if by == given_by], given_by)

    cold.upstreams.catalogs.listen(learn)
