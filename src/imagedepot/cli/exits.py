"""Exit codes of the command line, in one table; `docs/cli.md` shows it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from imagedepot.errors import (
    INTERNAL_ERROR,
    Cancelled,
    Conflict,
    DatabaseUnavailable,
    DataFolderBusy,
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
    UpstreamError,
    from_code,
)

OK = 0
BAD_OUTCOME = 1
USAGE = 2
UNEXPECTED = 70
INTERRUPTED = 130
OUTPUT_CLOSED = 141

MEANINGS: Mapping[int, str] = {
    OK: "Done.",
    BAD_OUTCOME: "It went badly: cancelled, downloads that failed in different ways, a fault that `verify` found.",
    USAGE: "The command, a name or a setting is wrong; nothing was done.",
    3: "There is no such image, download, user or catalog.",
    4: "The state of things forbids it: in use, or another process holds the data folder.",
    5: "Not allowed: wrong credentials, or no right.",
    6: "A registry or catalog answered badly, or has nothing that fits.",
    7: "No answer, or not in time; trying again later may help.",
    8: "The disk is full or refuses the write.",
    UNEXPECTED: "A fault of Image Depot itself; the message names the file that holds the details.",
    INTERRUPTED: "Interrupted with Ctrl-C; a download that was under way can be resumed.",
    OUTPUT_CLOSED: "The reader of the output stopped reading, as `head` does.",
}

# The first class that fits counts.
_CODES: tuple[tuple[type[DepotError], int], ...] = (
    (DataFolderBusy, 4),
    (InvalidInput, USAGE),
    (TooLarge, USAGE),
    (NotFound, 3),
    (Conflict, 4),
    (Unauthenticated, 5),
    (Forbidden, 5),
    (TooManyLogins, 5),
    (Unsuitable, 6),
    (UpstreamError, 6),
    (Unavailable, 7),
    (TimedOut, 7),
    (DatabaseUnavailable, 7),
    (StorageFailure, 8),
    (Cancelled, BAD_OUTCOME),
)


def code_of_downloads(reasons: Collection[str | None]) -> int:
    """The exit code for downloads that did not go well: that of the `reason` which all of them have."""
    codes = {_code_of_reason(reason) for reason in reasons}
    return codes.pop() if len(codes) == 1 else BAD_OUTCOME


def _code_of_reason(reason: str | None) -> int:
    """The exit code of a reason; also without one (cancelled), or for one that this version does not know."""
    if reason == INTERNAL_ERROR:
        return UNEXPECTED
    error = from_code(reason, "") if reason else None
    return BAD_OUTCOME if error is None else code_of(error)


def code_of(error: DepotError) -> int:
    """The exit code of a command that ended with `error`."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), UNEXPECTED)
