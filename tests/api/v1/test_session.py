from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.api.conftest import PASSWORD
from tests.api.face import Answered, Face


def cookies_of(answered: Answered) -> dict[str, str]:
    return dict(re.findall(r"(imagedepot_\w+)=([^;]*)", answered.headers["set-cookie"]))


WHEN = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def test_with_no_user_everybody_is_the_administrator_whatever_is_sent(face: Face) -> None:
    for answered in (
        face.call("POST", "/login", b"username=admin&password=admin"),
        face.call("POST", "/login", b"{nonsense"),
        face.call("POST", "/login"),
        face.call("GET", "/login_refresh"),
    ):
        assert answered.status == 200
        told = answered.json
        assert WHEN.fullmatch(told.pop("logintime"))
        assert told == {"anonymous": True, "isAdmin": True, "username": "Anonymous"}
        assert "set-cookie" not in answered.headers
    assert face.call("PUT", "/logout").json == {"username": "Anonymous"}


@pytest.mark.parametrize("form", [True, False])
def test_a_form_and_json_log_in_alike(guarded: Face, form: bool) -> None:
    told = {"username": "ada", "password": PASSWORD}
    answered = guarded.call("POST", "/login", urlencode(told).encode() if form else told)
    assert answered.status == 200
    assert {**answered.json, "logintime": ""} == {
        "anonymous": False,
        "isAdmin": True,
        "logintime": "",
        "username": "ada",
    }
    given = answered.headers["set-cookie"].split(", imagedepot_")
    assert [cookie.removeprefix("imagedepot_").partition("=")[0] for cookie in given] == ["session", "browser"]
    for cookie in given:
        assert {"httponly", "samesite=lax", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
        assert "secure" not in cookie.lower()


def test_wrong_user_and_wrong_password_are_one_sentence(changing: Face) -> None:
    wrong = changing.call("POST", "/login", {"username": "ada", "password": "not hers at all"})
    unknown = changing.call("POST", "/login", {"username": "zoe", "password": PASSWORD})
    assert wrong.status == unknown.status == 401
    assert wrong.message == unknown.message == "Wrong user name or password"


def test_too_many_tries_have_to_wait(changing: Face) -> None:
    for _ in range(20):
        answered = changing.call("POST", "/login", {"username": "ada", "password": "wrong wrong"})
        if answered.status == 429:
            break
    assert answered.status == 429
    assert int(answered.headers["retry-after"]) > 0
    assert changing.call("POST", "/login", {"username": "ada", "password": PASSWORD}).status == 429


def test_who_has_logged_in_before_gets_in_whatever_others_try(changing: Face) -> None:
    """From one and the same address, as behind a proxy that does not say whom it speaks for."""
    ada = {"username": "ada", "password": PASSWORD}
    given = cookies_of(changing.call("POST", "/login", ada))
    while changing.call("POST", "/login", {"username": "ada", "password": "wrong wrong"}).status != 429:
        pass
    assert changing.call("POST", "/login", {"username": "bob", "password": PASSWORD}).status == 200
    known = f"imagedepot_browser={given['imagedepot_browser']}"
    assert changing.call("POST", "/login", ada, {"Cookie": known}).status == 200
    assert changing.call("GET", "/image", headers={"Cookie": known}).status == 401, "it is no session"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"username": "ada"}',
        b'{"username": "ada", "password": 7}',
        b"just words",
        b"\xff",
        b'{"a":' + b"[" * 5000,
    ],
)
def test_a_login_without_its_parts_is_bad_input(guarded: Face, body: bytes) -> None:
    assert guarded.call("POST", "/login", body).status == 400


def test_a_session_is_renewed_and_ends_at_logout(guarded: Face) -> None:
    began = guarded.log_in("ada", PASSWORD).json
    renewed = guarded.call("GET", "/login_refresh")
    assert renewed.json == began
    assert renewed.headers["set-cookie"].startswith(guarded.cookie)
    out = guarded.call("PUT", "/logout")
    assert out.json == {"username": "ada"}
    assert "max-age=0" in out.headers["set-cookie"].lower()
    assert guarded.call("GET", "/login_refresh").status == 401
    assert guarded.call("PUT", "/logout").status == 401


