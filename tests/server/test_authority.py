"""The authority of our own, judged by OpenSSL and by Python's own clients."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from imagedepot.errors import Conflict, InvalidInput, NotFound
from imagedepot.server.tls.authority import Authority
from imagedepot.server.tls.certificate import ServedCertificate
from imagedepot.wiring.served.host_names import host_names, lan_names
from tests.ground.needs import require

HOST = ["nas", "nas.lan", "192.168.1.5", "localhost", "127.0.0.1", "::1"]


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def authority(tmp_path: Path, clock: Clock) -> Authority:
    return Authority(tmp_path, clock, lambda: HOST)


def shown_to(context: ssl.SSLContext, trusted: Path, name: str) -> str:
    """The serial number that a client which trusts `trusted` sees in a handshake; it checks `name` as usual."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with ours:
            try:
                context.wrap_socket(ours, server_side=True).close()
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    client = ssl.create_default_context(cafile=str(trusted))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    try:
        with theirs, client.wrap_socket(theirs, server_hostname=name) as connection:
            found = connection.getpeercert()
            assert found is not None
            return str(found["serialNumber"])
    finally:
        thread.join()


def test_clients_that_trust_the_authority_take_every_name_of_the_host_and_no_other(
    authority: Authority, clock: Clock
) -> None:
    made, server = authority.init(["depot.example", "10.0.0.9"])
    assert (made.ends - clock.now).days in (3651, 3652)
    assert (server.ends - clock.now).days in (364, 365)
    served = ServedCertificate(authority.server_certificate, authority.server_key, authority)
    for name in [*HOST, "depot.example", "10.0.0.9"]:
        assert shown_to(served.context, authority.certificate, name)
    for name in ("other.example", "10.0.0.10"):
        with pytest.raises(ssl.SSLCertVerificationError):
            shown_to(served.context, authority.certificate, name)


def test_openssl_finds_the_chain_in_order(authority: Authority) -> None:
    require("openssl")
    authority.init()
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile"]
    files = [authority.certificate, authority.server_certificate]
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_keys_are_for_their_owner_alone(authority: Authority, tmp_path: Path) -> None:
    authority.init()
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "tls").iterdir()}
    assert modes["authority.key"] == modes["server.key"] == 0o600
    assert (tmp_path / "tls").stat().st_mode & 0o777 == 0o700


def test_a_second_authority_is_not_made_over_the_first(authority: Authority) -> None:
    authority.init()
    before = authority.certificate.read_bytes()
    with pytest.raises(Conflict):
        authority.init()
    assert authority.certificate.read_bytes() == before


def test_without_one_there_is_nothing_to_renew_or_show(authority: Authority) -> None:
    for call in (authority.renew, authority.show):
        with pytest.raises(NotFound, match="tls init"):
            call()
    assert not authority.renew_if_due()


@pytest.mark.parametrize("name", ["", "a b", "http://x", "x:80", "münchen", "*.x.*", "a" * 254, "a/b"])
def test_what_is_no_name_of_a_host_is_refused(authority: Authority, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput):
        authority.init([name])
    assert not authority.certificate.exists()


def test_a_renewal_keeps_key_authority_and_the_names_that_were_given(authority: Authority, clock: Clock) -> None:
    made, first = authority.init(["depot.example"])
    key = authority.server_key.read_bytes()
    clock.now += timedelta(days=300)
    second = authority.renew(["other.example"])
    assert {"depot.example", "other.example", *HOST} == set(second.names)
    assert (second.ends - first.ends).days == 300
    assert authority.server_key.read_bytes() == key
    assert authority.show()[0] == made


def test_it_is_renewed_by_itself_in_its_last_month_and_never_outlives_the_authority(
    authority: Authority, clock: Clock
) -> None:
    made, _ = authority.init()
    clock.now += timedelta(days=330)
    assert not authority.renew_if_due()
    clock.now += timedelta(days=10)
    assert authority.renew_if_due()
    clock.now = made.ends - timedelta(days=100)
    assert authority.renew().ends == made.ends
    clock.now = made.ends + timedelta(days=1)
    with pytest.raises(Conflict, match="has expired"):
        authority.renew()


