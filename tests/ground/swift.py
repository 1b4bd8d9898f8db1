"""OpenStack Swift with its S3 API on loopback: the real object storage that tests keep blobs in.

One node, no root, no memcached, its packages from PyPI in a virtual environment of its own, pinned by `swift.lock` and
kept outside of the repository for the next run.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import subprocess
import sys
from pathlib import Path

import botocore.session
from botocore.config import Config

from tests.ground.processes import Daemon, connects, free_port

KEY, SECRET = "test:tester", "testing"
_LOCK = Path(__file__).with_suffix(".lock")
_KINDS = ("object", "container", "account")

_CACHE = '''
"""memcached, as far as one process needs it."""

import time


class Cache:
    def __init__(self):
        self.kept = {}

    def get(self, key, **more):
        value, until = self.kept.get(key, (None, 0))
        return value if not until or until > time.time() else None

    def set(self, key, value, serialize=True, time=0, **more):
        self.kept[key] = (value, _now() + time if time else 0)

    def incr(self, key, delta=1, time=0, **more):
        value = (self.get(key) or 0) + delta
        self.set(key, value, time=time)
        return value

    def decr(self, key, delta=1, time=0, **more):
        return self.incr(key, -delta, time)

    def delete(self, key, **more):
        self.kept.pop(key, None)

    def set_multi(self, mapping, *args, **more):
        for key, value in mapping.items():
            self.set(key, value)

    def get_multi(self, keys, *args, **more):
        return [self.get(key) for key in keys]


CACHE = Cache()
_now = time.time


def filter_factory(settings, **local):
    def wrap(app):
        def call(environ, start):
            environ["swift.cache"] = CACHE
            return app(environ, start)

        return call

    return wrap
'''
_COMMON = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {home}
log_level = ERROR
"""
_BACK = """devices = {home}/devices
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""
# min_segment_size: so that parts of a few bytes are enough for a test; that ours are large enough is asserted.
_FRONT = """[pipeline:main]
pipeline = catch_errors memory_cache listing_formats bulk s3api tempauth slo dlo copy proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:memory_cache]
paste.filter_factory = memory_cache:filter_factory
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
s3_acl = no
location = us-east-1
min_segment_size = 1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:copy]
use = egg:swift#copy
"""


class Swift:
    """One server on the folder; `endpoint` is its address. Buckets are made by `make_bucket`."""

    def __init__(self, folder: Path) -> None:
        self._home = folder
        self._tools = _installed() / "bin"
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._daemons: list[Daemon] = []

    def start(self) -> Swift:
        user = pwd.getpwuid(os.getuid()).pw_name
        home = self._home
        (home / "lib").mkdir(parents=True)
        (home / "lib/memory_cache.py").write_text(_CACHE)
        (home / "swift.conf").write_text(
            "[swift-hash]\nswift_hash_path_suffix = depot\n[storage-policy:0]\nname = one\ndefault = yes\n"
        )
        environment = {**os.environ, "PYTHONPATH": str(home / "lib")}
        (home / "devices/one").mkdir(parents=True)
        backs = {kind: free_port() for kind in _KINDS}
        for kind, port in {**backs, "proxy": self.port}.items():
            config = home / f"{kind}.conf"
            text = _COMMON + (_FRONT if kind == "proxy" else _BACK)
            config.write_text(text.format(port=port, user=user, home=home, kind=kind))
            if kind in backs:
                self._make_ring(home / f"{kind}.builder", port)
            command = [self._tools / f"swift-{kind}-server", config]
            self._daemons.append(
                Daemon(command, home / f"{kind}.log", lambda port=port: connects(port), environment)  # type: ignore[misc]
            )
        for daemon in self._daemons:
            daemon.start()
        return self

    def make_bucket(self, name: str) -> None:
        session = botocore.session.get_session()
        config = Config(s3={"addressing_style": "path"}, signature_version="s3v4", retries={"total_max_attempts": 8})
        client = session.create_client(
            "s3",
            "us-east-1",
            endpoint_url=self.endpoint,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            config=config,
        )
        client.create_bucket(Bucket=name)
        client.close()

    def stop(self) -> None:
        for daemon in self._daemons:
            daemon.stop()

    def _make_ring(self, builder: Path, port: int) -> None:
        for words in (["create", "4", "1", "0"], ["add", f"r1z1-127.0.0.1:{port}/one", "1"], ["rebalance"]):
            done = subprocess.run(
                [self._tools / "swift-ring-builder", builder, *words], capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stdout + done.stderr


def _installed() -> Path:
    """The virtual environment with Swift, made when it is first needed; one process at a time makes it."""
    pinned = hashlib.sha256(_LOCK.read_bytes() + sys.version.encode()).hexdigest()[:16]
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "imagedepot-tests"
    place = kept / f"swift-{pinned}"
    kept.mkdir(parents=True, exist_ok=True)
    with (kept / f"swift-{pinned}.busy").open("w") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)
        if not (place / "ready").exists():
            commands: list[list[str | Path]] = [
                [sys.executable, "-m", "venv", "--clear", place],
                [place / "bin/python", "-m", "pip", "install", "-q", "--require-hashes", "-r", _LOCK],
            ]
            for command in commands:
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                assert done.returncode == 0, f"Swift cannot be installed: {done.stdout[-1000:]}{done.stderr[-2000:]}"
            (place / "ready").touch()
    return place
