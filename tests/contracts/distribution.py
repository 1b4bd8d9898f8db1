"""What every database of `/v2/` promises (`imagedepot.protocols.distribution`). Another one's test is a subclass with
one fixture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from imagedepot.model.digest import Digest
from imagedepot.protocols.distribution import (
    Mirrored,
    MirroredBlob,
    MirroredList,
    MirroredManifest,
    MirroredRepository,
    MirroredTag,
    MirrorRows,
    Pushed,
    PushedRows,
    StoredBlob,
    StoredManifest,
    StoredRepository,
    StoredTag,
    StoredUpload,
    UploadRows,
)

NOON = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
TIB = 1 << 40
A, B, C = (Digest.of(letter.encode()) for letter in "abc")
APP = StoredRepository("app", NOON)
MIRRORED = "docker.io/lab/app"


@dataclass
class DistributionRows:
    pushed: PushedRows
    uploads: UploadRows
    mirror: MirrorRows


def manifest(digest: Digest, subject: Digest | None = None) -> StoredManifest:
    return StoredManifest("app", digest, "x", subject, NOON)


def tag(name: str, digest: Digest) -> StoredTag:
    return StoredTag("app", name, digest, True, NOON)


def shown(pushed: Pushed) -> list[object]:
    """What there is of each kind: repositories, manifests, tags, blobs."""
    return [
        sorted(each.name for each in pushed.repositories),
        {each.digest for each in pushed.manifests},
        {each.tag: each.digest for each in pushed.tags},
        {each.digest for each in pushed.blobs},
    ]


class DistributionContract:
    """Subclasses give the fixture `rows`, empty."""

    def test_what_was_pushed_comes_back_as_it_was(self, rows: DistributionRows) -> None:
        kept = [manifest(A), manifest(B, A)]
        artifact = replace(tag("2", B), is_listed=False)
        rows.pushed.put(APP, *kept, tag("1", A), artifact, StoredBlob("app", C, NOON))
        found = rows.pushed.all()
        assert list(found.repositories) == [APP]
        assert {each.digest: each for each in found.manifests} == {each.digest: each for each in kept}
        assert {each.tag: each for each in found.tags} == {"1": tag("1", A), "2": artifact}
        assert list(found.blobs) == [StoredBlob("app", C, NOON)]

    def test_what_was_pushed_is_replaced_and_removed(self, rows: DistributionRows) -> None:
        blobs = [Digest.of(str(number).encode()) for number in range(1100)]
        rows.pushed.put(APP, manifest(A), manifest(B), tag("1", A), tag("2", A))
        rows.pushed.put(tag("1", B), tag("3", B), *(StoredBlob("app", each, NOON) for each in blobs))
        rows.pushed.remove_blobs("app", blobs[1:])
        assert shown(rows.pushed.all()) == [["app"], {A, B}, {"1": B, "2": A, "3": B}, {blobs[0]}]
        rows.pushed.remove_tags("app", ["3", "none"])
        rows.pushed.remove_manifest("app", B)
        assert shown(rows.pushed.all()) == [["app"], {A}, {"2": A}, {blobs[0]}]

    def test_a_repository_takes_all_that_is_in_it_along(self, rows: DistributionRows) -> None:
        other = StoredRepository("other", NOON)
        rows.pushed.put(APP, other, manifest(A), tag("1", A), StoredBlob("app", B, NOON), StoredBlob("other", B, NOON))
        for name in ("app", "other"):
            rows.uploads.put(StoredUpload(f"upload of {name}", name, "ada", "sha256", NOON))
        rows.pushed.remove_repository("app")
        assert rows.pushed.all() == Pushed([other], [], [], [StoredBlob("other", B, NOON)])
        assert list(rows.uploads.all()) == [StoredUpload("upload of other", "other", "ada", "sha256", NOON)]

    def test_uploads_are_put_replaced_and_removed(self, rows: DistributionRows) -> None:
        upload = StoredUpload("u", "app", "ada", "sha256", NOON)
        rows.uploads.put(upload)
        rows.uploads.put(replace(upload, algorithm="sha512"))
        assert list(rows.uploads.all()) == [replace(upload, algorithm="sha512")]
        rows.uploads.remove("u")
        rows.uploads.remove("u")
        assert list(rows.uploads.all()) == []

    def test_what_the_mirror_keeps_comes_back_as_it_was(self, rows: DistributionRows) -> None:
        stored = Mirrored(
            [MirroredRepository(MIRRORED, True)],
            [MirroredTag(MIRRORED, "1", A, None)],
            [MirroredManifest(MIRRORED, A, "x", TIB, None)],
            [MirroredBlob(MIRRORED, B, TIB, NOON)],
            [MirroredList(MIRRORED, str(A), "[]", NOON)],
        )
        rows.mirror.put([*stored.repositories, *stored.tags, *stored.manifests, *stored.blobs, *stored.lists])
        assert rows.mirror.all() == stored

    def test_a_tag_of_the_mirror_names_what_it_named_last(self, rows: DistributionRows) -> None:
        rows.mirror.put([MirroredTag(MIRRORED, "1", A, NOON), MirroredTag(MIRRORED, "2", A, NOON)])
        moved = MirroredTag(MIRRORED, "1", C, NOON + HOUR)
        rows.mirror.put([moved])
        assert {each.tag: each for each in rows.mirror.all().tags} == {
            "1": moved,
            "2": MirroredTag(MIRRORED, "2", A, NOON),
        }

    def test_uses_are_noted_where_they_are_known_and_figures_as_they_stand(self, rows: DistributionRows) -> None:
        rows.mirror.put([MirroredManifest(MIRRORED, A, "x", 1, None), MirroredBlob(MIRRORED, B, 1, NOON)])
        rows.mirror.note_uses({(MIRRORED, A): NOON, (MIRRORED, B): NOON + HOUR, (MIRRORED, C): NOON}, {"hits": TIB})
        rows.mirror.note_uses({}, {"hits": TIB + 1, "misses": 2})
        found = rows.mirror.all()
        assert [each.used for each in found.manifests] == [NOON]
        assert [each.used for each in found.blobs] == [NOON + HOUR]
        assert found.figures == {"hits": TIB + 1, "misses": 2}

    def test_the_mirror_forgets_by_digest_and_by_tag(self, rows: DistributionRows) -> None:
        elsewhere = MirroredBlob("docker.io/lab/other", B, 1, NOON)
        rows.mirror.put(
            [
                MirroredRepository(MIRRORED, True),
                MirroredTag(MIRRORED, "1", A, NOON),
                MirroredTag(MIRRORED, "2", C, NOON),
                MirroredManifest(MIRRORED, A, "x", 1, NOON),
                MirroredManifest(MIRRORED, C, "x", 1, NOON),
                MirroredBlob(MIRRORED, B, 1, NOON),
                elsewhere,
                MirroredList(MIRRORED, str(A), "[]", NOON),
                MirroredList(MIRRORED, "", "[]", NOON),
            ]
        )
        rows.mirror.forget_public(MIRRORED)
        rows.mirror.remove(MIRRORED, [A, B], ["1"])
        assert rows.mirror.all() == Mirrored(
            [],
            [MirroredTag(MIRRORED, "2", C, NOON)],
            [MirroredManifest(MIRRORED, C, "x", 1, NOON)],
            [elsewhere],
            [MirroredList(MIRRORED, "", "[]", NOON)],
        )
