"""Images as people type them, split into what the API's paths are made of."""

from __future__ import annotations

from imagedepot.model.image import LXC_TAG, ImageType
from imagedepot.model.names.pasted import as_reference
from imagedepot.model.names.reference import Reference, is_explicit


def split(type_: ImageType, text: str) -> tuple[str, str]:
    """Familiar name and tag (or digest): `redis` is `("redis", "latest")`. Raises `InvalidReference`."""
    if type_ is ImageType.LXC:
        return text, LXC_TAG
    reference = Reference.parse(as_reference(text))
    return reference.familiar_name, reference.label


def without_default(type_: ImageType, text: str) -> str:
    """`redis` (all of the repository) or `redis:7`, in the familiar form. Raises `InvalidReference`."""
    if type_ is ImageType.LXC:
        return text
    text = as_reference(text)
    reference = Reference.parse(text)
    return reference.familiar if is_explicit(text) else reference.familiar_name


def without_command(words: list[str]) -> list[str]:
    """The images of a line that was pasted behind our own command: `docker pull redis`."""
    return words[2:] if len(words) > 2 and words[0] in ("docker", "podman", "nerdctl") and words[1] == "pull" else words
