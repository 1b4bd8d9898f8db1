"""npm's `oidc-provider` as a process: the identity provider of the tests."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from tests.ground.needs import require
from tests.ground.processes import Daemon, connects, free_port

_SCRIPT = Path(__file__).with_name("openid_provider.mjs")
_MODULES = Path(__file__).parents[2] / "web/node_modules"


class OpenIdProvider:
    """For the client `imagedepot`, which it sends back to `redirect_uri`; a public one where `secret` is ""."""

    def __init__(self, folder: Path, redirect_uri: str, secret: str) -> None:
        require("node")
        assert (_MODULES / "oidc-provider").is_dir(), "npm ci has not been run in web/"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command: list[str | Path] = ["node", _SCRIPT, str(self.port), redirect_uri, secret, _MODULES]
        self._daemon = Daemon(command, folder / "openid.log", lambda: connects(self.port))

    def __enter__(self) -> Self:
        self._daemon.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._daemon.stop()
