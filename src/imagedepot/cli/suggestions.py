"""What somebody meant who typed a command that there is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches  # which Typer has loaded already

_MEANT = {
    "delete": "remove",
    "download": "pull",
    "find": "search",
    "get": "pull",
    "import": "load",
    "info": "inspect",
    "install": "pull",
    "show": "inspect",
    "start": "serve",
    "uninstall": "remove",
    "upgrade": "update",
}
"""Words of other programs that are too far from ours to look like a slip."""


def suggestions(typed: str, known: Iterable[str]) -> Sequence[str]:
    """The likeliest first; none where nothing is near."""
    word = typed.lower()
    return [_MEANT[word]] if word in _MEANT else get_close_matches(word, list(known))


def offered(names: Sequence[str]) -> str:
    """The question after a sentence without its full stop; empty for no names."""
    return f". Did you mean {', '.join(map(repr, names))}?" if names else "."
