"""A bare Starlette application that answers given bytes: the most that anybody could do with our web framework."""

from __future__ import annotations

import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_BODY = os.environ.get("BENCH_BODY", "[]").encode()


async def answer(_: Request) -> Response:
    return Response(_BODY, media_type="application/json")


app = Starlette(routes=[Route("/", answer)])
