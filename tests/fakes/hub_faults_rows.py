"""Faults inside right answers of hub.docker.com: rows, names, texts, figures and links that are hostile or odd."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes.hub_area import API, SEARCHES, Area
from tests.fakes.hub_fault import NamedFault, always, struck
from tests.fakes.message import Answer, Request
from tests.fakes.rules import Fault

_NAMES = ("name", "repo_name", "id", "slug", "namespace")
_TEXTS = ("description", "short_description", "full_description", "repo_owner", "label")
_FIGURES = ("star_count", "pull_count", "raw_pull_count", "full_size", "size", "count", "total", "num_results")
_PAGED = frozenset({Area.LIST, Area.TAGS, Area.SEARCH_V2})
_LISTS = API - {Area.DETAIL}
_TEXTUAL = API - {Area.TAGS}
_V4 = frozenset({Area.SEARCH_V4})

BAD_NAMES = (
    "../../etc/passwd",
    "..",
    "/",
    "",
    "nginx:latest@sha256:00",
    "UPPER/Case",
    "a b",
    "x" * 300,
    "-dash",
    "nginx\n",
    "registry.evil.example:5000/nginx",
    "<img src=x onerror=alert(1)>",
)
"""None is a repository of Docker Hub."""
HOSTILE_TEXT = "<script>alert(1)</script><img src=x onerror=alert(1)> [x](javascript:alert(1)) &lt;b&gt; {{7*7}} ${7*7}"
CONTROL_TEXT = "safe\x00\x07\x08\x1b[31mred\x1b[0m\r\nSet-Cookie: a=b\u202egnp.exe\u2066\ufeff\ud800"


def changed(name: str, change: Callable[[Any, Request], Any]) -> Fault:
    """A right answer whose JSON is changed."""

    def apply(request: Request, answer: Answer) -> Answer:
        if answer.status != 200 or request.method == "HEAD":
            return answer
        headers = answer.without_header("Content-Type").headers
        return Answer.json(200, change(json.loads(answer.read()), request), headers)

    return Fault(name, change=apply)


def _replaced(value: Any, new: Mapping[str, Any]) -> Any:
    """The same JSON with these keys' values replaced wherever they stand."""
    if isinstance(value, list):
        return [_replaced(item, new) for item in value]
    if isinstance(value, dict):
        return {key: new[key] if key in new else _replaced(item, new) for key, item in value.items()}
    return value


def _all(name: str, keys: tuple[str, ...], new: Any) -> Fault:
    return changed(name, lambda body, _: _replaced(body, dict.fromkeys(keys, new)))


def _rows(name: str, change: Callable[[list[Any]], list[Any]]) -> Fault:
    def apply(body: Any, _: Request) -> Any:
        return {**body, "results": change(body["results"])} if "results" in body else body

    return changed(name, apply)


def _without(name: str, *keys: str) -> Fault:
    def strip(value: Any) -> Any:
        if isinstance(value, list):
            return [strip(item) for item in value]
        return {k: strip(v) for k, v in value.items() if k not in keys} if isinstance(value, dict) else value

    return changed(name, lambda body, _: strip(body))


def _bad_names(body: Any, _: Request) -> Any:
    odd = iter(BAD_NAMES * 10)
    for row in body.get("results", [body])[: len(BAD_NAMES)]:
        name = next(odd)
        row.update({key: name for key in _NAMES if key in row})
    return body


def _next(target: Callable[[Request], str]) -> Fault:
    def apply(body: Any, request: Request) -> Any:
        return {**body, "next": target(request)} if "results" in body else body

    return changed("next", apply)


def _onwards(request: Request) -> str:
    return f"http://{request.host}{request.path}?page={int(request.arg('page', '1')) + 1}&page_size=100"


def _endless(request: Request) -> Answer:
    page = int(request.arg("page", "1"))
    rows = [{"name": f"made-up-{page}-{row}", "namespace": "library", "repo_name": f"a/b{page}"} for row in range(10)]
    return Answer.json(200, {"count": 10**9, "next": _onwards(request), "previous": None, "results": rows})


def _odd(**keys: Any) -> Callable[[list[Any]], list[Any]]:
    """Every second row with other values."""
    return lambda rows: [{**row, **keys} if number % 2 else row for number, row in enumerate(rows)]


