"""Every failure that Image Depot can name, as one tree.

    DepotError
    ├── InvalidInput              400  the request cannot be understood
    │   ├── InvalidReference           a reference, tag or digest that breaks the grammar
    │   ├── InvalidArchive             an archive that is incomplete, damaged or hostile
    │   └── InvalidSetting             a setting whose value is wrong
    ├── Unauthenticated           401  no session, or wrong credentials for this service
    ├── Forbidden                 403  a session without the right, or a web page of another origin
    ├── NotFound                  404
    │   ├── ImageNotFound              not in the store
    │   └── UpstreamNotFound           the upstream does not have it (or does not show it without a login)
    ├── Conflict                  409  the current state forbids it: in use, the last administrator, …
    ├── TooLarge                  413  more bytes than are accepted
    ├── Unsuitable                422  it exists, but cannot be used here
    │   ├── NoSuchPlatform             no image for the wanted platform
    │   └── NotAnImage                 schema1, a Helm chart, a signature, …
    ├── TooManyLogins             429  login attempts throttled
    ├── UpstreamError             502  a bad answer of the upstream
    │   ├── InvalidAnswer              an answer that breaks its own protocol
    │   ├── DigestMismatch             bytes that are not what their digest says
    │   ├── UpstreamDenied             the upstream refuses our credentials, or wants some
    │   └── AddressNotAllowed          an upstream sent us to an address that it may not name
    ├── Unavailable               503  no answer, or not now
    │   ├── ConnectionBroken           a connection that ended in the middle (retried)
    │   ├── NetworkLost                no way to the host at all (retried for ten minutes)
    │   ├── RateLimited                the upstream rate-limits us; `until` is when that ends
    │   ├── StoreUnavailable           an engine that does not answer
    │   ├── StorageUnavailable         the object storage with the blobs does not answer
    │   └── DataFolderBusy             another process holds the data folder
    ├── TimedOut                  504  no answer within the time
    ├── StorageFailure            507  the disk is full or refuses the write
    │   └── DatabaseUnavailable   503  the database does not answer, or not now
    └── Cancelled                 409  it was cancelled; not a failure

Each class has a stable `code` (for logs and programs, and the `reason` of the REST API) and `retryable`: whether the
same request may succeed in a moment. The HTTP status of each is in one table, `imagedepot.api.http.errors`; the exit
code in `imagedepot.cli.exits`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

INTERNAL_ERROR = "internal_error"
"""The `code` of a fault of our own, which is none of these classes."""


class DepotError(Exception):
    """The root. `str(error)` is one sentence for a person: what, which and why."""

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False


class InvalidInput(DepotError):
    code = "invalid_input"


class InvalidReference(InvalidInput):
    """A reference, tag, digest or platform that breaks its grammar."""

    code = "invalid_reference"


class InvalidArchive(InvalidInput):
    """An archive of images that is incomplete, damaged, or made to do harm."""

    code = "invalid_archive"


class InvalidSetting(InvalidInput):
    code = "invalid_setting"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class Unauthenticated(DepotError):
    code = "unauthenticated"


class Forbidden(DepotError):
    code = "forbidden"


class NotFound(DepotError):
    code = "not_found"


class ImageNotFound(NotFound):
    """`name` is `repository` or `repository:tag`, in the words of the request."""

    code = "image_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"Image not found: {name}")
        self.name = name


class UpstreamNotFound(NotFound):
    """`may_be_hidden`: a login may show it."""

    code = "upstream_not_found"
    may_be_hidden = False


class Conflict(DepotError):
    code = "conflict"


class TooLarge(DepotError):
    code = "too_large"


class Unsuitable(DepotError):
    code = "unsuitable"


class NoSuchPlatform(Unsuitable):
    code = "no_such_platform"

    def __init__(self, image: str, wanted: str, offered: tuple[str, ...] = ()) -> None:
        has = f" (only {', '.join(offered)})" if offered else ""
        super().__init__(f"{image}: not available for {wanted}{has}")
        self.image = image
        self.wanted = wanted
        self.offered = offered


class NotAnImage(Unsuitable):
    code = "not_an_image"


class TooManyLogins(DepotError):
    code = "too_many_logins"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many failed logins; try again in {seconds} second{'' if seconds == 1 else 's'}")
        self.seconds = seconds


class UpstreamError(DepotError):
    code = "upstream_error"


class InvalidAnswer(UpstreamError):
    code = "invalid_answer"


class DigestMismatch(UpstreamError):
    code = "digest_mismatch"

    def __init__(self, what: str, expected: str, actual: str) -> None:
        super().__init__(f"{what}: the bytes do not match their digest (expected {expected}, got {actual})")
        self.expected = expected
        self.actual = actual


class UpstreamDenied(UpstreamError):
    code = "upstream_denied"


class AddressNotAllowed(UpstreamError):
    code = "address_not_allowed"


class Unavailable(DepotError):
    """No answer, or not now. `retry_after` in seconds, if the upstream names it."""

    code = "unavailable"
    retryable = True

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ConnectionBroken(Unavailable):
    code = "connection_broken"


class NetworkLost(Unavailable):
    code = "network_lost"


class RateLimited(Unavailable):
    """The upstream rate-limits us, `until` (UTC) a moment that it may name.

    `is_quota`: the allowance of a longer time is used up, so that asking again in a moment does not help.
    """

    code = "rate_limited"
    retryable = False

    def __init__(
        self,
        message: str,
        until: datetime | None = None,
        retry_after: float | None = None,
        is_quota: bool = False,
    ) -> None:
        super().__init__(message, retry_after)
        self.until = until
        self.is_quota = is_quota


class StoreUnavailable(Unavailable):
    code = "store_unavailable"


class StorageUnavailable(Unavailable):
    code = "storage_unavailable"


class DataFolderBusy(Unavailable):
    code = "data_folder_busy"
    retryable = False


class TimedOut(DepotError):
    code = "timed_out"
    retryable = True


class StorageFailure(DepotError):
    """`missing`: so many bytes have to be freed first, where that is all that is wrong."""

    code = "storage_failure"
    missing: int | None = None


class DatabaseUnavailable(StorageFailure):
    code = "database_unavailable"
    retryable = True


class Cancelled(DepotError):
    code = "cancelled"

    def __init__(self, message: str = "Cancelled") -> None:
        super().__init__(message)


def from_code(code: str, message: str) -> DepotError | None:
    """Rebuild an error from the code and sentence that the service sent; None for an unknown code.

    Facts such as `until` are not sent, so they are missing.
    """
    known = [DepotError]
    for kind in known:
        if kind.code == code:
            return kind.__new__(kind, message)
        known += kind.__subclasses__()
    return None


def seconds_to_wait(error: DepotError) -> int | None:
    """When to come again after `error`, where that is known."""
    if isinstance(error, TooManyLogins):
        return error.seconds
    if isinstance(error, RateLimited) and error.until is not None:
        return max(1, int((error.until - datetime.now(UTC)).total_seconds()) + 1)
    if isinstance(error, Unavailable) and error.retry_after is not None:
        return int(error.retry_after) + 1
    return None
