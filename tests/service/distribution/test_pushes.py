"""Manifests that are pushed: what is kept, what is listed, and what goes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.content.backends.local import BlobStore
from imagedepot.content.index.oci_layout import Layout
from imagedepot.content.verify import Verifier
from imagedepot.database.rows.pushed import PushedRows
from imagedepot.errors import InvalidInput, NotFound, StorageFailure, TooLarge
from imagedepot.model.content.config import LARGEST_CONFIG
from imagedepot.model.content.manifest import DOCKER_MANIFEST, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST
from imagedepot.model.digest import Digest
from imagedepot.service.distribution.failures import InvalidManifest, MissingBlob, WrongDigest
from imagedepot.service.distribution.pushes import LARGEST_MANIFEST, Pushes
from tests.service.distribution.kit import AMD64, LAYER, Desk, described


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path)
    yield opened
    opened.close()


def test_a_pushed_image_is_listed_at_once(desk: Desk) -> None:
    digest = desk.push("team/app", "1")
    (image,) = desk.store.images()
    assert (image.title, image.digest) == ("depot.internal/team/app:1", digest)


def test_an_index_is_listed_as_the_image_of_this_host_else_as_its_first(desk: Desk) -> None:
    desk.push_index("team/app", "both", "arm64", "amd64")
    desk.push_index("team/app", "foreign", "s390x", "arm64")
    assert {image.tag: str(image.platform) for image in desk.store.images()} == {
        "both": "linux/amd64",
        "foreign": "linux/s390x",
    }


class CountedBlobs(BlobStore):
    """Notes which blobs are read."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.reads: list[Digest] = []

    def read(self, digest: Digest) -> bytes:
        self.reads.append(digest)
        return super().read(digest)


@pytest.fixture
def counted(desk: Desk) -> Iterator[tuple[Pushes, CountedBlobs]]:
    blobs = CountedBlobs(desk.folder)
    pushes = Pushes(desk.repositories, blobs, desk.store, lambda: AMD64, desk.collector)
    yield pushes, blobs
    pushes.close()


def index_of(*entries: tuple[str, bytes]) -> bytes:
    rows = [described(media_type, raw) for media_type, raw in entries]
    return json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": rows}).encode()


def test_what_indexes_name_again_and_again_is_read_once(desk: Desk, counted: tuple[Pushes, CountedBlobs]) -> None:
    pushes, blobs = counted
    raw, media_type = b'{"mediaType": "application/vnd.example+json"}', "application/vnd.example+json"
    made = []
    for label in ("1", "2", "3"):
        pushes.put("team/app", raw, media_type, label)
        made.append(Digest.of(raw))
        # for the entries to count as images, each says that it is a manifest
        raw, media_type = index_of(*[(OCI_INDEX if label != "1" else OCI_MANIFEST, raw)] * 5), OCI_INDEX
    blobs.reads.clear()
    pushes.put("team/app", raw, media_type, "4")
    assert sorted(blobs.reads) == sorted([*made, Digest.of(raw)])
    assert desk.listed == []


def test_no_blob_that_is_too_large_for_what_it_is_said_to_be_is_read(
    desk: Desk, counted: tuple[Pushes, CountedBlobs]
) -> None:
    pushes, blobs = counted
    layer, config = b" " * (LARGEST_MANIFEST + 1), b" " * (LARGEST_CONFIG + 1)
    for blob in (layer, config):
        desk.push_blob("team/app", blob)
    image = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": described(OCI_CONFIG, config), "layers": []}
    pushes.put("team/app", json.dumps(image).encode(), OCI_MANIFEST, "1")
    pushes.put("team/app", index_of((OCI_MANIFEST, layer)), OCI_INDEX, "2")
    assert set(blobs.reads).isdisjoint({Digest.of(layer), Digest.of(config)})
    assert desk.listed == []


def test_artifacts_and_manifests_without_a_tag_are_not_listed(desk: Desk) -> None:
    subject = desk.push("team/app", str(Digest.of(desk.manifest("team/app"))))
    raw = desk.manifest("team/app", artifactType="application/example", subject=described_as(subject))
    desk.put("team/app", raw, "signature")
    assert desk.listed == []
    (found,) = desk.pushes.referrers("team/app", subject)
    assert (found["digest"], found["artifactType"]) == (str(Digest.of(raw)), "application/example")


