from __future__ import annotations

import threading
from base64 import b64encode
from pathlib import Path

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.errors import (
    AddressNotAllowed,
    Cancelled,
    ConnectionBroken,
    InvalidAnswer,
    InvalidSetting,
    TimedOut,
    Unavailable,
    UpstreamDenied,
    UpstreamError,
)
from imagedepot.remote.http.address import Address, AddressSource, Zone
from imagedepot.remote.http.connection import dial
from tests.fakes.message import Answer, Gate, Hold, Request
from tests.fakes.redirects import HOSTILE_TARGETS
from tests.remote.clients import read, transport
from tests.remote.scripted import Scripted
from tests.remote.silent import Silent, Trickling

OK = Answer.text(200, "hello")
SECRET = {"Authorization": "Bearer secret"}


def moved(to: str) -> Answer:
    return Answer.of(307, headers=(("Location", to),))


def test_an_answer_comes_back_whole() -> None:
    with Scripted(OK) as server:
        answer = transport().request("GET", server.url + "/x")
        assert (answer.status, answer.read(100), answer.zone) == (200, b"hello", Zone.LOOPBACK)
        assert server.requests[0].request.header("Accept-Encoding") == "identity"
        assert (server.requests[0].request.header("User-Agent") or "").startswith("imagedepot/")


def test_a_longer_answer_than_allowed_is_refused() -> None:
    with Scripted(OK) as server, pytest.raises(UpstreamError, match="more than"):
        transport().request("GET", server.url).read(4)


def test_connections_are_used_again() -> None:
    ports = set()

    def note(request: Request) -> Answer:
        ports.add(threading.get_ident())
        return OK

    with Scripted(note) as server:
        way = transport()
        for _ in range(3):
            way.request("GET", server.url).read(100)
    assert len(ports) == 1


def test_a_connection_that_died_in_the_pool_is_no_failure() -> None:
    dead = Answer.text(200, "x").with_wire(no_answer=True)
    with Scripted(OK, dead, OK) as server:
        way = transport()
        way.request("GET", server.url).read(100)
        assert way.request("GET", server.url).read(100) == b"hello"


