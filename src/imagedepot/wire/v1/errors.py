"""The one shape of a failure."""

from __future__ import annotations

from typing import Annotated

from imagedepot.wire.v1.base import Answer, about


class ErrorFacts(Answer):
    """Why a call failed."""

    code: Annotated[int, about("The HTTP status once more.")]
    reason: Annotated[str, about("A stable word for programs, such as `rate_limited`; see the table of reasons.")]
    message: Annotated[str, about("One sentence for a person: what, which and why.")]


class Error(Answer):
    """Every failure has this shape."""

    error: ErrorFacts

    @classmethod
    def of(cls, code: int, reason: str, message: str) -> Error:
        """`code` is the HTTP status, `reason` the failure's `code` in `imagedepot.errors`."""
        return cls(error=ErrorFacts(code=code, reason=reason, message=message))
