"""Debian's PostgreSQL in a cluster of its own: an unprivileged user, a temporary folder, a free port, no fsync."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from imagedepot.model.names.postgres_address import PostgresAddress
from tests.ground.needs import require
from tests.ground.processes import Daemon, free_port

USER, PASSWORD = "depot", "a secret of tests"
_NOBODY = 65534


class Cluster:
    """Over the Unix socket everyone is let in, over loopback whoever knows `PASSWORD`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / "log"
        self._daemon = Daemon(
            [*_unprivileged(), _program("postgres"), "-D", folder / "data", "-p", str(self.port), "-k", folder]
            + [part for option in self._options() for part in ("-c", option)],
            self.log,
            self._answers,
        )

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[Cluster]:
        """In a folder of its own, since a socket's path is short and pytest's folders are for their owner alone."""
        with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            (folder / "password").write_text(PASSWORD)
            if os.geteuid() == 0:
                for path in (folder, folder / "password"):
                    os.chown(path, _NOBODY, _NOBODY)
            command = [
                *_unprivileged(),
                _program("initdb"),
                "-D",
                folder / "data",
                "-U",
                USER,
                "--no-sync",
                "-E",
                "UTF8",
            ]
            command += ["--locale=C.UTF-8", "--auth-local=trust", "--auth-host=scram-sha-256"]
            command += [f"--pwfile={folder / 'password'}"]
            done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
            assert done.returncode == 0, done.stdout + done.stderr
            cluster = cls(folder)
            cluster.start()
            try:
                yield cluster
            finally:
                cluster.stop(signal.SIGQUIT)  # it need not come up again

    def start(self) -> None:
        self._daemon.start()

    def stop(self, by: signal.Signals = signal.SIGINT) -> None:
        """At once: whoever is connected is cut off."""
        self._daemon.send(by)
        self._daemon.stop()

    def make_database(self) -> PostgresAddress:
        """A new one, empty."""
        name = f"depot_{secrets.token_hex(6)}"
        self.run("postgres", f"CREATE DATABASE {name}")
        return PostgresAddress.parse(f"postgresql://{USER}@/{name}?host={self.folder}&port={self.port}")

    def over_network(self, address: PostgresAddress, password: str | None = PASSWORD) -> str:
        """The text of an address of the same database over loopback, with a password in it or without."""
        name = address.place.rpartition("/")[2]
        secret = f":{password.replace(' ', '%20')}" if password is not None else ""
        return f"postgresql://{USER}{secret}@127.0.0.1:{self.port}/{name}"

    def run(self, database: str, statement: str) -> list[tuple[object, ...]]:
        """One statement as the administrator."""
        with psycopg.connect(
            host=str(self.folder), port=self.port, user=USER, dbname=database, autocommit=True
        ) as line:
            done = line.execute(statement.encode())
            return done.fetchall() if done.description else []

    def _options(self) -> list[str]:
        return ["fsync=off", "full_page_writes=off", "synchronous_commit=off", "listen_addresses=127.0.0.1"]

    def _answers(self) -> bool:
        try:
            return self.run("postgres", "SELECT 1") == [(1,)]
        except psycopg.Error:
            return False


def _unprivileged() -> list[str | Path]:
    """PostgreSQL refuses to run as root."""
    ids = [f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
    return ["setpriv", *ids] if os.geteuid() == 0 else []


def _program(name: str) -> Path:
    """Debian keeps those of each version in a folder that is not on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    if not found:
        require(name)
    return found[-1] if found else Path(shutil.which(name) or name)
