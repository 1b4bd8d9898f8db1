"""The HTTP statuses of our errors, in one table."""

from __future__ import annotations

from imagedepot.errors import (
    INTERNAL_ERROR,
    Cancelled,
    Conflict,
    DatabaseUnavailable,
    DepotError,
    Forbidden,
    InvalidInput,
    NotFound,
    StorageFailure,
    TimedOut,
    TooLarge,
    TooManyLogins,
    Unauthenticated,
    Unavailable,
    Unsuitable,
    UpstreamDenied,
    UpstreamError,
)

STATUS: dict[type[DepotError], int] = {
    InvalidInput: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Cancelled: 409,
    TooLarge: 413,
    Unsuitable: 422,
    TooManyLogins: 429,
    UpstreamError: 502,
    UpstreamDenied: 502,
    Unavailable: 503,
    TimedOut: 504,
    DatabaseUnavailable: 503,
    StorageFailure: 507,
}
MISDIRECTED = 421

PHRASES = {
    400: "Bad input",
    401: "No session, or wrong credentials",
    403: "Not allowed",
    404: "Unknown",
    405: "The method does not fit the address",
    409: "In use, or a conflict",
    413: "The body is too large",
    416: "The range is outside of what there is",
    421: "The service does not answer under this host name",
    422: "Nothing for this platform",
    429: "Too many logins",
    500: "An internal error",
    502: "The upstream answered badly",
    503: "The upstream is down or counts us out",
    504: "The upstream did not answer in time",
    507: "The disk is full",
}


_REASONS = {
    400: InvalidInput.code,
    401: Unauthenticated.code,
    403: Forbidden.code,
    404: NotFound.code,
    405: "method_not_allowed",
    408: TimedOut.code,
    413: TooLarge.code,
    416: InvalidInput.code,
    421: "misdirected",
    431: "headers_too_large",
    500: INTERNAL_ERROR,
}


def status_of(error: DepotError) -> int:
    """The status of the nearest class that the table has."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def reason_of(status: int) -> str:
    """The reason of a failure that is not one of our errors: the web framework's, or the guard's."""
    return _REASONS.get(status, DepotError.code)
