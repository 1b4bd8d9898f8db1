"""The icons, and what teaches them their addresses: the catalogs, and the depots by what they find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagedepot.service.icons import Icons
from imagedepot.wiring.cold import Cold
from imagedepot.wiring.upstreams import CACHE

if TYPE_CHECKING:
    from imagedepot.remote.catalogs.collection import Collection


def open_icons(cold: Cold) -> Icons:
    """With the addresses that were learned earlier; loads neither a catalog nor the HTTP client."""
    return Icons(lambda: cold.upstreams.transport, cold.settings.data_dir / CACHE / "icons")


def teach_icons(icons: Icons, cold: Cold) -> None:
    """Let them learn from the catalogs, and from what depots find from now on."""

    def learn(now: Collection) -> None:
        for given_by in set(now.icons.values()):
            icons.learn([url for url, by in now.icons.items() if by == given_by], given_by)

    cold.upstreams.catalogs.listen(learn)
    cold.images.icons_named = icons.learn
