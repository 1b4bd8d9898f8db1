from __future__ import annotations

import pytest

from imagedepot.model.depot import APPCENTER
from imagedepot.model.image import ImageRequest, ImageType, InstalledImage

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("type_", "name", "tag", "title"),
    [
        (ImageType.DOCKER, "redis", "7", "redis:7"),
        (ImageType.DOCKER, "registry.lan:5000/a", DIGEST, f"registry.lan:5000/a@{DIGEST}"),
        (ImageType.LXC, "debian/bookworm", "latest", "debian/bookworm"),
    ],
)
def test_an_image_is_called_the_same_when_it_is_asked_for_and_when_it_is_here(
    type_: ImageType, name: str, tag: str, title: str
) -> None:
    assert ImageRequest(APPCENTER, type_, name, tag).title == title
    assert InstalledImage(type_, name, tag, 1).title == title
