"""How failures leave `/v2/`: one table of codes and statuses, one shape (OCI distribution specification, "Errors").

`{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "…", "detail": {…}}]}`; the message is one sentence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum

from starlette.responses import Response

from imagedepot.errors import (
    Cancelled,
    Conflict,
    DatabaseUnavailable,
    DepotError,
    DigestMismatch,
    Forbidden,
    ImageNotFound,
    InvalidInput,
    InvalidReference,
    NotFound,
    RateLimited,
    StorageFailure,
    TimedOut,
    TooLarge,
    TooManyLogins,
    Unauthenticated,
    Unavailable,
    Unsuitable,
    UpstreamError,
    UpstreamNotFound,
    seconds_to_wait,
)
from imagedepot.service.distribution.failures import (
    InvalidManifest,
    MissingBlob,
    NoSuchUpload,
    OutOfOrder,
    TooManyUploads,
    WrongDigest,
    WrongSize,
)


class Code(StrEnum):
    """Codes of the specification; RANGE_INVALID, UNAVAILABLE and UNKNOWN are those of Docker's registry."""

    BLOB_UNKNOWN = "BLOB_UNKNOWN"
    BLOB_UPLOAD_INVALID = "BLOB_UPLOAD_INVALID"
    BLOB_UPLOAD_UNKNOWN = "BLOB_UPLOAD_UNKNOWN"
    DIGEST_INVALID = "DIGEST_INVALID"
    MANIFEST_BLOB_UNKNOWN = "MANIFEST_BLOB_UNKNOWN"
    MANIFEST_INVALID = "MANIFEST_INVALID"
    MANIFEST_UNKNOWN = "MANIFEST_UNKNOWN"
    NAME_INVALID = "NAME_INVALID"
    NAME_UNKNOWN = "NAME_UNKNOWN"
    SIZE_INVALID = "SIZE_INVALID"
    UNAUTHORIZED = "UNAUTHORIZED"
    DENIED = "DENIED"
    UNSUPPORTED = "UNSUPPORTED"
    TOOMANYREQUESTS = "TOOMANYREQUESTS"
    TAG_INVALID = "TAG_INVALID"
    RANGE_INVALID = "RANGE_INVALID"
    UNAVAILABLE = "UNAVAILABLE"
    UNKNOWN = "UNKNOWN"


STATUS: Mapping[Code, int] = {
    Code.BLOB_UNKNOWN: 404,
    Code.BLOB_UPLOAD_INVALID: 400,
    Code.BLOB_UPLOAD_UNKNOWN: 404,
    Code.DIGEST_INVALID: 400,
    Code.MANIFEST_BLOB_UNKNOWN: 404,
    Code.MANIFEST_INVALID: 400,
    Code.MANIFEST_UNKNOWN: 404,
    Code.NAME_INVALID: 400,
    Code.NAME_UNKNOWN: 404,
    Code.SIZE_INVALID: 400,
    Code.UNAUTHORIZED: 401,
    Code.DENIED: 403,
    Code.UNSUPPORTED: 405,
    Code.TOOMANYREQUESTS: 429,
    Code.TAG_INVALID: 400,
    Code.RANGE_INVALID: 416,
    Code.UNAVAILABLE: 503,
    Code.UNKNOWN: 500,
}

FAILURES: Mapping[type[DepotError], tuple[Code, int | None]] = {
    InvalidInput: (Code.NAME_INVALID, None),
    InvalidReference: (Code.NAME_INVALID, None),
    Unauthenticated: (Code.UNAUTHORIZED, None),
    Forbidden: (Code.DENIED, None),
    NotFound: (Code.NAME_UNKNOWN, None),
    ImageNotFound: (Code.MANIFEST_UNKNOWN, None),
    UpstreamNotFound: (Code.MANIFEST_UNKNOWN, None),
    Conflict: (Code.DENIED, 409),
    Cancelled: (Code.UNAVAILABLE, None),
    TooLarge: (Code.SIZE_INVALID, 413),
    Unsuitable: (Code.MANIFEST_INVALID, 422),
    TooManyLogins: (Code.TOOMANYREQUESTS, None),
    UpstreamError: (Code.UNAVAILABLE, 502),
    DigestMismatch: (Code.UNAVAILABLE, 502),
    Unavailable: (Code.UNAVAILABLE, None),
    RateLimited: (Code.TOOMANYREQUESTS, None),
    TimedOut: (Code.UNAVAILABLE, 504),
    DatabaseUnavailable: (Code.UNAVAILABLE, None),
    StorageFailure: (Code.UNAVAILABLE, 507),
    NoSuchUpload: (Code.BLOB_UPLOAD_UNKNOWN, None),
    OutOfOrder: (Code.RANGE_INVALID, None),
    TooManyUploads: (Code.TOOMANYREQUESTS, None),
    WrongDigest: (Code.DIGEST_INVALID, None),
    WrongSize: (Code.SIZE_INVALID, None),
    InvalidManifest: (Code.MANIFEST_INVALID, None),
    MissingBlob: (Code.MANIFEST_BLOB_UNKNOWN, None),
}
"""Each of our errors as a code, and its status where that is not the code's own."""

HEADERS = {
    "Docker-Distribution-Api-Version": "registry/2.0",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Refusal(Exception):
    """An answer that is a failure of the registry's own protocol. `status` is None for the code's own."""

    def __init__(
        self,
        code: Code,
        message: str,
        detail: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.detail = detail or {}
        self.headers = headers or {}
        self.status = STATUS[code] if status is None else status


def refused(refusal: Refusal) -> Response:
    error = {"code": refusal.code.value, "message": str(refusal), "detail": refusal.detail}
    body = json.dumps({"errors": [error]}, separators=(",", ":")).encode()
    return Response(body, refusal.status, {**HEADERS, **refusal.headers}, "application/json")


def refusal_of(error: DepotError, unknown: Code | None = None) -> Refusal:
    """`unknown` is the code for what is not there, where the error itself does not know what was asked for."""
    code, status = next(FAILURES[kind] for kind in type(error).__mro__ if kind in FAILURES)
    if unknown is not None and isinstance(error, ImageNotFound | UpstreamNotFound):
        code = unknown
    wait = seconds_to_wait(error)
    return Refusal(code, str(error), headers={"Retry-After": str(wait)} if wait is not None else None, status=status)