def test_a_certificate_that_ends_with_its_authority_is_not_renewed_again(authority: Authority, clock: Clock) -> None:
    made, _ = authority.init()
    clock.now = made.ends - timedelta(days=20)
    assert authority.renew_if_due()
    assert not authority.renew_if_due()
    clock.now = made.ends - timedelta(minutes=1)
    assert not authority.renew_if_due()


def test_an_authority_that_has_ended_is_logged_once(
    authority: Authority, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    made, _ = authority.init()
    served = ServedCertificate(authority.server_certificate, authority.server_key, authority)
    clock.now = made.ends + timedelta(days=1)
    for _ in range(3):
        served.look()
    assert [each.levelname for each in caplog.records] == ["WARNING"]
    assert "The authority has expired" in caplog.text


def test_a_service_shows_a_renewed_certificate_without_a_restart(authority: Authority, clock: Clock) -> None:
    today = clock.now
    clock.now -= timedelta(days=350)
    authority.init()
    served = ServedCertificate(authority.server_certificate, authority.server_key, authority)
    before = shown_to(served.context, authority.certificate, "nas")
    assert not served.look()
    authority.renew()
    assert served.look()
    renewed = shown_to(served.context, authority.certificate, "nas")
    clock.now = today
    assert served.look()  # by itself, in time
    assert len({before, renewed, shown_to(served.context, authority.certificate, "nas")}) == 3


def test_a_service_goes_on_with_its_certificate_when_the_new_one_does_not_fit(
    authority: Authority, tmp_path: Path
) -> None:
    authority.init()
    served = ServedCertificate(authority.server_certificate, authority.server_key, Authority(tmp_path / "no"))
    before = shown_to(served.context, authority.certificate, "nas")
    other = Authority(tmp_path / "other", host=lambda: HOST)
    other.init()
    authority.server_certificate.write_bytes(other.server_certificate.read_bytes())  # its key is yet to come
    assert not served.look()
    assert shown_to(served.context, authority.certificate, "nas") == before
    authority.server_key.write_bytes(other.server_key.read_bytes())
    assert served.look()
    assert shown_to(served.context, other.certificate, "nas") != before


def test_the_names_of_this_host_are_its_own_and_its_addresses(tmp_path: Path) -> None:
    routes = "".join(f"  |-- {each}\n     /32 host LOCAL\n" for each in ("192.168.7.9", "127.0.0.1"))
    links = "".join(f"{each} 02 40 00 80 eth0\n" for each in ("fd000000000000000000000000000001", f"fe80{'0' * 28}"))
    (tmp_path / "fib_trie").write_text(f"Local:\n{routes}")
    (tmp_path / "if_inet6").write_text(links)
    names = host_names(tmp_path)
    assert names[-3:] == ["localhost", "127.0.0.1", "::1"]
    assert [each for each in names[:-3] if each[0].isdigit() or ":" in each] == ["192.168.7.9", "fd00::1"]


def test_bridges_of_containers_are_no_address_of_the_lan(tmp_path: Path) -> None:
    addresses = ("192.168.7.9", "172.17.0.1", "172.18.0.1", "10.0.3.1", "127.0.0.1")
    (tmp_path / "fib_trie").write_text("".join(f"  |-- {each}\n     /32 host LOCAL\n" for each in addresses))
    rows = [
        ("Iface", "Destination", "Mask"),
        ("br0", "00000000", "00000000"),  # the LAN itself may be a bridge
        ("br0", "0007A8C0", "00FFFFFF"),
        ("docker0", "000011AC", "0000FFFF"),
        ("br-0123456789ab", "000012AC", "0000FFFF"),
        ("lxcbr0", "0003000A", "00FFFFFF"),
    ]
    lines = (f"{device}\t{base}\t0\t0\t0\t0\t0\t{mask}\t0\t0\t0" for device, base, mask in rows)
    (tmp_path / "route").write_text("\n".join(lines))
    (tmp_path / "if_inet6").write_text(
        "fd000000000000000000000000000001 02 40 00 80     br0\nfd00d0c0000000000000000000000001 03 40 00 80 docker0\n"
    )
    names = lan_names(tmp_path)
    assert [each for each in names if each[0].isdigit() or ":" in each] == ["192.168.7.9", "fd00::1"]
    assert "localhost" not in names
