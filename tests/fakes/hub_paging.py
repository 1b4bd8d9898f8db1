"""Pages of the Hub API: `{count, next, previous, results}` (upstreams.md 1.1 and 1.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from tests.fakes.message import Answer, Request

LARGEST = 100


def number(request: Request, name: str, default: int) -> int | None:
    """A query parameter that should be a number; None when it is none."""
    text = request.arg(name, str(default))
    return int(text) if text.lstrip("-").isdigit() else None


def page_of(request: Request, rows: Sequence[dict[str, Any]], nothing: Any = None, default: int = 10) -> Answer:
    """One page, 404 past the end; `nothing` stands in `previous` where there is none ("" in search v2)."""
    page, size = number(request, "page", 1), number(request, "page_size", default)
    if page is None or size is None or page < 1 or size < 1:
        return Answer.json(400, {"message": "bad page or page_size", "errinfo": {}})
    size = min(size, LARGEST)
    shown = rows[(page - 1) * size : page * size]
    if page > 1 and not shown:
        return Answer.json(404, {"message": "page not found", "errinfo": {}})
    envelope = {
        "count": len(rows),
        "next": _link(request, page + 1) if page * size < len(rows) else None,
        "previous": _link(request, page - 1) if page > 1 else nothing,
        "results": shown,
    }
    return Answer.json(200, envelope)


def _link(request: Request, page: int) -> str:
    query = {name: values[0] for name, values in request.args.items()}
    return f"http://{request.host}{request.path}?{urlencode({**query, 'page': page})}"
