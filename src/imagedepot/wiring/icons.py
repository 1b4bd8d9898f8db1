"""The icons, taught by everybody who may name one: the catalogs, and the depots by what they find."""

from __future__ import annotations

from imagedepot.remote.catalogs.collection import Collection
from imagedepot.service.icons import Icons
from imagedepot.wiring.cold import Cold
from imagedepot.wiring.upstreams import CACHE


def open_icons(cold: Cold) -> Icons:
    icons = Icons(cold.upstreams.transport, cold.settings.data_dir / CACHE / "icons")

    def learn(now: Collection) -> None:
        for given_by in set(now.icons.values()):
            icons.learn([url for url, by in now.icons.items() if by == given_by], given_by)

    cold.upstreams.catalogs.listen(learn)
    cold.images.icons_named = icons.learn
    return icons
