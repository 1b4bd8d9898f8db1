"""Manifests as registries send them, well-formed and not (OCI image specification; Docker schema2)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.errors import DepotError, InvalidAnswer, NotAnImage
from imagedepot.model.content.manifest import (
    DOCKER_CONFIG,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_MANIFEST,
    Index,
    Manifest,
    parse_manifest,
)
from imagedepot.model.platform import Platform

LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def descriptor(media_type: str, fill: str, size: int = 7, **more: Any) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": "sha256:" + fill * 64, "size": size, **more}


def manifest(**more: Any) -> dict[str, Any]:
    body = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": descriptor(OCI_CONFIG, "a")}
    return body | {"layers": [descriptor(LAYER, "b"), descriptor(LAYER, "c")]} | more


def entry(fill: str, platform: str | None, **more: Any) -> dict[str, Any]:
    parts = dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False)) if platform else None
    if parts:
        more["platform"] = parts
    return descriptor(OCI_MANIFEST, fill, **more)


def index(*entries: dict[str, Any]) -> Index:
    parsed = parse({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": list(entries)})
    assert isinstance(parsed, Index)
    return parsed


def parse(body: Any, content_type: str = "") -> Manifest | Index:
    return parse_manifest(json.dumps(body).encode(), content_type, "lab/app:1")


def test_a_manifest_counts_each_blob_once() -> None:
    twice = parse(manifest(layers=[descriptor(LAYER, "b", 5), descriptor(LAYER, "b", 5)]))
    assert isinstance(twice, Manifest)
    assert twice.size == 12
    assert len(twice.layers) == 2
    assert len(twice.blobs) == 2


@pytest.mark.parametrize("kind", [OCI_MANIFEST, DOCKER_MANIFEST])
def test_the_body_decides_before_the_header(kind: str) -> None:
    assert parse(manifest(mediaType=kind), "text/plain").media_type == kind


def test_without_a_media_type_the_header_then_the_shape_decides() -> None:
    bare = {key: value for key, value in manifest().items() if key != "mediaType"}
    assert parse(bare, f"{DOCKER_MANIFEST}; charset=utf-8").media_type == DOCKER_MANIFEST
    assert parse(bare).media_type == OCI_MANIFEST
    assert parse({"manifests": []}).media_type == OCI_INDEX
    assert parse({"manifests": []}, DOCKER_LIST).media_type == DOCKER_LIST


def test_docker_and_oci_configs_are_images() -> None:
    assert isinstance(parse(manifest(config=descriptor(DOCKER_CONFIG, "a"))), Manifest)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"schemaVersion": 1, "fsLayers": [], "history": []}, "schema 1"),
        (manifest(config=descriptor("application/vnd.cncf.helm.config.v1+json", "a")), "Helm chart"),
        (manifest(artifactType="application/vnd.example.sbom"), "sbom"),
        (manifest(layers=[descriptor("application/wasm", "b")]), "application/wasm"),
        ({"mediaType": "application/vnd.unheard.of"}, "unheard"),
    ],
)
def test_what_is_no_image_is_refused_by_its_name(body: dict[str, Any], says: str) -> None:
    with pytest.raises(NotAnImage, match=says):
        parse(body)


@pytest.mark.parametrize("config_type", ["", None, "application/octet-stream", "application/json", "text/html"])
def test_a_schema2_config_that_lost_its_type_is_an_image_as_for_docker(config_type: str | None) -> None:
    config = {**descriptor(DOCKER_CONFIG, "a"), "mediaType": config_type}
    assert isinstance(parse(manifest(mediaType=DOCKER_MANIFEST, config=config)), Manifest)
    del config["mediaType"]
    assert isinstance(parse(manifest(mediaType=DOCKER_MANIFEST, config=config)), Manifest)
    with pytest.raises(NotAnImage, match=r"this is not a container image \(its type is unknown"):
        parse(manifest(config=config))


@pytest.mark.parametrize("kind", [OCI_MANIFEST, DOCKER_MANIFEST])
@pytest.mark.parametrize("layer_type", ["", None, "application/octet-stream"])
def test_a_layer_that_lost_its_type_is_a_layer(kind: str, layer_type: str | None) -> None:
    parsed = parse(manifest(mediaType=kind, layers=[{**descriptor(LAYER, "b"), "mediaType": layer_type}]))
    assert isinstance(parsed, Manifest)
    assert [layer.media_type for layer in parsed.layers] == [layer_type or ""]


@pytest.mark.parametrize("kind", [OCI_MANIFEST, DOCKER_MANIFEST])
def test_an_image_without_layers_is_an_image(kind: str) -> None:
    without = {key: value for key, value in manifest(mediaType=kind).items() if key != "layers"}
    for body in (without, {**without, "layers": None}, {**without, "layers": []}):
        assert parse(body).blobs == parse(manifest()).blobs[:1]  # type: ignore[union-attr]
    assert parse({"schemaVersion": 2, "config": descriptor(OCI_CONFIG, "a")}).media_type == OCI_MANIFEST


def test_an_entry_with_a_system_alone_names_no_platform() -> None:
    for named, platform in (({"os": "linux"}, None), ({"architecture": "arm64"}, Platform.parse("linux/arm64"))):
        offered = index({**descriptor(OCI_MANIFEST, "a"), "platform": named})
        assert [each.platform for each in offered.images] == [platform]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"mediaType": OCI_MANIFEST}, "it names no config"),
        (manifest(layers="x"), "its layers are not a list"),
        (manifest(layers=[descriptor(LAYER, "b"), None]), "layer 2 is not a JSON object"),
        (manifest(layers=[{"mediaType": LAYER, "size": 1}]), "layer 1 has no digest"),
        (
            manifest(config=descriptor(OCI_CONFIG, "a", True)),
            "its config has no size, or one that is not a number of bytes",
        ),
        (manifest(config={"mediaType": 5, "digest": "x", "size": 1}), "its config has a media type that is not text"),
        (
            {"mediaType": OCI_INDEX, "manifests": [{"digest": "md5:0", "size": 1}]},
            "entry 1 has a digest that is neither sha256 nor sha512",
        ),
    ],
)
def test_what_is_malformed_is_said_in_words(body: Any, sentence: str) -> None:
    with pytest.raises(InvalidAnswer, match=rf"^lab/app:1: the manifest is malformed \({sentence}\)$"):
        parse(body)


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        manifest(manifests=[]),
        manifest(layers="x"),
        manifest(config=None),
        manifest(layers=[descriptor(LAYER, "b", -1)]),
        manifest(layers=[descriptor(LAYER, "b", 1 << 60)]),
        manifest(layers=[descriptor(LAYER, "b", True)]),
        manifest(layers=[{"mediaType": LAYER, "digest": "sha256:../../x", "size": 1}]),
        manifest(layers=[{"mediaType": 5, "digest": "sha256:" + "a" * 64, "size": 1}]),
        manifest(layers=[descriptor(LAYER, "b")] * 1001),
        {"mediaType": OCI_MANIFEST},
    ],
)
def test_a_broken_manifest_is_an_invalid_answer(body: Any) -> None:
    with pytest.raises(InvalidAnswer, match="lab/app:1"):
        parse(body)


@pytest.mark.parametrize("raw", [b"", b"<html>", b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_json_is_an_invalid_answer(raw: bytes) -> None:
    with pytest.raises(InvalidAnswer):
        parse_manifest(raw, OCI_MANIFEST, "lab/app:1")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(["mediaType", "manifests", "layers", "config", "schemaVersion", "fsLayers", "artifactType"])


@given(st.dictionaries(keys, json_values | st.just(OCI_MANIFEST) | st.just(OCI_INDEX)))
def test_any_json_is_read_or_refused_in_a_sentence(body: dict[str, Any]) -> None:
    try:
        parse(body)
    except DepotError as error:
        assert "lab/app:1" in str(error)


def test_the_best_variant_is_the_entry_that_is_named() -> None:
    offered = index(entry("a", "linux/arm/v6"), entry("b", "linux/arm/v7"), entry("c", "linux/amd64"), entry("d", None))
    for wanted, fill in (("linux/arm/v7", "b"), ("linux/arm/v6", "a"), ("linux/amd64/v3", "c")):
        named = offered.named(Platform.parse(wanted))
        assert named is not None
        assert named.digest.hex[0] == fill
    assert offered.named(Platform.parse("linux/s390x")) is None, "no entry is ever taken because it is the first"


def test_attestations_are_never_offered() -> None:
    note = {"vnd.docker.reference.type": "attestation-manifest"}
    offered = index(entry("a", "unknown/unknown", annotations=note), entry("b", "linux/arm64/v8"))
    assert [image.digest.hex[0] for image in offered.images] == ["b"]
    assert offered.named(Platform.parse("arm64")) == offered.images[0]


platforms = st.sampled_from([f"linux/{each}" for each in ("amd64", "amd64/v2", "arm/v6", "arm/v7", "arm64", "s390x")])


@given(st.lists(platforms, max_size=6), platforms)
def test_what_is_named_runs_on_what_was_wanted_and_nothing_better_was_offered(offers: list[str], text: str) -> None:
    wanted = Platform.parse(text)
    offered = index(*(entry("abcdef"[at], offer) for at, offer in enumerate(offers)))
    fitting = [accepted for accepted in wanted.accepted() if str(accepted) in {str(Platform.parse(o)) for o in offers}]
    named = offered.named(wanted)
    assert (named.platform if named else None) == (fitting[0] if fitting else None)