def described_as(digest: Digest) -> dict[str, object]:
    return {"mediaType": OCI_MANIFEST, "digest": str(digest), "size": 2}


def test_a_subject_may_be_missing_and_come_later(desk: Desk) -> None:
    subject = desk.manifest("team/app", "arm64")
    desk.push("team/app", "signed", subject=described(OCI_MANIFEST, subject), annotations={"by": "ada"})
    (found,) = desk.pushes.referrers("team/app", Digest.of(subject))
    assert found["annotations"] == {"by": "ada"}


def test_what_is_of_no_known_type_is_kept_as_it_came(desk: Desk) -> None:
    raw = b'{ "mediaType" : "application/vnd.example+json",\n "anything": [1, 2.50] }'
    digest = desk.put("team/app", raw, "odd", "application/vnd.example+json; charset=utf-8")
    manifest = desk.repositories.manifest("team/app", "odd")
    assert manifest is not None
    assert (desk.pushes.raw(manifest), manifest.digest) == (raw, digest)
    assert manifest.media_type == "application/vnd.example+json"


def test_a_docker_manifest_keeps_its_digest_and_the_layout_stays_oci(desk: Desk) -> None:
    raw = json.dumps({**json.loads(desk.manifest("team/app")), "mediaType": DOCKER_MANIFEST}).encode()
    digest = desk.put("team/app", raw, "1", DOCKER_MANIFEST)
    assert [image.digest for image in desk.store.images()] == [digest]
    index = json.loads((desk.blobs.layout / "index.json").read_bytes())
    assert [row["mediaType"] for row in index["manifests"]] == [OCI_MANIFEST]


def test_a_missing_blob_or_child_is_named(desk: Desk) -> None:
    raw = desk.manifest("team/app")
    desk.repositories.create("team/other")
    with pytest.raises(MissingBlob, match="config"):  # it is on the disk, and not in this repository
        desk.put("team/other", raw, "1")
    index = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [described(OCI_MANIFEST, raw)]})
    with pytest.raises(MissingBlob, match="index"):
        desk.put("team/app", index.encode(), "1", OCI_INDEX)


def test_a_layer_that_may_not_be_given_to_others_need_not_be_here(desk: Desk) -> None:
    body = json.loads(desk.manifest("team/app"))
    foreign = described("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", b"not here")
    desk.put("team/app", json.dumps({**body, "layers": [foreign, *body["layers"]]}).encode(), "1")
    assert desk.listed == []  # it cannot be run from here


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{",
        b'{"mediaType": 5}',
        b'{"mediaType": "text/html"}',
        b"[" * 100_000,
        json.dumps({"mediaType": OCI_MANIFEST, "manifests": [], "layers": []}).encode(),
        json.dumps({"mediaType": OCI_MANIFEST, "config": {"digest": "sha256:../../x", "size": 1}}).encode(),
        json.dumps({"mediaType": OCI_MANIFEST, "config": described("x", b""), "subject": {"digest": "md5:1"}}).encode(),
    ],
)
def test_what_is_no_manifest_is_refused(desk: Desk, raw: bytes) -> None:
    desk.push_blob("team/app", b"")
    with pytest.raises(InvalidManifest):
        desk.put("team/app", raw, "1")
    assert desk.repositories.tags("team/app") == {}


def test_digest_tags_and_size_are_checked(desk: Desk) -> None:
    raw = desk.manifest("team/app")
    with pytest.raises(WrongDigest):
        desk.put("team/app", raw, f"sha256:{'0' * 64}")
    with pytest.raises(InvalidInput):
        desk.put("team/app", raw, "no tag")
    with pytest.raises(TooLarge):
        desk.put("team/app", b" " * (4 << 20) + raw, "1")
    sha512 = Digest.of(raw, "sha512")
    pushed = desk.pushes.put("team/app", raw, OCI_MANIFEST, str(sha512), ["1", "2"])
    assert (pushed.manifest.digest, pushed.tags) == (sha512, ["1", "2"])
    assert desk.listed == ["depot.internal/team/app:1", "depot.internal/team/app:2"]


