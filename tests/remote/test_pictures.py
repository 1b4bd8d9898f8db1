from __future__ import annotations

import pytest

from imagedepot.errors import InvalidAnswer
from imagedepot.remote.pictures import harmless, media_type

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">'


def cleaned(body: str, head: str = HEAD) -> str:
    return harmless(f"{head}{body}</svg>".encode()).decode()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0....", "image/jpeg"),
        (b"GIF89a....", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x01\x00\x01\x00", "image/x-icon"),
        (b"<svg/>", "image/svg+xml"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made by hand -->\n<svg/>', "image/svg+xml"),
        (b"<html><body>404</body></html>", None),
        (b"", None),
        (b"#!/bin/sh", None),
        (b"RIFF\x00\x00\x00\x00AVI ", None),
    ],
)
def test_the_bytes_tell_what_kind_it_is(content: bytes, kind: str | None) -> None:
    assert media_type(content) == kind


def test_a_drawing_stays_as_it_was() -> None:
    body = (
        '<defs><linearGradient id="g"><stop offset="0" stop-color="#fff" /></linearGradient></defs>'
        '<style>.a{fill:url(#g)}</style><g transform="scale(2)"><path class="a" d="M0 0h9v9z" fill="url(#g)" />'
        '<use xlink:href="#g" /><text x="1">Hi</text></g>'
    )
    answer = cleaned(body)
    for part in ('stop-color="#fff"', ".a{fill:url(#g)}", 'd="M0 0h9v9z"', 'fill="url(#g)"', 'href="#g"', ">Hi</"):
        assert part in answer
    assert harmless(answer.encode()).decode() == answer


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        '<path d="M0 0" onload="alert(1)"/>',
        '<path d="M0 0" ONLOAD="alert(1)"/>',
        "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></body></foreignObject>",
        '<image href="https://evil.example/alert"/>',
        '<use href="https://evil.example/alert.svg#x"/>',
        '<use xlink:href="data:image/svg+xml,alert"/>',
        '<a href="javascript:alert(1)"><path d="M0 0"/></a>',
        "<style>@import url(https://evil.example/alert.css);</style>",
        "<style>path{fill:u\\72l(https://evil.example/alert)}</style>",
        '<path style="background:url(https://evil.example/alert)"/>',
        '<path fill="url( https://evil.example/alert )"/>',
        '<set attributeName="href" to="javascript:alert(1)"/>',
        '<animate attributeName="href" values="javascript:alert(1)"/>',
        '<x:script xmlns:x="http://www.w3.org/2000/svg">alert(1)</x:script>',
        '<script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script>',
        "<?xml-stylesheet href='https://evil.example/alert.css'?>",
        "<!-- alert -->",
    ],
)
def test_whatever_acts_or_reaches_out_is_gone(body: str) -> None:
    answer = cleaned(f'{body}<circle r="1"/>')
    assert "alert" not in answer
    assert "evil" not in answer
    assert "circle" in answer


@pytest.mark.parametrize(
    "content",
    [
        b"<svg",
        b"<html><svg/></html>",
        b"<svg/>",
        b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>',
        f"{HEAD}{'<g>' * 2000}{'</g>' * 2000}</svg>".encode(),
        f"{HEAD}{'<g/>' * 20_000}</svg>".encode(),
        f"{HEAD}{'<use/>' * 20}</svg>".encode(),
    ],
)
def test_what_is_no_icon_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidAnswer):
        harmless(content)


def test_the_usual_doctype_does_no_harm() -> None:
    doctype = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    assert "circle" in cleaned('<circle r="1"/>', doctype + HEAD)
