"""Parses and checks image requests, once, before anything else sees them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from imagedepot.errors import InvalidInput
from imagedepot.model.depot import DepotId
from imagedepot.model.image import LXC_TAG, ImageRequest, ImageType, Remark
from imagedepot.model.names.pasted import as_reference
from imagedepot.model.names.reference import DOCKER_HUB, Reference, is_explicit, is_tag
from imagedepot.model.names.upstreams import OWN_HOST
from imagedepot.model.platform import Platform
from imagedepot.protocols import Depot

_NO_REMARK = Remark()
_LONGEST_REMARK = 8192
_LONGEST_NAME = 255
_WELL_KNOWN = frozenset(
    {
        *("docker.io", "ghcr.io", "quay.io", "gcr.io", "registry.k8s.io", "mcr.microsoft.com", "lscr.io"),
        *("public.ecr.aws", "codeberg.org", "docker.gitea.com", "registry.gitlab.com"),
    }
)


def depot_id(text: str, depots: Collection[DepotId]) -> DepotId:
    """The id of one of `depots`. Raises `InvalidInput`."""
    found = DepotId(text)
    if found not in depots:
        raise InvalidInput(f"Unknown depot {text[:80]!r}: use {', '.join(depots)}")
    return found


def image_type(text: str) -> ImageType:
    """Raises `InvalidInput`."""
    try:
        return ImageType(text)
    except ValueError:
        raise InvalidInput(f"Unknown image type {text[:80]!r}: use {', '.join(ImageType)}") from None


def image_request(
    depots: Mapping[DepotId, Depot],
    depot: DepotId,
    type_: ImageType,
    name: str,
    tag: str,
    platform: str = "",
    remark: Remark = _NO_REMARK,
) -> ImageRequest:
    """A request for an image of `depot`, one of `depots`; names in their familiar form.

    For LXC any tag means the one version that a catalog has.

    Raises `InvalidInput` (`InvalidReference` for names).
    """
    if depots[depot].kind.is_local:
        others = _choice(id_ for id_, each in depots.items() if not each.kind.is_local)
        raise InvalidInput(f"Nothing is downloaded from {depot}: use {others}")
    for text in (remark.description, remark.location, remark.icon):
        if len(text) > _LONGEST_REMARK:
            raise InvalidInput(f"A description, location or icon has at most {_LONGEST_REMARK:,} characters")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise InvalidInput("A description, location or icon is not text: half of a surrogate pair")
    wanted = Platform.parse(platform) if platform else None
    if type_ is ImageType.LXC:
        if depots[depot].lxc is None:
            others = _choice(id_ for id_, each in depots.items() if each.lxc is not None)
            raise InvalidInput(f"LXC images come from {others}, not from {depot}")
        return ImageRequest(depot, type_, lxc_name(name), LXC_TAG, wanted, remark)
    reference = Reference.for_tag(as_reference(name), tag)
    if reference.registry == OWN_HOST:
        raise InvalidInput(f"{reference.familiar} is pushed to this service, and not downloaded from another")
    return ImageRequest(depot, type_, reference.familiar_name, reference.label, wanted, remark)


def _choice(depots: Iterable[DepotId]) -> str:
    """`dockerhub, official or appcenter`"""
    names = list(depots)[::-1]
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def lxc_name(name: str) -> str:
    """A catalog's or an engine's name of an LXC image. Raises `InvalidInput`."""
    parts = name.split("/")
    if len(name) > _LONGEST_NAME or not all(is_tag(part.replace("+", "_").replace(":", "_")) for part in parts):
        raise InvalidInput(f"Not a valid image name: {name[:300]!r}")
    return name


def installed_name(type_: ImageType, name: str) -> tuple[str, str | None]:
    """Name and tag (None: every tag) of what is to be found in local. Raises `InvalidInput`."""
    if type_ is ImageType.LXC:
        return lxc_name(name), None
    name = as_reference(name)
    reference = Reference.parse(name)
    return reference.familiar_name, reference.label if is_explicit(name) else None


def is_well_known(name: str) -> bool:
    """Whether a docker image's registry is one of the large public ones. Raises `InvalidReference`."""
    return Reference.parse(as_reference(name)).registry in _WELL_KNOWN


def is_other_registry(name: str) -> bool:
    """Whether a docker image's name asks another registry than Docker Hub. Raises `InvalidReference`."""
    return Reference.parse(as_reference(name)).registry != DOCKER_HUB
