"""What an image may say in its `config`, and what it may not: `lxc-create` runs as root and believes it."""

from __future__ import annotations

import pytest

from imagedepot.stores.lxc_images.config import is_complete, lxc_metadata

ROOT = {"etc": "folder", "etc/hostname": "file", "etc/hosts": "link", "srv/app": "file"}


def lines(found: dict[str, bytes], name: str = "config", architecture: str = "amd64") -> list[str]:
    return lxc_metadata(found, architecture, ROOT).get(name, b"").decode().splitlines()


def test_what_an_image_lacks_is_written_for_it() -> None:
    common = "lxc.include = LXC_TEMPLATE_CONFIG/common.conf"
    assert lines({}) == [common, "lxc.arch = x86_64"]
    assert lines({}, "config-user") == [common, "lxc.include = LXC_TEMPLATE_CONFIG/userns.conf", "lxc.arch = x86_64"]
    assert lines({}, architecture="armhf")[-1] == "lxc.arch = armv7l"
    assert lines({}, architecture="") == [common]


@pytest.mark.parametrize(
    "line",
    [
        "lxc.hook.pre-start = /bin/evil",
        "lxc.hook.autodev=/bin/evil",
        "lxc.mount.entry = / mnt none bind 0 0",
        "lxc.mount.fstab = /etc/fstab",
        "lxc.rootfs.path = /",
        "lxc.include = /etc/passwd",
        "lxc.include = LXC_TEMPLATE_CONFIG/../../../tmp/evil.conf",
        "lxc.include = LXC_HOOK_DIR/evil.conf",
        "lxc.cap.drop =",
        "lxc.cap.keep = sys_admin",
        "lxc.apparmor.profile = unconfined",
        "lxc.cgroup.devices.allow = a",
        "lxc.net.0.script.up = /bin/evil",
        "lxc.log.file = /etc/passwd",
        "lxc.environment = A=1\x00lxc.hook.start = /bin/evil",
        "just words",
    ],
)
def test_what_could_touch_the_host_is_left_out(line: str) -> None:
    assert lines({"config": f"{line}\nlxc.tty.max = 4\n".encode()})[1:-1] == ["lxc.tty.max = 4"]


def test_what_shapes_the_container_alone_is_kept() -> None:
    raw = (
        "# a comment\nlxc.include = /usr/share/lxc/config/common.conf\nlxc.include=LXC_TEMPLATE_CONFIG/nesting.conf\n"
        "lxc.arch = i686\nlxc.cap.drop = sys_nice audit_write\nlxc.environment = TERM=xterm\nlxc.signal.halt=SIGPWR\n"
    )
    assert lines({"config": raw.encode()}) == [
        "lxc.include = LXC_TEMPLATE_CONFIG/common.conf",
        "lxc.include = LXC_TEMPLATE_CONFIG/nesting.conf",
        "lxc.arch = x86_64",
        "lxc.cap.drop = sys_nice audit_write",
        "lxc.environment = TERM=xterm",
        "lxc.signal.halt = SIGPWR",
    ]


def test_the_file_for_todays_lxc_wins() -> None:
    assert "lxc.tty.max = 5" in lines({"config": b"lxc.tty.max = 4\n", "config.5": b"lxc.tty.max = 5\n"})


def test_excludes_are_no_options_of_tar() -> None:
    raw = b"./dev/*\n./x --to-command=/bin/evil\n--checkpoint-action=exec=evil\n./../../etc\n/etc\n$(evil)\n"
    assert lines({"excludes-user": raw}, "excludes-user") == ["./dev/*"]


def test_templates_are_plain_files_of_the_rootfs() -> None:
    raw = b"/../../etc/passwd\n/etc/hosts\n/etc/../etc/hostname\n/srv/app\n/absent\n"
    assert lines({"templates": raw}, "templates") == ["/srv/app"]
    assert lines({}, "templates") == ["/etc/hostname"]


def test_a_message_cannot_write_to_the_terminal_what_is_no_text() -> None:
    assert lines({"create-message": b"Hello\n\x1b[2Jworld\r\x07\n"}, "create-message") == ["Hello", "[2Jworld"]


def test_it_is_complete_when_nothing_would_change() -> None:
    wanted = lxc_metadata({}, "amd64", ROOT)
    assert is_complete({**wanted, "expiry": b"1"}, wanted)
    assert not is_complete({**wanted, "config": b"lxc.hook.start = /x\n"}, wanted)
    assert not is_complete({"config": wanted["config"]}, wanted)
