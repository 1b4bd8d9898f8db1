"""`GET /image/`: which keys a row has depends on its depot and type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from imagedepot.model.depot import LOCAL, DepotKind
from imagedepot.model.image import Found, ImageType, InstalledImage
from imagedepot.protocols import Depot
from imagedepot.service.finding.listing import Here, UnderWay
from imagedepot.wire.v1.base import Answer, Bytes, Count, DepotName, about, moment

IconUrl = Callable[[str], str]
"""Our own cached copy of an icon; empty while there is none."""

Row = tuple[ImageType, str, tuple[InstalledImage, ...]]
"""What a local row is about: its type, its name, its images (one for LXC, one for each tag for docker)."""

_PULLS = Annotated[Count | None, about("Pulls on Docker Hub; null where they are not known.")]
_STARS = Annotated[Count, about("Stars on Docker Hub.")]
_CATEGORIES = Annotated[list[str], about("Categories of the catalog.")]
_DEPOT = Annotated[str, about("The depot it came from; empty where it was put into the engine by other means.")]
_STORE = Annotated[str, about("The store that it lives in, as `?store=` takes it: `embedded`, `docker`, `podman`, …")]
_CREATED = Annotated[datetime | None, about("When the image was made.")]
_INSTALLED = Annotated[datetime | None, about("When it was installed.")]


class _Listed(Answer):
    name: Annotated[str, about("Familiar name: `redis`, `lgsd/diamond`, `registry.lan:5000/a/b`, `debian/bookworm`.")]
    type: ImageType
    from_: DepotName = msgspec.field(name="from")
    installed: Annotated[bool, about("Whether it is on this host: docker by exact tag, LXC by name.")]
    downloading: Annotated[bool, about("Whether a download of it is under way.")]
    description: Annotated[str, about("From the catalog, or from the client that downloaded it.")]
    icon_url: Annotated[str, about("Our own cached copy of its icon, or empty.")]


class _WithIcon(_Listed):
    icon: Annotated[str, about("The upstream's address of its icon, or empty.")]


class LocalDockerImage(_WithIcon):
    """One docker repository in one store on this host, with all of its tags there."""

    size: Annotated[list[Bytes], about("Bytes of each tag.")]
    tags: Annotated[list[str], about("Ascending as strings; a digest for what was downloaded by digest.")]
    is_latest: Annotated[list[str], about("`latest` when that tag is there, else empty.")]
    digests: Annotated[list[str], about("The upstream's own digest of each tag, or empty; empty with `digests=false`.")]
    platforms: Annotated[list[str], about("Platform of each tag, or empty.")]
    created: list[_CREATED]
    installed_at: list[_INSTALLED]
    depot: _DEPOT
    store: _STORE

    @classmethod
    def of(
        cls, name: str, images: Sequence[InstalledImage], under_way: UnderWay, icon_url: IconUrl
    ) -> LocalDockerImage:
        tags = [image.tag for image in images]
        # The remarks that people read are those of `latest`, else of the first tag that has any.
        remarked = sorted(images, key=lambda each: each.tag != "latest")
        icon = next((each.remark.icon for each in remarked if each.remark.icon), "")
        return cls(
            name=name,
            type=ImageType.DOCKER,
            from_=LOCAL,
            installed=True,
            downloading=any((ImageType.DOCKER, name, tag) in under_way for tag in tags),
            description=next((each.remark.description for each in remarked if each.remark.description), ""),
            icon=icon,
            icon_url=icon_url(icon),
            size=[image.size for image in images],
            tags=tags,
            is_latest=["latest"] if "latest" in tags else [],
            digests=[str(image.digest or "") for image in images],
            platforms=[str(image.platform or "") for image in images],
            created=[moment(image.created) for image in images],
            installed_at=[moment(image.installed_at) for image in images],
            depot=next((each.depot for each in remarked if each.depot), ""),
            store=images[0].store,
        )


class LocalLxcImage(_WithIcon):
    """One LXC image on this host."""

    size: Bytes
    tags: Annotated[list[str], about("Its one tag.")]
    arch: Annotated[str, about("Architecture by its Debian name, or empty.")]
    created: _CREATED
    installed_at: _INSTALLED
    verified: Annotated[bool, about("Whether it came with a checksum, and matched it.")]
    fingerprint: str
    depot: _DEPOT
    store: _STORE

    @classmethod
    def of(cls, image: InstalledImage, under_way: UnderWay, icon_url: IconUrl) -> LocalLxcImage:
        return cls(
            name=image.name,
            type=ImageType.LXC,
            from_=LOCAL,
            installed=True,
            downloading=(ImageType.LXC, image.name, "") in under_way,
            description=image.remark.description,
            icon=image.remark.icon,
            icon_url=icon_url(image.remark.icon),
            size=image.size,
            tags=[image.tag],
            arch=image.platform.debian if image.platform else "",
            created=moment(image.created),
            installed_at=moment(image.installed_at),
            verified=image.verified,
            fingerprint=image.digest.hex if image.digest else image.id,
            depot=image.depot or "",
            store=image.store,
        )


class AppCenterImage(_WithIcon):
    """One image that a catalog recommends."""

    location: Annotated[str, about("Its page, or the address of its file.")]
    size: Annotated[str | None, about("LXC: bytes as text, empty when unknown. Docker: null.")]
    title: Annotated[str, about("Its title for people, with the version unless that is `latest`.")]
    arch: Annotated[str, about("Architecture by its Debian name; empty when unknown.")]
    inspect: Annotated[str, about("`{}` for LXC, empty for docker; for clients of the original service.")]
    tag: Annotated[str, about("The tag to ask for.")]
    categories: _CATEGORIES
    id: Annotated[str, about("Unique among the rows.")]


class OfficialImage(_WithIcon):
    """One Docker Official Image."""

    location: Annotated[str, about("Its page.")]
    title: Annotated[str, about("A catalog's title, else its name.")]
    arch: Annotated[str, about("The architecture that a catalog names, or empty.")]
    is_official: Annotated[bool, about("True.")]
    star_count: _STARS
    pull_count: _PULLS
    categories: _CATEGORIES


class DockerHubImage(_Listed):
    """One match of a search on Docker Hub."""

    location: Annotated[str, about("Its page on Docker Hub.")]
    is_official: Annotated[bool, about("Whether it is a Docker Official Image.")]
    is_trusted: Annotated[bool, about("Whether it is a verified publisher's.")]
    star_count: _STARS
    pull_count: _PULLS


FoundImage: TypeAlias = AppCenterImage | OfficialImage | DockerHubImage
LocalImage: TypeAlias = LocalDockerImage | LocalLxcImage


def found_row(depot: Depot, row: Found, here: Here, icon_url: IconUrl) -> FoundImage:
    """A row of a remote depot; its kind decides which keys it has."""
    installed, downloading = here.state(row)
    common: dict[str, Any] = {
        "name": row.name,
        "type": row.type,
        "from_": depot.id,
        "installed": installed,
        "downloading": downloading,
        "description": row.description,
        "location": row.location,
        "icon_url": icon_url(row.icon),
    }
    if depot.kind is DepotKind.REGISTRY:
        return DockerHubImage(
            **common,
            is_official=row.is_official,
            is_trusted=row.is_trusted,
            star_count=row.star_count,
            pull_count=row.pull_count,
        )
    common |= {"icon": row.icon, "arch": row.architecture, "categories": list(row.categories)}
    if depot.kind is DepotKind.OFFICIAL:
        return OfficialImage(
            **common,
            title=row.title or row.name,
            is_official=True,
            star_count=row.star_count,
            pull_count=row.pull_count,
        )
    return AppCenterImage(
        **common,
        size=row.size,
        title=row.title,
        inspect=row.inspect,
        tag=row.tag or "latest",
        id=f"{row.type}:{row.name}:{row.architecture}",
    )


def rows_of(lxc: Sequence[InstalledImage], docker: Sequence[InstalledImage]) -> Iterator[Row]:
    """What each local row is about, in the order of the list: LXC first, then one row for each docker repository of
    each store."""
    for image in sorted(lxc, key=lambda each: each.name):
        yield ImageType.LXC, image.name, (image,)
    by_store = sorted(docker, key=lambda each: (each.name, each.store, each.tag))
    for (name, _), images in groupby(by_store, lambda each: (each.name, each.store)):
        yield ImageType.DOCKER, name, tuple(images)


def local_row(row: Row, under_way: UnderWay, icon_url: IconUrl, with_digests: bool = True) -> LocalImage:
    type_, name, images = row
    if type_ is ImageType.LXC:
        return LocalLxcImage.of(images[0], under_way, icon_url)
    answer = LocalDockerImage.of(name, images, under_way, icon_url)
    return answer if with_digests else msgspec.structs.replace(answer, digests=[""] * len(images))


ROWS: tuple[type[Answer], ...] = (LocalDockerImage, LocalLxcImage, AppCenterImage, OfficialImage, DockerHubImage)
"""What a row of `Listing` may be; msgspec takes no union of structs that has no tag."""


class Listing(Answer):
    """The rows of one depot."""

    filter_text: Annotated[str, about("As asked.")]
    from_: DepotName = msgspec.field(name="from")
    results: Annotated[
        list[Any],
        msgspec.Meta(
            extra_json_schema={"items": {"anyOf": [{"$ref": f"#/components/schemas/{each.__name__}"} for each in ROWS]}}
        ),
    ]
    total_count: Annotated[Count, about("How many there are: of all pages when one was asked for.")]
    type: Annotated[Literal["", "docker", "lxc"], about("As asked: `docker`, `lxc` or empty.")]
