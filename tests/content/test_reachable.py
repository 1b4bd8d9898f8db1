"""What other hands put into the layout is followed to its last layer, and nothing in it can do harm."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from imagedepot.content.backends.local import BlobStore
from imagedepot.content.reachable import _named, reachable
from imagedepot.model.digest import Digest


def described(digest: Digest) -> dict[str, object]:
    return {"mediaType": "application/x", "digest": str(digest), "size": 1}


def test_an_index_leads_to_its_manifests_and_their_blobs(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    config, layer, subject = Digest.of(b"c"), Digest.of(b"l"), Digest.of(b"s")
    inner = {
        "config": described(config),
        "layers": [described(layer), {"digest": 5}, None],
        "subject": described(subject),
    }
    manifest = blobs.put(json.dumps(inner).encode())
    root = blobs.put(json.dumps({"manifests": [described(manifest), described(Digest.of(b"absent"))]}).encode())
    assert reachable(blobs, root) == {root, manifest, config, layer, subject, Digest.of(b"absent")}


def test_a_manifest_that_is_not_here_or_no_json_leads_nowhere(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    for content in (b"\x1f\x8b not json", b"[" * 100_000):
        digest = blobs.put(content)
        assert reachable(blobs, digest) == {digest}


def test_a_large_blob_is_not_read_into_memory(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    named = Digest.of(b"named")
    large = blobs.put(json.dumps({"config": described(named), "pad": "x" * (5 << 20)}).encode())
    assert reachable(blobs, large) == {large}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["digest", "config", "layers"]), inner),
    max_leaves=8,
)


@given(json_values)
def test_any_json_is_followed_without_a_fault(body: object) -> None:
    assert all(isinstance(digest, Digest) for digest in _named(body))
