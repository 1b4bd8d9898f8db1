"""Faults of delivery: right answers that arrive late, short, long, changed or not at all."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import replace

from tests.fakes.message import Answer, Framing, Gate, Hold, Request
from tests.fakes.rules import Fault

_GOOD = (200, 206)


def drop_after(count: int, reset: bool = False) -> Fault:
    """The connection ends after `count` body bytes of an answer that promised more (by RST if `reset`)."""
    return Fault(f"drop_after_{count}", change=lambda _, answer: answer.with_wire(cut_after=count, reset=reset))


def no_answer(reset: bool = False) -> Fault:
    """The connection ends where the status line should be."""
    return Fault("no_answer", change=lambda _, answer: answer.with_wire(no_answer=True, reset=reset))


def slow(bytes_per_second: float) -> Fault:
    """The body trickles."""
    return Fault("slow", change=lambda _, answer: answer.with_wire(bytes_per_second=bytes_per_second))


def stalled(gate: Gate) -> Fault:
    """Not one byte, no status line either, until the gate opens."""
    return Fault("stalled", change=lambda _, answer: _held(answer, Hold(gate)))


def hold(gate: Gate, at: int = 0) -> Fault:
    """Everything before byte `at` of the blob arrives (for a Range too), the rest when the gate opens."""

    def change(_: Request, answer: Answer) -> Answer:
        start = answer.first_byte
        beyond = answer.length is not None and at >= start + answer.length
        return answer if at < start or beyond else _held(answer, Hold(gate, at - start))

    return Fault(f"hold_at_{at}", change=change)


def _held(answer: Answer, new: Hold) -> Answer:
    return answer.with_wire(holds=(*answer.wire.holds, new))


def chunked() -> Fault:
    """The body comes in chunks and nothing tells its length."""
    return Fault("chunked", change=lambda _, answer: answer.with_wire(framing=Framing.CHUNKED))


def until_close() -> Fault:
    """The body's end is the connection's end, as in HTTP/1.0."""
    return Fault("until_close", change=lambda _, answer: answer.with_wire(framing=Framing.CLOSE))


def clean_short(count: int) -> Fault:
    """The first `count` bytes with a Content-Length that agrees: nothing but the manifest tells that it is short."""

    def cut(chunks: Iterator[bytes]) -> Iterator[bytes]:
        left = count
        for chunk in chunks:
            yield chunk[:left]
            left -= len(chunk[:left])
            if not left:
                return

    def change(_: Request, answer: Answer) -> Answer:
        if answer.status not in _GOOD:
            return answer
        return answer.with_chunks(cut, count if answer.length is None else min(count, answer.length))

    return Fault(f"clean_short_{count}", change=change)


def too_long(count: int) -> Fault:
    """`count` bytes more than the manifest promises, with a Content-Length that agrees."""

    def lengthen(chunks: Iterator[bytes]) -> Iterator[bytes]:
        yield from chunks
        left = count
        while left > 0:
            yield b"\0" * min(left, 65536)
            left -= 65536

    def change(_: Request, answer: Answer) -> Answer:
        if answer.status not in _GOOD:
            return answer
        return answer.with_chunks(lengthen, None if answer.length is None else answer.length + count)

    return Fault(f"too_long_by_{count}", change=change)


def flipped_byte(at: int = 0) -> Fault:
    """Byte `at` of the blob is wrong, also when it comes by Range."""

    def change(_: Request, answer: Answer) -> Answer:
        if answer.status not in _GOOD:
            return answer
        start = answer.first_byte

        def flip(chunks: Iterator[bytes]) -> Iterator[bytes]:
            position = start
            for chunk in chunks:
                if position <= at < position + len(chunk):
                    changed = bytearray(chunk)
                    changed[at - position] ^= 0xFF
                    yield bytes(changed)
                else:
                    yield chunk
                position += len(chunk)

        return answer.with_chunks(flip, answer.length)

    return Fault(f"flipped_byte_{at}", change=change)


def ignored_range() -> Fault:
    """200 and the whole body for a Range request."""
    return Fault("ignored_range", ask=lambda request: request.without_header("Range").without_header("If-Range"))


def partial_as_200() -> Fault:
    """The asked range, but with status 200 and no Content-Range: it looks like a whole, short body."""

    def change(_: Request, answer: Answer) -> Answer:
        return replace(answer.without_header("Content-Range"), status=200) if answer.status == 206 else answer

    return Fault("partial_as_200", change=change)


def wrong_content_range(shift: int = 1) -> Fault:
    """206 whose Content-Range starts `shift` bytes away from what was asked."""

    def change(_: Request, answer: Answer) -> Answer:
        if answer.status != 206 or answer.length is None:
            return answer
        start = answer.first_byte + shift
        total = (answer.header("Content-Range") or "").rpartition("/")[2]
        return answer.with_headers(("Content-Range", f"bytes {start}-{start + answer.length - 1}/{total}"))

    return Fault("wrong_content_range", change=change)


def no_content_range() -> Fault:
    """206 without Content-Range."""
    return Fault("no_content_range", change=lambda _, answer: answer.without_header("Content-Range"))


def broken_content_range(text: str = "bytes twelve-/many") -> Fault:
    """206 with a Content-Range that is no such thing."""

    def change(_: Request, answer: Answer) -> Answer:
        return answer.with_headers(("Content-Range", text)) if answer.status == 206 else answer

    return Fault("broken_content_range", change=change)


def refused_range() -> Fault:
    """416 for every Range request."""

    def change(request: Request, answer: Answer) -> Answer:
        if not request.header("Range"):
            return answer
        answer.done()
        return Answer.errors(416, "RANGE_INVALID", "invalid content range", headers=(("Content-Range", "bytes */0"),))

    return Fault("refused_range", change=change)


def compressed(encoding: str = "gzip", length: bool = True) -> Fault:
    """The body compressed for the way, although nobody asked for it; a Range is of what is on the wire.

    `length`: whether a Content-Length tells how much that is.
    """

    def ask(request: Request) -> Request:
        """The upstream gives all of it; what part was asked for is kept for the answer."""
        part = request.header("Range")
        whole = request.without_header("Range")
        return replace(whole, headers=(*whole.headers, ("X-Part", part))) if part else whole

    def change(request: Request, answer: Answer) -> Answer:
        if answer.status != 200 or request.method == "HEAD":
            return answer.with_headers(("Content-Encoding", encoding))
        body = gzip.compress(answer.read(), mtime=0) if encoding in ("gzip", "x-gzip") else zlib.compress(answer.read())
        first = int((request.header("X-Part") or "bytes=0-").removeprefix("bytes=").partition("-")[0])
        packed = replace(answer, chunks=(body[first:],), length=len(body) - first if length else None)
        if first:
            part = ("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
            packed = replace(packed.with_headers(part), status=206)
        return packed.with_headers(("Content-Encoding", encoding))

    return Fault(f"compressed_{encoding}", ask=ask, change=change)


def labelled_compressed() -> Fault:
    """The right bytes, said to be compressed for the way: how some stores label what is a gzip file itself."""
    return Fault("labelled_compressed", change=lambda _, answer: answer.with_headers(("Content-Encoding", "gzip")))
