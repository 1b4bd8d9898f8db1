"""Archives of images that come in."""

from __future__ import annotations

from typing import Annotated

from imagedepot.wire.v1.base import Answer, Body, about


class Archive(Body):
    """The bytes of a tar file."""


class StartedLoads(Answer):
    """What an archive brings."""

    downloads: Annotated[list[str], about("Ids of downloads: one for each name of an image, in order.")]
