"""`/readyz` of the real service, on a disk that fills up."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.e2e.service import PROGRAM, Service
from tests.e2e.test_disk import RESERVE_MIB, on_disk

_SCRIPT = f"""{PROGRAM} serve 2>serve.log & service=$!
"{sys.executable}" -c 'if True:
    import json, os, sys, time
    from urllib.error import HTTPError
    from urllib.request import urlopen

    def becomes(status):
        began = time.monotonic()
        while time.monotonic() - began < 60:
            try:
                with urlopen(sys.argv[1] + "/readyz", timeout=30) as answer:
                    found, body = answer.status, answer.read()
            except HTTPError as error:
                found, body = error.code, error.read()
            except OSError:
                continue  # it has not started yet
            if found == status:
                return json.loads(body), time.monotonic() - began
        raise SystemExit(f"it never answered {{status}}: {{body}}")

    data = os.environ["IMAGEDEPOT_DATA_DIR"]
    becomes(200)
    with open(f"{{data}}/filler", "wb") as filler:
        filler.write(bytes(20 << 20))
    full, seconds = becomes(503)
    os.unlink(f"{{data}}/filler")
    becomes(200)
    print(json.dumps([full["checks"], seconds]))
' "$1"
kill $service; wait $service
"""


def test_a_disk_that_fills_up_is_named_in_time_and_a_free_one_is_ready_again(tmp_path: Path) -> None:
    service = Service(tmp_path / "data", registry_url="http://127.0.0.1:9")
    script = f"cd {tmp_path}; set -- {service.url}\n{_SCRIPT}"
    done = on_disk(service, f"size={RESERVE_MIB + 16}m", script)
    assert done.returncode == 0, (done.stderr, (tmp_path / "serve.log").read_text())
    checks, seconds = json.loads(done.stdout)
    assert seconds < 5
    failed = {each["name"]: each["reason"] for each in checks if not each["ok"]}
    assert list(failed) == ["disk"]
    assert failed["disk"].startswith("The data folder's disk is full: ")
