"""Lists that come in pages: `n` and `last` in the query, and a `Link` to the next page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import urlencode

from starlette.responses import Response

from imagedepot.errors import InvalidInput
from imagedepot.registry.face import Asked, headers, warned

_MOST = 10_000


def page(asked: Asked, key: str, rows: Sequence[str], more: dict[str, str], warning: str = "") -> Response:
    """The page of `rows`, which are in lexical order, that the query asks for, as JSON under `key`.

    Raises `InvalidInput`.
    """
    query = asked.request.query_params
    last, wanted = query.get("last", ""), query.get("n", "")
    if wanted and not (wanted.isascii() and wanted.isdigit()):
        raise InvalidInput(f"n is a number of rows, not {wanted[:50]!r}")
    most = min(int(wanted[:9]), _MOST) if wanted else _MOST
    left = [row for row in rows if row > last] if last else rows
    shown = left[:most]
    common = headers(asked, warned(warning))
    if len(shown) < len(left) and shown:
        ns = {"ns": query["ns"]} if "ns" in query else {}
        link = urlencode({"n": most, "last": shown[-1], **ns})
        common["Link"] = f'<{asked.request.scope["path"]}?{link}>; rel="next"'
    return Response(json.dumps({**more, key: shown}).encode(), 200, common, "application/json")