@pytest.mark.parametrize("status", [204, 304])
def test_a_body_where_none_may_be_is_not_taken_for_the_next_answer(status: int) -> None:
    odd = Answer.text(status, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
    with Scripted(odd, OK) as server:
        way = transport()
        way.request("GET", server.url).discard()
        assert way.request("GET", server.url).read(100) == b"hello"


def test_a_fresh_connection_that_dies_is_one() -> None:
    with Scripted(OK.with_wire(no_answer=True)) as server, pytest.raises(ConnectionBroken, match="without an answer"):
        transport().request("GET", server.url)
    assert len(server.requests) == 1


def test_credentials_stay_behind_at_another_port() -> None:
    with Scripted(OK) as cdn, Scripted(moved(cdn.url + "/blob")) as server:
        answer = transport().request("GET", server.url, SECRET)
        assert answer.redirected
        assert answer.read(100) == b"hello"
        assert server.requests[0].authorization == "Bearer secret"
        assert cdn.requests[0].authorization is None


def test_credentials_follow_on_the_same_address() -> None:
    with Scripted(moved("/elsewhere"), OK) as server:
        transport().request("GET", server.url, SECRET).discard()
        assert server.requests[1].authorization == "Bearer secret"


def test_credentials_do_not_come_back_after_a_detour() -> None:
    with Scripted(OK) as detour, Scripted(moved(detour.url), OK) as server:
        detour._script = [moved(server.url + "/again")]
        transport().request("GET", server.url, SECRET).discard()
        assert [each.authorization for each in server.requests] == ["Bearer secret", None]


@pytest.mark.parametrize("target", HOSTILE_TARGETS.values(), ids=HOSTILE_TARGETS)
def test_a_redirect_to_where_nobody_may_send_us_is_refused(target: str) -> None:
    with Scripted(moved(target)) as server, pytest.raises(AddressNotAllowed):
        transport().request("GET", server.url)


def test_a_redirect_whose_rest_breaks_off_is_followed() -> None:
    cut = Answer.of(302, b"x" * 100, headers=(("Location", "/next"),)).with_wire(cut_after=60)
    with Scripted(cut, OK) as server:
        assert transport().request("GET", server.url).read(100) == b"hello"


def test_the_rest_of_a_redirect_is_not_waited_for_beyond_the_end_of_the_work() -> None:
    redirect = b"HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 65536\r\n\r\n"
    with Trickling(redirect) as server:
        answer = transport().request("POST", server.url)
        answer.discard()  # would take ten minutes
        with Cancellation(patience=60).within(0.2) as cancellation, pytest.raises(TimedOut):
            transport().request("GET", server.url, cancellation=cancellation)
        for _ in range(2):
            server.reached.acquire()
        cancellation = Cancellation()

        def cancel() -> None:
            server.reached.acquire()
            cancellation.cancel()

        threading.Thread(target=cancel).start()
        with pytest.raises(Cancelled):
            transport().request("GET", server.url, cancellation=cancellation)


def test_redirects_end() -> None:
    with Scripted(moved("/x")) as server, pytest.raises(InvalidAnswer, match="circles"):
        transport().request("GET", server.url + "/x")
    with Scripted(lambda request: moved(request.path + "x")) as server, pytest.raises(InvalidAnswer, match="more than"):
        transport().request("GET", server.url + "/x")


def test_a_public_server_cannot_name_this_host() -> None:
    with Scripted(OK) as server, pytest.raises(AddressNotAllowed):
        transport().request("GET", server.url.replace("http", "https"), given_by=AddressSource("https", Zone.PUBLIC))
    assert not server.requests


def test_a_name_is_judged_by_the_address_that_is_connected_to() -> None:
    with Scripted(OK) as server, pytest.raises(AddressNotAllowed, match="loopback"):
        dial("localhost", server.port, 2.0, frozenset({Zone.PUBLIC}), None)
    assert not server.requests


def test_plain_http_beyond_this_host_needs_a_setting() -> None:
    with pytest.raises(AddressNotAllowed):
        transport().request("GET", "http://192.0.2.1/")


def test_nobody_listening_and_no_such_host_are_distinguished() -> None:
    with Scripted(OK) as server:
        url = server.url
    with pytest.raises(Unavailable, match="refuses the connection"):
        transport().request("GET", url)
    with pytest.raises(Unavailable, match=r"Cannot find the host|the name no-such-host\.invalid cannot be looked up"):
        transport().request("GET", "https://no-such-host.invalid/")


def test_a_silent_server_times_out() -> None:
    with Silent(Gate()) as server, pytest.raises(TimedOut, match="does not answer"):
        transport(silence_seconds=0.2).request("GET", server.url)


def test_a_head_that_trickles_without_an_end_times_out() -> None:
    with Trickling() as server, pytest.raises(TimedOut, match="does not answer"):
        transport(silence_seconds=0.2).request("GET", server.url)


def test_all_redirects_together_have_the_time_of_one_answer() -> None:
    with Trickling() as slow, Scripted(moved(slow.url)) as server, pytest.raises(TimedOut):
        transport(silence_seconds=0.2).request("GET", server.url)


def test_work_with_patience_of_its_own_waits_that_long_for_a_head() -> None:
    gate = Gate()
    with Scripted(OK.with_wire(holds=(Hold(gate),))) as server:
        threading.Timer(0.3, gate.open).start()
        answer = transport(silence_seconds=0.1).request("GET", server.url, cancellation=Cancellation(patience=60))
        assert answer.read(100) == b"hello"


def test_a_deadline_ends_the_wait_for_a_head_and_for_a_body() -> None:
    with Trickling() as server, Cancellation(patience=60).within(0.2) as cancellation, pytest.raises(TimedOut):
        transport().request("GET", server.url, cancellation=cancellation)
    # The body's end is the connection's: one that was cut must not be taken for a whole one.
    with Trickling(b"HTTP/1.0 200 OK\r\n\r\n") as server, Cancellation(patience=60).within(0.5) as cancellation:
        answer = transport().request("GET", server.url, cancellation=cancellation)
        with pytest.raises(TimedOut):
            answer.read(1 << 20)


def test_cancelling_ends_the_reading_of_a_body() -> None:
    cancellation = Cancellation()
    with Trickling(b"HTTP/1.0 200 OK\r\n\r\n") as server:
        answer = transport().request("GET", server.url, cancellation=cancellation)
        threading.Timer(0.1, cancellation.cancel).start()
        with pytest.raises(Cancelled):
            answer.read(1 << 20)


def test_cancelling_ends_the_wait_for_an_answer() -> None:
    gate, cancellation = Gate(), Cancellation()

    def cancel() -> None:
        gate.wait_reached()
        cancellation.cancel()

    with Silent(gate) as server:
        threading.Thread(target=cancel).start()
        with pytest.raises(Cancelled):
            transport(silence_seconds=30.0).request("GET", server.url, cancellation=cancellation)


def test_closing_from_another_thread_ends_a_blocked_read() -> None:
    gate = Gate()
    with Silent(gate, body=b"x" * 100, hold_at=40) as server:
        answer = transport(silence_seconds=30.0).request("GET", server.url)

        def close() -> None:
            gate.wait_reached()
            answer.close()

        threading.Thread(target=close).start()
        with pytest.raises(ConnectionBroken):
            read(answer.body)


def test_silence_in_the_middle_is_a_broken_connection() -> None:
    gate = Gate()
    with Silent(gate, body=b"x" * 100, hold_at=40) as server:
        answer = transport(silence_seconds=0.2).request("GET", server.url)
        buffer = memoryview(bytearray(100))
        assert answer.body.readinto(buffer) == 40, "what has arrived is given at once"
        with pytest.raises(ConnectionBroken, match="silent"):
            answer.body.readinto(buffer)
        answer.close()


def test_an_early_end_is_a_broken_connection() -> None:
    with Scripted(Answer.of(200, b"x" * 100).with_wire(cut_after=60)) as server, pytest.raises(ConnectionBroken):
        read(transport().request("GET", server.url).body)


def test_what_is_not_http_is_said_so() -> None:
    with Silent(Gate(), raw=b"SSH-2.0-OpenSSH_9\r\n") as server, pytest.raises(UpstreamError, match="HTTP"):
        transport().request("GET", server.url)


def test_an_unknown_certificate_is_refused_with_a_way_out(secure: str) -> None:
    with pytest.raises(UpstreamError, match=r"not trusted.*IMAGEDEPOT_CA_BUNDLE"):
        transport().request("GET", secure)


def test_a_bundle_of_ones_own_is_trusted(secure: str, certificate: tuple[Path, Path]) -> None:
    assert transport(ca_bundle=certificate[0]).request("GET", secure).read(9) == b"hello"


def test_a_host_listed_as_insecure_may_have_any_certificate(secure: str) -> None:
    assert transport(insecure=[str(Address.of(secure))]).request("GET", secure).read(9) == b"hello"


def test_a_bundle_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nonsense")
    with Scripted(OK) as server, pytest.raises(InvalidSetting, match="IMAGEDEPOT_CA_BUNDLE"):
        transport(ca_bundle=tmp_path / "ca.pem").request("GET", server.url.replace("http://", "https://"))


def test_a_plain_server_on_the_secure_port_is_said_so() -> None:
    with Silent(Gate(), raw=b"HTTP/1.1 400 Bad Request\r\n\r\n") as server, pytest.raises(UpstreamError, match="https"):
        transport().request("GET", server.url.replace("http://", "https://"))


def test_a_proxy_is_asked_with_the_whole_url_byte_for_byte() -> None:
    with Scripted(OK) as proxy:
        way = transport(environment={"HTTP_PROXY": proxy.url}, insecure=["registry.lan"])
        assert way.request("GET", "http://registry.lan/v2/?a=%2b#part").read(9) == b"hello"
        asked = proxy.requests[0].request
        assert (asked.path, asked.query) == ("http://registry.lan/v2/", "a=%2b")
        assert asked.header("Proxy-Authorization") is None


def with_login(proxy: Scripted) -> dict[str, str]:
    return {"ALL_PROXY": proxy.url.replace("http://", "http://a%20user:p%40ss%3a@")}


PROXY_LOGIN = "Basic " + b64encode(b"a user:p@ss:").decode()


def test_the_login_of_a_proxy_goes_with_a_plain_request() -> None:
    with Scripted(OK) as proxy:
        way = transport(environment=with_login(proxy), insecure=["registry.lan"])
        assert way.request("GET", "http://registry.lan/v2/", SECRET).read(9) == b"hello"
        asked = proxy.requests[0].request
        assert (asked.header("Proxy-Authorization"), proxy.requests[0].authorization) == (PROXY_LOGIN, "Bearer secret")


def test_the_login_of_a_proxy_goes_with_connect_and_a_proxy_that_refuses_a_host_is_named() -> None:
    with Scripted(Answer.text(403, "no")) as proxy:
        way = transport(environment=with_login(proxy))
        with pytest.raises(
            UpstreamDenied, match=f"{proxy.host} does not connect us to registry.example: it answered 403"
        ):
            way.request("GET", "https://registry.example/v2/", SECRET)
        (asked,) = [each.request for each in proxy.requests]
        assert (asked.method, asked.path) == ("CONNECT", "registry.example:443")
        assert (asked.header("Proxy-Authorization"), asked.header("Authorization")) == (PROXY_LOGIN, None)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_a_login_says_so(scheme: str) -> None:
    with Scripted(Answer.text(407, "who are you?")) as proxy:
        environment = {f"{scheme}_proxy": proxy.url}
        way = transport(environment=environment, insecure=["registry.example"])
        with pytest.raises(
            UpstreamDenied, match=f"^The proxy {proxy.host} wants a login: write it into {scheme}_proxy"
        ):
            way.request("GET", f"{scheme}://registry.example/v2/")
        way = transport(environment=with_login(proxy), insecure=["registry.example"])
        with pytest.raises(UpstreamDenied, match=f"^The proxy {proxy.host} rejected the login in ALL_PROXY$"):
            way.request("GET", f"{scheme}://registry.example/v2/")


def test_a_proxy_that_is_not_there_is_named() -> None:
    with Scripted(OK) as proxy:
        url = proxy.url
    with pytest.raises(Unavailable, match=r"^The proxy 127\.0\.0\.1:\d+ refuses the connection$"):
        transport(environment={"HTTPS_PROXY": url}).request("GET", "https://registry.example/")


@pytest.mark.parametrize(
    "target",
    [
        "/blob?Signature=ab%2bcd%3d&x=~%7E;a'b(c)[d]",
        "/a/%2e%2e/b/../c//d?x",
        "/blob?a=b?c=/../d",
        "/%E4%bd%a0",
    ],
)
def test_the_bytes_of_a_redirect_go_onto_the_wire_as_they_are(target: str) -> None:
    with Scripted(OK) as cdn, Scripted(moved(cdn.url + target)) as server:
        transport().request("GET", server.url + target).discard()
        for each in (server, cdn):
            asked = each.requests[0].request
            assert f"{asked.path}?{asked.query}".rstrip("?") == target.rstrip("?")


def test_a_redirect_without_a_host_leads_to_the_same_bytes_too() -> None:
    with Scripted(moved("/next?Signature=ab%2bcd%3d"), OK) as server:
        transport().request("GET", server.url + "/first").discard()
        assert server.requests[1].request.query == "Signature=ab%2bcd%3d"


def test_letters_of_any_script_in_an_address_are_written_as_utf_8() -> None:
    def elsewhere(request: Request) -> Answer:
        return moved("/ä b".encode().decode("latin-1"))  # as a server sends UTF-8 in a header

    with Scripted(elsewhere, OK) as server:
        transport().request("GET", server.url + "/ü").discard()
        assert [each.path for each in server.requests] == ["/%C3%BC", "/%C3%A4%20b"]
