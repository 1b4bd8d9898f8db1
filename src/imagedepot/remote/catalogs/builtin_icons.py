"""The icons of the built-in catalog: files of this package, named `builtin:film` where others have an address.

What follows the colon is one word, so that it leads to a file in `icons/` and nowhere else.
"""

from __future__ import annotations

import re
from pathlib import Path

_ADDRESS = re.compile(r"builtin:([a-z]{1,20})")
_FOLDER = Path(__file__).with_name("icons")


def is_builtin(address: str) -> bool:
    """Whether the address is of this form; there need not be such an icon."""
    return _ADDRESS.fullmatch(address) is not None


def builtin_icon(address: str) -> bytes | None:
    """The SVG; None where there is none of that name, and for what is no such address."""
    named = _ADDRESS.fullmatch(address)
    if named is None:
        return None
    try:
        return (_FOLDER / f"{named[1]}.svg").read_bytes()
    except OSError:
        return None
