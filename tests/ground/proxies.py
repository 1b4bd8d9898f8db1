"""nginx and HAProxy in front of a service, with the very examples of the documentation."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from pathlib import Path

from imagedepot.server.tls.authority import Authority
from tests.ground.needs import require
from tests.ground.processes import Daemon, connects, free_port

_PAGE = Path(__file__).parent.parent.parent / "docs/reverse-proxy.md"
_AROUND_NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 200; }}
http {{
access_log off;
client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
{example}
}}
"""


def example(language: str) -> str:
    """The code block of that language."""
    found = re.search(rf"^```{language}\n(.*?)^```", _PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert found, f"{_PAGE.name} has no example for {language}"
    return found[1]


class Proxy:
    """`kind` is nginx or haproxy; it listens with TLS on `port` of loopback, and passes on to `service_port`.

    `block` is the example that it runs, if not the first one; `more` are further texts of it, and what stands here.
    """

    def __init__(
        self, kind: str, folder: Path, service_port: int, block: str = "", more: Mapping[str, str] | None = None
    ) -> None:
        require(kind)
        folder.mkdir()
        self.port = free_port()
        authority = Authority(folder)
        authority.init(["nas.example.org"])
        both = folder / "both.pem"
        both.write_bytes(authority.server_certificate.read_bytes() + authority.server_key.read_bytes())
        self.context = ssl.create_default_context(cafile=authority.certificate)
        text = example(block or kind)
        for shown, here in (
            ("/etc/ssl/nas-and-key.pem", str(both)),
            ("/etc/ssl/nas.pem", str(authority.server_certificate)),
            ("/etc/ssl/nas.key", str(authority.server_key)),
            ("listen 443", f"listen 127.0.0.1:{self.port}"),
            ("bind :443", f"bind 127.0.0.1:{self.port}"),
            ("127.0.0.1:8080", f"127.0.0.1:{service_port}"),
            *(more or {}).items(),
        ):
            text = text.replace(shown, here)
        config = folder / f"{kind}.conf"
        config.write_text(_AROUND_NGINX.format(folder=folder, example=text) if kind == "nginx" else text)
        options: list[str | Path] = ["-c"] if kind == "nginx" else ["-db", "-f"]
        self._daemon = Daemon([kind, *options, config], folder / "proxy.log", lambda: connects(self.port))

    def start(self) -> Proxy:
        self._daemon.start()
        return self

    def stop(self) -> None:
        self._daemon.stop()
