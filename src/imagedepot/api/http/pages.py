"""`/api/v1/openapi.json`, and the same to read: a page of our own, without scripts and without any other host."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import HEADERS, raw
from imagedepot.api.http.errors import PHRASES
from imagedepot.api.http.openapi import EVERYWHERE, document
from imagedepot.api.http.operation import BASE, Operation
from imagedepot.api.services import Parts

DOCS = "Documents"
HTML = "text/html"

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem;
  overflow-wrap: break-word; }
h2 { border-bottom: 1px solid var(--line); padding-top: 1.5rem; }
h3 { font-size: 1rem; margin: 2rem 0 .25rem; }
code, pre { font: 14px/1.4 ui-monospace, monospace; background: var(--soft); border-radius: 4px; padding: .1em .3em; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
th, td { text-align: left; vertical-align: top; border-top: 1px solid var(--line); padding: .25rem .5rem .25rem 0; }
"""
_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


class Pages:
    """The document of `operations`, and of these pages themselves."""

    def __init__(self, parts: Parts, operations: Sequence[Operation]) -> None:
        every = (*operations, *self.operations())
        self.document = document(every, parts.version, parts.root_path, parts.images.depots)
        self._json = msgspec.json.encode(self.document)
        self._html = "".join(_page(self.document)).encode()

    def operations(self) -> Sequence[Operation]:
        return (
            Operation("GET", "/openapi.json", self.json, DOCS, "The OpenAPI document.", dict[str, Any]),
            Operation("GET", "/docs", self.page, DOCS, "The OpenAPI document as a page to read.", str, media=HTML),
        )

    async def json(self, request: Request) -> Response:
        return raw(self._json)

    async def page(self, request: Request) -> Response:
        headers = {**HEADERS, "Content-Security-Policy": _POLICY, "Referrer-Policy": "same-origin"}
        return Response(self._html, 200, headers, HTML)


def _page(document: Mapping[str, Any]) -> Iterator[str]:
    info = document["info"]
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style></head><body>"
    yield f"<h1>{escape(info['title'])} API</h1><p>Version {escape(info['version'])}, below <code>{BASE}</code>. "
    address = f"{document['servers'][0]['url'].rstrip('/')}{BASE}/openapi.json"
    yield f'The same for programs: <a href="{escape(address)}">openapi.json</a>.</p>'
    lines = info["description"].strip().splitlines()
    yield f"<p>{_inline(' '.join(line for line in lines if not line.startswith('- ')))}</p>"
    yield f"<ul>{''.join(f'<li>{_inline(line[2:])}</li>' for line in lines if line.startswith('- '))}</ul>"
    everywhere = ", ".join(f"{code} {PHRASES[code].lower()}" for code in EVERYWHERE)
    yield f"<p>Every call may answer {escape(everywhere)}; further ones stand with the call.</p>"
    for tag in document["tags"]:
        yield f"<h2>{escape(tag['name'])}</h2>"
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if tag["name"] in operation["tags"]:
                    yield from _section(method.upper(), path, operation, document["components"]["responses"])
    yield "<h2>Objects</h2>"
    for name, schema in document["components"]["schemas"].items():
        yield f'<h3 id="{escape(name)}">{escape(name)}</h3>'
        yield f"<p>{_inline(schema.get('description', ''))}</p>"
        yield from _table(
            ("Key", "Type", "Meaning"),
            (
                (f"<code>{escape(key)}</code>", _kind(value), _inline(value.get("description", "")))
                for key, value in schema.get("properties", {}).items()
            ),
        )
    yield "</body></html>"


def _section(
    method: str, path: str, operation: Mapping[str, Any], failures: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """`failures` are what answers name with `$ref`, by their status."""
    yield f'<h3 id="{escape(operation["operationId"])}"><code>{method} {escape(path)}</code></h3>'
    yield f"<p><strong>{_inline(operation['summary'])}</strong> {_inline(operation['description'])}</p>"
    body = operation.get("requestBody")
    rows = [
        (
            f"<code>{escape(each['name'])}</code>",
            each["in"],
            _kind(each["schema"]),
            _inline(each["description"]),
        )
        for each in operation["parameters"]
    ]
    if body:
        rows.append(("body", ", ".join(body["content"]), _kind(next(iter(body["content"].values()))["schema"]), ""))
    if rows:
        yield from _table(("Parameter", "In", "Type", "Meaning"), rows)
    yield from _table(
        ("Status", "Answer"),
        (
            (
                code,
                f"{_inline(response['description'])} "
                + ", ".join(_kind(content["schema"]) for content in response["content"].values()),
            )
            for code, answer in operation["responses"].items()
            for response in [failures[code] if "$ref" in answer else answer]
            if int(code) not in EVERYWHERE
        ),
    )


def _table(head: Sequence[str], rows: Any) -> Iterator[str]:
    yield f"<table><thead><tr>{''.join(f'<th>{each}</th>' for each in head)}</tr></thead><tbody>"
    for row in rows:
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
    yield "</tbody></table>"


def _kind(schema: Mapping[str, Any]) -> str:
    """A schema in a few words, as HTML."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    kinds = schema.get("type", "any")
    words = " or ".join(kinds) if isinstance(kinds, list) else kinds
    if "items" in schema:
        return f"{words} of {_kind(schema['items'])}"
    if "enum" in schema:
        words = " ".join(f"<code>{escape(str(each)) or '(nothing)'}</code>" for each in schema["enum"])
    return words


def _inline(text: str) -> str:
    """Text with `code` in backquotes, as HTML."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))
