"""Images as people type them, split into what the API's paths are made of."""

from __future__ import annotations

from imagedepot.model.image import LXC_TAG, DepotName, ImageType
from imagedepot.model.reference import Reference


def split(type_: ImageType, text: str) -> tuple[str, str]:
    """Familiar name and tag (or digest): `redis` is `("redis", "latest")`. Raises `InvalidReference`."""
    if type_ is ImageType.LXC:
        return text, LXC_TAG
    reference = Reference.parse(text)
    return reference.familiar_name, reference.pinned


def without_default(type_: ImageType, text: str) -> str:
    """`redis` (all of the repository) or `redis:7`, in the familiar form. Raises `InvalidReference`."""
    if type_ is ImageType.LXC:
        return text
    reference = Reference.parse(text)
    is_explicit = reference.digest is not None or ":" in text.rpartition("/")[2]
    return reference.familiar if is_explicit else reference.familiar_name


def depot_of(type_: ImageType) -> DepotName:
    """Where an image comes from when nobody says: docker images from their registry, LXC images from a catalog."""
    return DepotName.DOCKERHUB if type_ is ImageType.DOCKER else DepotName.APPCENTER
