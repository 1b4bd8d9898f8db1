"""What the HTTP client loads, and what it leaves out."""

from __future__ import annotations

import subprocess
import sys

_CODE = """
import sys
import imagedepot.remote.http.transport
import urllib3.connection
assert urllib3.connection.http2_probe.__name__ == "urllib3.http2.probe"
assert urllib3.connection.http2_probe.acquire_and_get("lab.test", 443) is None
print(*sys.modules)
"""


def test_the_client_loads_no_metadata_of_packages_for_a_protocol_that_it_does_not_speak() -> None:
    done = subprocess.run([sys.executable, "-c", _CODE], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "urllib3" in loaded
    assert loaded & {"importlib.metadata", "zipfile", "csv", "urllib3.http2.connection"} == set()


def test_another_program_that_has_loaded_urllib3_keeps_what_it_has() -> None:
    code = "import sys, urllib3; before = sys.modules['urllib3.http2']; import imagedepot.remote.http.transport; "
    code += "assert sys.modules['urllib3.http2'] is before; assert before.inject_into_urllib3"
    subprocess.run([sys.executable, "-c", code], check=True)
