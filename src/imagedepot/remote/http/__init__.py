"""One HTTP client for every upstream: connections, ranges, redirects, addresses, failures."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def _leave_out_http2() -> None:
    """Put an empty package in the place of `urllib3.http2`, before urllib3 is imported.

    Nothing here speaks HTTP/2, but its `__init__` loads `importlib.metadata` and with it `zipfile`, `csv` and twenty
    others: a tenth of the imports of a cold `pull`. What urllib3 itself uses is its submodule `probe`, which is found
    as before. Does nothing where urllib3 has no such package.
    """
    spec = importlib.util.find_spec("urllib3")
    if "urllib3" in sys.modules or spec is None or spec.origin is None:
        return
    folder = Path(spec.origin).with_name("http2")
    if (folder / "probe.py").is_file():
        package = ModuleType("urllib3.http2", "Left out by imagedepot.remote.http.")
        package.__path__ = [str(folder)]
        sys.modules[package.__name__] = package


_leave_out_http2()
