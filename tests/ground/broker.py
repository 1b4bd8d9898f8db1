"""Debian's Mosquitto on loopback: a real MQTT broker, and a client that reads what it keeps."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tests.ground.needs import require
from tests.ground.processes import Daemon, connects, free_port
from tests.ground.waiting import wait_until


class Broker:
    """`login` is a user name and password; `tls` the files of certificate and key."""

    def __init__(
        self, folder: Path, login: tuple[str, str] | None = None, tls: tuple[Path, Path] | None = None
    ) -> None:
        require("mosquitto")
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        self.port = free_port()
        lines = [f"listener {self.port} 127.0.0.1", f"allow_anonymous {'false' if login else 'true'}"]
        lines += ["user root", "persistence false"]
        if login:
            passwords = folder / "passwords"
            subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, *login], check=True, capture_output=True)
            lines.append(f"password_file {passwords}")
        if tls:
            lines += [f"certfile {tls[0]}", f"keyfile {tls[1]}"]
        config = folder / "mosquitto.conf"
        config.write_text("\n".join(lines) + "\n")
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self._daemon = Daemon([program, "-c", config], folder / "mosquitto.log", lambda: connects(self.port))

    def __enter__(self) -> Self:
        self._daemon.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._daemon.stop()


class Listener:
    """Subscribes to everything; `got` has what came, by topic. What the broker keeps comes at once."""

    def __init__(self, port: int) -> None:
        self.got: dict[str, bytes] = {}
        self.is_listening = False
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = lambda _, __, message: self.got.update({message.topic: bytes(message.payload)})
        self._client.on_subscribe = lambda *_: setattr(self, "is_listening", True)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._client.subscribe("#")
        wait_until(lambda: self.is_listening)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
