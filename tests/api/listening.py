"""The service of a `Face` behind our server, on a real socket: for what lies between a client and the application."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from imagedepot.app import build
from imagedepot.server.connections import Connections
from imagedepot.server.http_server import HttpServer
from tests.api.face import Face
from tests.ground.waiting import wait_until


@contextmanager
def listening(face: Face) -> Iterator[int]:
    """The port on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = HttpServer(build(face.services), Connections(256, 256), trusts_proxy=True)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        wait_until(lambda: server.started)
        try:
            yield listener.getsockname()[1]
        finally:
            face.services.feed.close()
            server.should_exit = True
            thread.join(30)