def test_a_tag_that_moves_to_an_artifact_is_listed_no_longer(desk: Desk) -> None:
    desk.push("team/app", "1")
    desk.push("team/app", "1", artifactType="application/example")
    assert desk.listed == []


def test_a_deleted_tag_leaves_its_manifest_and_a_deleted_manifest_takes_its_tags(desk: Desk) -> None:
    digest = desk.push("team/app", "1")
    desk.put("team/app", desk.manifest("team/app"), "2")
    desk.pushes.delete("team/app", "1")
    assert desk.listed == ["depot.internal/team/app:2"]
    assert desk.repositories.manifest("team/app", str(digest)) is not None
    desk.pushes.delete("team/app", str(digest))
    assert desk.listed == []
    for label in ("1", str(digest)):
        with pytest.raises(NotFound):
            desk.pushes.delete("team/app", label)
    assert desk.repositories.owns("team/app")  # also when it is empty


def test_an_image_that_is_removed_leaves_nothing_behind_that_no_other_needs(desk: Desk) -> None:
    desk.push_index("team/app", "1", "amd64", "arm64")
    kept = desk.push("team/app", "2")
    desk.store.remove("depot.internal/team/app", "1")
    desk.pushes.forget("depot.internal/team/app", "1")
    assert [each.digest for each in desk.repositories.manifests("team/app")] == [kept]
    desk.store.remove("depot.internal/team/app", None)
    desk.pushes.forget("depot.internal/team/app", None)
    assert not desk.repositories.owns("team/app")
    desk.pushes.close()
    assert list(desk.blobs.all()) == []


def test_what_refers_to_a_referrer_stays_and_goes_with_the_image(desk: Desk) -> None:
    """A signature of the SBOM of an image."""
    of = {tag: chain_of(desk, tag, architecture) for tag, architecture in (("1", "amd64"), ("2", "arm64"))}
    desk.pushes.forget("depot.internal/team/app", "2")
    assert {each.digest for each in desk.repositories.manifests("team/app")} == of["1"]


def chain_of(desk: Desk, tag: str, architecture: str) -> set[Digest]:
    image = desk.push("team/app", tag, architecture)
    found = {image}
    for kind in ("sbom", "signature"):
        raw = desk.manifest("team/app", artifactType=f"application/{kind}", subject=described_as(image))
        image = desk.put("team/app", raw, str(Digest.of(raw)))
        found.add(image)
    return found


def test_all_of_it_is_there_after_a_restart_and_after_the_loss_of_the_index(desk: Desk) -> None:
    desk.push_index("team/app", "1", "amd64", "arm64")
    digest = desk.push("team/app", "2", "s390x")
    desk.close()
    for name in ("index.json", "index.json.bak"):
        (desk.blobs.layout / name).unlink()
    again = Desk(desk.folder)
    again.store.begin_rebuild()
    again.pushes.reconcile()
    assert again.listed == ["depot.internal/team/app:1", "depot.internal/team/app:2"]
    again.collector.sweep()
    assert again.blobs.has(digest)
    report = Verifier(again.blobs, again.repositories.references, again.collector.unnamed).run()
    assert (report.problems, report.unnamed) == ((), ())
    assert Layout(again.blobs.layout).loss == ""


def test_a_layer_that_is_lost_is_missed_by_its_image(desk: Desk) -> None:
    desk.push("team/app", "1")
    layer = json.loads(desk.manifest("team/app"))["layers"][0]
    assert layer["mediaType"] == LAYER
    desk.blobs.path(Digest.parse(layer["digest"])).unlink()
    (problem,) = Verifier(desk.blobs, desk.repositories.references).run().problems
    assert (problem.digest, problem.images) == (layer["digest"], ("depot.internal/team/app:1",))


def test_a_full_disk_refuses_no_pull_of_a_blob(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    digest = desk.push_blob("team/app", b"a layer")
    desk.later(hours=2)

    def refuse(*_: object) -> None:
        raise StorageFailure("The database refused a change: database or disk is full")

    monkeypatch.setattr(PushedRows, "put", refuse)
    assert desk.repositories.has_blob("team/app", digest)
    assert "cannot note which blobs of team/app are asked for" in caplog.text
