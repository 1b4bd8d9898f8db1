from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from imagedepot.config import Address
from imagedepot.errors import Conflict, InvalidSetting
from imagedepot.files.locks import CONTROL_SOCKET
from imagedepot.server.sockets import control_socket, listening, shown, tls
from tests.ground.processes import connects, free_port


def test_a_port_in_use_is_a_conflict_that_names_the_setting() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = Address("127.0.0.1", other.getsockname()[1])
        with (
            pytest.raises(Conflict, match=f"{address}: another program uses this port .IMAGEDEPOT_LISTEN"),
            listening(address),
        ):
            pass


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1"])
def test_an_address_that_is_not_this_machines_is_a_wrong_setting(host: str) -> None:
    with pytest.raises(InvalidSetting, match="IMAGEDEPOT_LISTEN: "), listening(Address(host, free_port())):
        pass


def test_localhost_is_every_address_that_it_stands_for() -> None:
    address = Address("localhost", free_port())
    with listening(address) as sockets:
        assert connects(address.port)
        urls = shown(address, sockets, secure=False)
    assert f"http://127.0.0.1:{address.port}" in urls
    assert not connects(address.port)


def test_addresses_are_shown_as_people_open_them() -> None:
    with listening(Address("127.0.0.1", free_port())) as sockets:
        assert shown(Address("127.0.0.1", 8443), sockets, secure=True) == "https://127.0.0.1:8443"


def test_the_control_socket_is_its_owners_alone_from_the_first_moment_and_goes_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / CONTROL_SOCKET
    with control_socket(tmp_path) as opened:
        mode = path.stat().st_mode
        assert stat.S_ISSOCK(mode)
        assert stat.S_IMODE(mode) == 0o600
        assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
        assert connects(path)
    assert not path.exists()


def test_what_a_killed_service_left_is_replaced(tmp_path: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / CONTROL_SOCKET))
    left.close()
    with control_socket(tmp_path):
        assert connects(tmp_path / CONTROL_SOCKET)


def test_the_folder_may_lie_deeper_than_a_sockets_path_is_long(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 100) / ("b" * 100)
    deep.mkdir(parents=True)
    with control_socket(deep):
        assert stat.S_ISSOCK((deep / CONTROL_SOCKET).stat().st_mode)


def test_a_certificate_that_is_none_is_a_wrong_setting(tmp_path: Path) -> None:
    file = tmp_path / "x.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    with pytest.raises(InvalidSetting, match=f"IMAGEDEPOT_TLS_CERT: {file} and the key {file} cannot be used together"):
        tls(file, file)
