"""The manifests that have another one as their subject (OCI distribution specification, "Listing Referrers")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imagedepot.cancellation import Cancellation
from imagedepot.errors import InvalidAnswer, UpstreamNotFound
from imagedepot.model.content.manifest import OCI_INDEX
from imagedepot.model.digest import Digest
from imagedepot.model.names.reference import Reference
from imagedepot.model.text.json_text import parse_json
from imagedepot.remote.oci.registry import RegistryClient

_LARGEST = 4 << 20
_NO_API = (400, 404, 405, 406, 501)


def list_referrers(
    client: RegistryClient, reference: Reference, digest: Digest, cancellation: Cancellation | None = None
) -> Sequence[dict[str, Any]]:
    """Descriptors of them. A registry without this API keeps them in an index with the tag `sha256-<hex>`.

    Raises `RateLimited`, `Unavailable`, `UpstreamError`.
    """
    what = f"the referrers of {reference.familiar_name}@{digest}"
    path = f"/{reference.repository}/referrers/{digest}"
    answer, wanted = client.ask(reference, "GET", path, what, {"Accept": OCI_INDEX}, cancellation)
    if answer.status == 200:
        return _rows(answer.json(_LARGEST))
    if answer.status not in _NO_API:
        raise client.refused(answer, wanted)
    answer.discard()
    try:
        raw = client.manifest(Reference.for_tag(reference.name, digest.key), cancellation)
    except UpstreamNotFound:
        return ()
    return _rows(_parsed(raw.raw))


def _parsed(raw: bytes) -> object:
    try:
        return parse_json(raw)
    except (ValueError, RecursionError) as error:
        raise InvalidAnswer("The index of referrers is not JSON") from error


def _rows(body: object) -> Sequence[dict[str, Any]]:
    rows = body.get("manifests") if isinstance(body, dict) else None
    if rows is not None and not isinstance(rows, list):
        raise InvalidAnswer("The index of referrers is not an index")
    return [row for row in rows or () if isinstance(row, dict) and Digest.try_parse(row.get("digest")) is not None]