ROWS: list[NamedFault] = [
    struck("no_results_key", "an object without `results`", _LISTS, always(_without("no_results", "results"))),
    struck("results_null", "`results: null`", _LISTS, always(_all("results_null", ("results",), None))),
    struck("results_object", "`results` an object", _LISTS, always(_all("results_object", ("results",), {"0": "x"}))),
    struck("rows_null", "null among the rows", _LISTS, always(_rows("null", lambda rows: [None, 7, "x", [], *rows]))),
    struck(
        "rows_empty", "{} among the rows", _LISTS, always(_rows("empty", lambda rows: [{}, *rows, {}])), survivable=True
    ),
    struck("rows_twice", "every row twice", _LISTS, always(_rows("twice", lambda rows: rows * 2)), survivable=True),
    struck("no_rows", "no rows, with a count of millions", _LISTS, always(_all("no_rows", ("results",), []))),
    struck("names_missing", "rows without a name", API, always(_without("nameless", *_NAMES))),
    struck(
        "optional_missing",
        "rows without any key but names",
        API,
        always(_without("bare", *_TEXTS, *_FIGURES[:3], "logo_url", "architectures", "badge", "digest", "media_type")),
        survivable=True,
    ),
    struck("names_numbers", "names that are numbers", API, always(_all("names_numbers", _NAMES, 7))),
    struck("texts_null", "null for every text", _TEXTUAL, always(_all("null", _TEXTS, None)), survivable=True),
    struck("texts_objects", "objects for every text", _TEXTUAL, always(_all("objects", _TEXTS, {"en": "x"}))),
    struck("figures_text", "texts for every figure", API, always(_all("text", _FIGURES, "many"))),
    struck("figures_null", "null for every figure", API, always(_all("null", _FIGURES, None)), survivable=True),
    struck("figures_negative", "figures below zero", API, always(_all("negative", _FIGURES, -5)), survivable=True),
    struck("figures_absurd", "figures of 40 digits", API, always(_all("absurd", _FIGURES, 10**40)), survivable=True),
    struck("figures_fractions", "figures with a fraction", API, always(_all("fraction", _FIGURES, 1.5))),
    struck(
        "names_bad", "names that are no reference, such as ../../etc", API, always(changed("bad_names", _bad_names))
    ),
    struck(
        "texts_markup",
        "HTML in texts",
        _TEXTUAL,
        always(_all("html", _TEXTS, HOSTILE_TEXT)),
        survivable=True,
    ),
    struck(
        "texts_control",
        "control characters, lone surrogates, right-to-left marks",
        _TEXTUAL,
        always(_all("control", _TEXTS, CONTROL_TEXT)),
        survivable=True,
    ),
    struck("texts_long", "texts of 100 kB", _TEXTUAL, always(_all("long", _TEXTS, "long " * 20_000)), survivable=True),
    struck(
        "logos_hostile",
        "logos at addresses that nobody should ask",
        _V4,
        always(_all("logos", ("logo_url",), {"large": "javascript:alert(1)", "small": "http://169.254.169.254/"})),
        survivable=True,
    ),
    struck("logos_wrong", "a logo that is a number", _V4, always(_all("logo", ("logo_url",), 5)), survivable=True),
    struck(
        "types_mixed",
        "plugins, models and hardened images among the rows",
        _V4,
        always(_rows("types", _odd(type="dhi"))),
        survivable=True,
    ),
    struck(
        "archived_mixed",
        "archived ones among the rows",
        _V4,
        always(_rows("old", _odd(archived=True))),
        survivable=True,
    ),
    struck(
        "badges_odd", "a badge that nobody knows", _V4, always(_all("badge", ("badge",), "golden")), survivable=True
    ),
    struck(
        "previous_empty",
        '`previous: ""` and `next: ""` on the last page',
        _PAGED,
        always(
            changed(
                "previous_empty",
                lambda body, _: {**body, **{key: body.get(key) or "" for key in ("next", "previous")}},
            )
        ),
        survivable=True,
    ),
    struck("next_elsewhere", "`next` on another host", _PAGED, always(_next(lambda _: "http://127.0.0.9:9/v2/"))),
    struck("next_at_private", "`next` at a private address", _PAGED, always(_next(lambda _: "https://10.255.255.1/"))),
    struck("next_is_file", "`next` is a file", _PAGED, always(_next(lambda _: "file:///etc/passwd"))),
    struck("next_number", "`next` is a number", _PAGED, always(_all("next_number", ("next",), 5))),
    struck(
        "next_loop",
        "`next` leads to the first page, for ever",
        _PAGED,
        always(_next(lambda r: f"http://{r.host}{r.path}?page=1&page_size=100")),
    ),
    struck("next_past_the_end", "`next` on the last page, then 404", _PAGED, always(_next(_onwards))),
    struck("endless_pages", "ever new pages", _PAGED, always(Fault("endless_pages", instead=_endless))),
    struck(
        "count_lies",
        "a count of millions over two rows",
        SEARCHES,
        always(changed("count", lambda body, _: {**body, "count": 10**7, "total": 10**7, "num_results": 10**7})),
        survivable=True,
    ),
]