def test_sessions_are_listed_and_ended(changing: Face) -> None:
    changing.log_in("bob", PASSWORD)
    bobs = changing.cookie
    (own,) = changing.get("/sessions")
    assert (own["username"], own["current"]) == ("bob", True)
    changing.log_in("ada", PASSWORD)
    rows = {row["username"]: row for row in changing.get("/sessions")}
    assert (rows["ada"]["current"], rows["bob"]["current"]) == (True, False)
    changing.cookie = bobs
    assert changing.call("DELETE", f"/sessions/{rows['ada']['id']}").status == 404
    assert changing.call("DELETE", f"/sessions/{own['id']}").json == {}
    assert changing.call("GET", "/sessions").status == 401
    changing.log_in("ada", PASSWORD)
    assert changing.call("DELETE", "/sessions/0123456789abcdef").message == "There is no session 0123456789abcdef"


def test_without_a_user_there_are_no_sessions(face: Face) -> None:
    assert face.get("/sessions") == []


def test_other_cookies_of_this_host_do_no_harm(guarded: Face) -> None:
    guarded.log_in("ada", PASSWORD)
    crowd = {"Cookie": f'a=b; strange cookie; ={{"x": 1}}; {guarded.cookie}; last="'}
    assert guarded.call("GET", "/login_refresh", headers=crowd).json["username"] == "ada"


def test_a_removed_user_is_out_at_once(changing: Face) -> None:
    changing.log_in("bob", PASSWORD)
    changing.services.access.remove("bob")
    assert changing.call("GET", "/image").status == 401


def test_a_user_changes_their_own_password_and_tells_the_current_one(changing: Face) -> None:
    changing.log_in("bob", PASSWORD)
    wanted = {"password": "another one", "current_password": PASSWORD}
    for path, told in [
        ("/users/ada", wanted),
        ("/users/bob", {**wanted, "is_admin": True}),
        ("/users/bob", {**wanted, "current_password": "a guess"}),
        ("/users/bob", {"current_password": PASSWORD}),
    ]:
        assert changing.call("PATCH", path, told).status == 403, told
    assert changing.call("PATCH", "/users/bob", {"password": "another one"}).status == 400
    assert changing.call("PATCH", "/users/bob", {**wanted, "password": "short"}).status == 400
    assert changing.call("PATCH", "/users/bob", wanted).json["is_admin"] is False
    assert changing.call("GET", "/image").status == 401
    assert changing.log_in("bob", "another one").status == 200


def test_an_administrator_who_tells_a_current_password_has_to_tell_the_right_one(changing: Face) -> None:
    changing.log_in("ada", PASSWORD)
    wanted = {"password": "another one", "current_password": "a guess"}
    for told in (wanted, {**wanted, "is_admin": True}, {**wanted, "more": 1}):
        assert changing.call("PATCH", "/users/ada", told).status == 403, told
    assert changing.call("PATCH", "/users/ada", {**wanted, "current_password": PASSWORD}).status == 200
    assert changing.log_in("ada", "another one").status == 200


def test_who_guesses_the_current_password_has_to_wait(changing: Face) -> None:
    changing.log_in("bob", PASSWORD)
    guess = {"password": "another one", "current_password": "a guess"}
    answers = [changing.call("PATCH", "/users/bob", guess).status for _ in range(6)]
    assert answers == [403, 403, 403, 403, 403, 429]


def test_the_first_user_closes_the_door_behind_the_welcome_page(tmp_path: Path) -> None:
    with Face(tmp_path / "data") as fresh:
        row = fresh.post("/users", {"username": "ada", "password": PASSWORD, "is_admin": False})
        assert (row["username"], row["is_admin"]) == ("ada", True)
        assert fresh.call("GET", "/image").status == 401
        assert fresh.log_in("ada", PASSWORD).json["isAdmin"] is True
        assert fresh.call("GET", "/image").status == 200
        changed = fresh.call("PATCH", "/users/ada", {"password": "another one"})
        assert changed.status == 200
        assert fresh.call("GET", "/image").status == 401  # a new password ends the sessions
        fresh.log_in("ada", "another one")
        assert fresh.call("DELETE", "/users/ada").status == 409
        assert fresh.call("PATCH", "/users/ada", {"is_admin": False}).status == 409
        assert fresh.call("POST", "/users", {"username": "ada", "password": PASSWORD}).status == 409
        assert fresh.call("POST", "/users", {"username": "bob", "password": "short"}).status == 400
        assert [each["username"] for each in fresh.get("/users")] == ["ada"]
