"""Debian's docker-registry on loopback: the real one that tests push to and pull from."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.ground.processes import Daemon, connects, free_port

_CONFIG = """version: 0.1
log: {{accesslog: {{disabled: true}}, level: error}}
storage: {{filesystem: {{rootdirectory: {folder}}}, delete: {{enabled: true}}}}
http:
  addr: 127.0.0.1:{port}
{http}
{auth}
{proxy}
"""


class DockerRegistry:
    """`htpasswd`: the path of a file with bcrypt hashes, for Basic; `tls`: paths of a certificate and its key.

    With `mirrors` it is a pull-through cache of the registry at that address. `program` may be a later version's.
    """

    def __init__(
        self,
        folder: Path,
        htpasswd: Path | None = None,
        tls: tuple[Path, Path] | None = None,
        mirrors: str = "",
        program: str = "docker-registry",
    ) -> None:
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.host}"
        self.data = folder / "data"
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "config.yml"
        http = f"  tls: {{certificate: {tls[0]}, key: {tls[1]}}}" if tls else ""
        auth = f"auth: {{htpasswd: {{realm: lab, path: {htpasswd}}}}}" if htpasswd else ""
        proxy = f"proxy: {{remoteurl: '{mirrors}'}}" if mirrors else ""
        config.write_text(_CONFIG.format(folder=self.data, port=self.port, http=http, auth=auth, proxy=proxy))
        self.daemon = Daemon([program, "serve", config], folder / "registry.log", lambda: connects(self.port))

    def start(self) -> DockerRegistry:
        self.daemon.start()
        return self

    def empty(self) -> None:
        """Forget every repository; it keeps nothing of them in its memory."""
        shutil.rmtree(self.data / "docker/registry/v2/repositories", ignore_errors=True)

    def stop(self) -> None:
        self.daemon.stop()
