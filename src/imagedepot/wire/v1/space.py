"""The disk: space, clean-up, verification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from imagedepot.model.content.part import Part
from imagedepot.model.image import ImageType
from imagedepot.wire.v1.base import Answer, Body, Bytes, Count, about

if TYPE_CHECKING:
    from imagedepot.content.gc import Freed as FreedFacts
    from imagedepot.files.free_space import Space as DiskFacts
    from imagedepot.service.repair import Verdict
    from imagedepot.service.space import Usage

MOST_UNNAMED = 100


class Disk(Answer):
    """The file system that holds the data folder."""

    free: Annotated[Bytes, about("Bytes that are free.")]
    total: Annotated[Bytes, about("Bytes of the disk.")]
    reserve: Annotated[Bytes, about("Bytes that no download takes.")]

    @classmethod
    def of(cls, space: DiskFacts) -> Disk:
        return cls(free=space.free, total=space.total, reserve=space.reserve)


class SpaceOfImage(Answer):
    """What one image takes."""

    type: ImageType
    name: str
    tag: str
    reference: str
    size: Annotated[Bytes, about("Bytes of the image.")]
    own: Annotated[Bytes, about("Bytes that its removal frees.")]
    shared: Annotated[Bytes, about("Bytes that stay, because other images need them too.")]
    store: Annotated[str, about("The store that it lives in; only what lives in `embedded` is part of `used`.")]


class SpaceOfBlob(Answer):
    """What one blob takes."""

    digest: str
    size: Bytes
    images: Annotated[list[str], about("The images that need it.")]


class Reclaimable(Answer):
    """What a clean-up would free."""

    bytes: Bytes
    files: Count


class SpaceOfPart(Answer):
    """What one kind of file takes."""

    part: Annotated[Part, about("`unneeded` is what no image and no download needs, and what was set aside.")]
    bytes: Bytes
    reclaimable: Annotated[Bytes, about("Bytes of it that a clean-up would free.")]
    files: Annotated[Count | None, about("How many files, of partial and unneeded ones.")]


class Space(Disk):
    """The disk, and what our own stores hold of it."""

    used: Annotated[Bytes, about("Bytes that our own stores hold, partial files included.")]
    images: list[SpaceOfImage]
    blobs: list[SpaceOfBlob]
    reclaimable: Reclaimable
    parts: Annotated[list[SpaceOfPart], about("What the bytes are there for.")]

    @classmethod
    def of_usage(cls, usage: Usage) -> Space:
        return cls(
            free=usage.space.free,
            total=usage.space.total,
            reserve=usage.space.reserve,
            used=usage.used,
            images=[
                SpaceOfImage(
                    type=use.image.type,
                    name=use.image.name,
                    tag=use.image.tag,
                    reference=use.image.title,
                    size=use.image.size,
                    own=use.own,
                    shared=use.shared,
                    store=use.image.store,
                )
                for use in usage.images
            ],
            blobs=[
                SpaceOfBlob(digest=str(blob.digest), size=blob.size, images=list(blob.references))
                for blob in usage.blobs
            ],
            reclaimable=Reclaimable(bytes=usage.reclaimable.bytes, files=usage.reclaimable.files),
            parts=[
                SpaceOfPart(part=each.part, bytes=each.bytes, reclaimable=each.reclaimable, files=each.files)
                for each in usage.parts
            ],
        )


class Freed(Answer):
    """What a clean-up freed."""

    freed: Annotated[Bytes, about("Bytes that are free now.")]
    files: Annotated[Count, about("How many files were removed.")]

    @classmethod
    def of(cls, freed: FreedFacts) -> Freed:
        return cls(freed=freed.bytes, files=freed.files)


class CleanupRequest(Body):
    """What to clean up."""

    unfinished: Annotated[
        bool, about("Also delete partial files that an interrupted command without a service could resume.")
    ] = False
    unnamed: Annotated[bool, about("Also delete files that lost their image when the list of images was lost.")] = False


class VerifyRequest(Body):
    """How to verify."""

    repair: Annotated[bool, about("Set broken files aside and fetch them again.")] = False
    slice: Annotated[str, about("Which part of all files to read, such as 2/8: several nodes take a part each.")] = (
        "1/1"
    )


class Problem(Answer):
    """One file that is not what it should be."""

    digest: Annotated[str, about("What it should be.")]
    path: Annotated[str, about("Relative to the data folder.")]
    reason: str
    images: Annotated[list[str], about("The images that need it.")]
    repaired: bool


class UnnamedFiles(Answer):
    """Files that no image and no download needs."""

    files: Count
    bytes: Bytes
    digests: Annotated[list[str], about("The first hundred.")]


class Verification(Answer):
    """The outcome of a verification."""

    checked: Annotated[Count, about("Files that were read.")]
    bytes: Annotated[Bytes, about("Bytes that were read.")]
    problems: list[Problem]
    unnamed: UnnamedFiles

    @classmethod
    def of(cls, verdict: Verdict) -> Verification:
        return cls(
            checked=verdict.checked,
            bytes=verdict.bytes,
            problems=[
                Problem(
                    digest=problem.digest,
                    path=problem.place,
                    reason=problem.reason,
                    images=list(problem.images),
                    repaired=repaired,
                )
                for problem, repaired in verdict.problems
            ],
            unnamed=UnnamedFiles(
                files=len(verdict.unnamed),
                bytes=sum(size for _, size in verdict.unnamed),
                digests=[str(digest) for digest, _ in verdict.unnamed[:MOST_UNNAMED]],
            ),
        )
