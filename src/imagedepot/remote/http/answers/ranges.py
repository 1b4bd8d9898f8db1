"""Range requests, and what servers really answer to them (RFC 9110, 14)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from imagedepot.errors import InvalidAnswer
from imagedepot.protocols import ByteStream
from imagedepot.remote.http.answers.answer import Answer

_CONTENT_RANGE = re.compile(r"bytes\s+(\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.IGNORECASE)
_UNSATISFIED = re.compile(r"bytes\s+\*/(\d{1,18})", re.IGNORECASE)
EXPECTED_STATUSES = frozenset({200, 206, 416})


class EmptyStream:
    """A `protocols.ByteStream` without bytes, for a file that is already complete."""

    validator: str | None = None

    def __init__(self, size: int) -> None:
        self.start = size
        self.total: int | None = size

    def readinto(self, buffer: memoryview) -> int:
        return 0

    def close(self) -> None:
        pass


def range_headers(offset: int, validator: str | None = None) -> dict[str, str]:
    """The headers of a range request; `validator` (an ETag or date) is for files without a digest."""
    if not offset:
        return {}
    return {"Range": f"bytes={offset}-", **({"If-Range": validator} if validator else {})}


def open_stream(
    ask: Callable[[Mapping[str, str]], Answer],
    offset: int,
    validator: str | None = None,
    *,
    size: int | None = None,
    is_gzip: bool = False,
) -> ByteStream:
    """Open the file at `offset`, or at its beginning when the server sends no part of it.

    `ask` is called with the headers of a range, and returns an answer of one of the `EXPECTED_STATUSES`. `size` is what
    the file is known to have, `is_gzip` whether its name says that it is compressed itself. Raises `InvalidAnswer`.
    """
    answer = ask(range_headers(offset, validator))
    if not _is_packed(answer, size, is_gzip):
        return positioned(answer, offset)
    if answer.status == 206:  # a part of a compressed body is of no use
        answer.close()
        answer = ask({})
    if answer.status != 200:
        answer.close()
        raise InvalidAnswer(f"{answer.where} answered {answer.status} where the whole file was asked for")
    return answer.decoded()


def _is_packed(answer: Answer, size: int | None, is_gzip: bool) -> bool:
    """Whether the body was compressed for the transfer.

    Some servers name the compression of the file itself, which must stay: then the size that they send is the file's
    own.
    """
    if not answer.encoding or answer.status not in (200, 206):
        return False
    return not is_gzip if size is None else size != _whole(answer)


def _whole(answer: Answer) -> int | None:
    """The size of the file on the server; None when it is not reported."""
    if answer.status == 200:
        return answer.body.length
    sent = _CONTENT_RANGE.fullmatch(answer.header("Content-Range").strip())
    return int(sent[3]) if sent is not None and sent[3] != "*" else None


def positioned(answer: Answer, offset: int) -> ByteStream:
    """The body with its true `start`: 0 when the range was ignored, `offset` when it was honoured.

    `answer` has one of the statuses `EXPECTED_STATUSES`. Raises `InvalidAnswer` for a range that was not asked for.
    """
    stream = answer.body
    if answer.status == 200:
        stream.total = stream.length
        stream.validator = _validator(answer)
        return stream
    if answer.status == 416:
        answer.close()
        whole = _UNSATISFIED.fullmatch(answer.header("Content-Range").strip())
        if whole and int(whole[1]) == offset:
            return EmptyStream(offset)
        raise InvalidAnswer(f"{answer.where} refuses to go on at byte {offset:,}")
    sent = _CONTENT_RANGE.fullmatch(answer.header("Content-Range").strip())
    if sent is None or int(sent[1]) != offset or int(sent[2]) < offset:
        answer.close()
        raise InvalidAnswer(f"{answer.where} sent another part than the one from byte {offset:,}")
    stream.start = offset
    stream.total = None if sent[3] == "*" else int(sent[3])
    stream.validator = _validator(answer)
    return stream


def _validator(answer: Answer) -> str | None:
    """The validator for resuming; a range needs a strong one (RFC 9110, 13.1.5)."""
    tag = answer.header("ETag").strip()
    if tag.startswith('"'):
        return tag
    return answer.header("Last-Modified").strip() or None
