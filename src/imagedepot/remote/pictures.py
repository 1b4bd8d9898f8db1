"""Detects picture formats and cleans SVG, since icons come from untrusted catalogs and are shown in browsers."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, ParseError, register_namespace, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from imagedepot.errors import InvalidAnswer

SVG = "image/svg+xml"
_SVG_NAMESPACE = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
)
_ELEMENTS = frozenset(
    [
        *("svg", "g", "defs", "symbol", "use", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon"),
        *("text", "tspan", "title", "desc", "style", "linearGradient", "radialGradient", "stop", "clipPath", "mask"),
        *("pattern", "marker", "filter", "feGaussianBlur", "feOffset", "feBlend", "feColorMatrix", "feComposite"),
        *("feFlood", "feMerge", "feMergeNode"),
    ]
)
# What styles and presentation attributes may not hold: a reference to elsewhere, or an escape that could hide one.
_REACHES_OUT = re.compile(
    r"(?:url\s*\((?!\s*[\"']?#)|@import|@font-face|expression|javascript:|data:|[\\<])", re.IGNORECASE
)
_MOST_ELEMENTS = 5000
_MOST_USES = 16  # each may refer to an element with two more
_DEEPEST = 50


def media_type(content: bytes) -> str | None:
    """The media type by the first bytes; None for anything but a picture that browsers show."""
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    head = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    return SVG if head.startswith(b"<") and b"<svg" in content[:4096] else None


def harmless(content: bytes) -> bytes:
    """Rewrite an SVG with known elements only: no scripts, no events, no other documents, no other hosts.

    Raises `InvalidAnswer` for what is not an SVG, and for one too large for an icon.
    """
    register_namespace("", _SVG_NAMESPACE[1:-1])
    try:
        root = fromstring(content, forbid_dtd=False)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        raise InvalidAnswer("Not a well-formed SVG") from error
    if root.tag != f"{_SVG_NAMESPACE}svg":
        raise InvalidAnswer("Not an SVG")
    uses = sum(1 for _ in root.iter(f"{_SVG_NAMESPACE}use"))
    if uses > _MOST_USES or sum(1 for _ in root.iter()) > _MOST_ELEMENTS:
        raise InvalidAnswer("An SVG with too many elements")
    return tostring(_clean(root, 0))


def _clean(element: Element, depth: int) -> Element:
    if depth > _DEEPEST:
        raise InvalidAnswer("An SVG that is nested too deeply")
    name = element.tag.removeprefix(_SVG_NAMESPACE)
    clean = Element(element.tag, {key: value for key, value in element.attrib.items() if _is_harmless(key, value)})
    if name != "style" or not _REACHES_OUT.search(element.text or ""):
        clean.text = element.text
    for child in element:
        if child.tag.startswith(_SVG_NAMESPACE) and child.tag.removeprefix(_SVG_NAMESPACE) in _ELEMENTS:
            clean.append(_clean(child, depth + 1))
            clean[-1].tail = child.tail
    return clean


def _is_harmless(name: str, value: str) -> bool:
    if name in ("href", _XLINK):
        return re.fullmatch(r"#[A-Za-z0-9_.:-]+", value) is not None
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name) or name.lower().startswith("on"):
        return False
    return not _REACHES_OUT.search(value)
