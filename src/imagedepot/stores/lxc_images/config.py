"""LXC's `config` and its companions, as `lxc-create -t local` takes them (lxc.container.conf(5)).

`lxc-create` runs as root and believes its metadata: a `config` may name programs that the host runs (hooks) and
folders of the host that are mounted, a line of `excludes` is options of tar, a line of `templates` a file that sed
writes to. So what an image brings is reduced to what can only shape its own container; the rest is written by us.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from imagedepot.stores.lxc_images.facts import kernel_name

_LONGEST_TEXT = 1 << 16
_INCLUDE = re.compile(
    r"lxc\.include = (?:LXC_TEMPLATE_CONFIG|/usr/share/lxc/config)/([a-z0-9-]+(?:\.[a-z0-9-]+)*\.conf)"
)
_ARCHITECTURE = re.compile(r"lxc\.arch = [a-z0-9_]+")
_HARMLESS = re.compile(
    r"lxc\.(?:"
    r"cap\.drop = [a-z_ ]+"
    r"|tty\.max = [0-9]{1,3}|pty\.max = [0-9]{1,5}|tty\.dir = [a-z]{0,20}"
    r"|signal\.(?:halt|reboot|stop) = SIG[A-Z0-9+]+"
    r"|environment = [A-Za-z_][A-Za-z0-9_]*=[^\0-\x1f]*"
    r"|init\.cmd = /[A-Za-z0-9/._-]+"
    r"|monitor\.unshare = [01]"
    r")"
)
_EXCLUDE = re.compile(r"\./[A-Za-z0-9._/*+@:-]+")
_TEMPLATES = ("/etc/hostname", "/etc/hosts")
_CONTROL = re.compile(r"[^\t\n\x20-\x7e\u00a0-\U0010ffff]")
_MODES = {"config": "common.conf", "config-user": "userns.conf"}


def lxc_metadata(found: Mapping[str, bytes], architecture: str, kinds: Mapping[str, str]) -> dict[str, bytes]:
    """The files of `meta.tar.xz`. `found`: those that the image brought, maybe none; `kinds`: what each path of its
    rootfs is."""
    files = {
        "config": _config(found, architecture, "config"),
        "config-user": _config(found, architecture, "config-user"),
    }
    files["templates"] = _templates(found, kinds)
    for name in ("excludes", "excludes-user"):
        if lines := [line for line in _lines(found, name) if _EXCLUDE.fullmatch(line) and "/.." not in line]:
            files[name] = _joined(lines)
    if message := _CONTROL.sub("", "\n".join(_lines(found, "create-message"))).strip():
        files["create-message"] = f"{message}\n".encode()
    return files


def is_complete(found: Mapping[str, bytes], wanted: Mapping[str, bytes]) -> bool:
    """Whether the image's own files already say the same."""
    relevant = found.keys() - {"expiry", "metadata.yaml"}
    return relevant == wanted.keys() and all(found[each].strip() == wanted[each].strip() for each in relevant)


def _config(found: Mapping[str, bytes], architecture: str, name: str) -> bytes:
    """`lxc-local` prefers the file for this mode and this level (5) of LXC's compatibility."""
    candidates = [f"{name}.5", name]
    lines = next((_lines(found, each) for each in candidates if each in found), [])
    kept: list[str] = []
    for line in (_spaced(line) for line in lines):
        if include := _INCLUDE.fullmatch(line):
            line = f"lxc.include = LXC_TEMPLATE_CONFIG/{include[1]}"
        elif _ARCHITECTURE.fullmatch(line):
            line = _architecture(architecture) if architecture else line
        elif not _HARMLESS.fullmatch(line):
            continue
        if line not in kept:
            kept.append(line)
    common, own = "lxc.include = LXC_TEMPLATE_CONFIG/common.conf", f"lxc.include = LXC_TEMPLATE_CONFIG/{_MODES[name]}"
    if not any(line.startswith("lxc.include") and line.endswith("common.conf") for line in kept):
        kept.insert(0, common)
    if own not in kept and name == "config-user":
        kept.insert(1, own)
    if architecture and not any(line.startswith("lxc.arch") for line in kept):
        kept.append(_architecture(architecture))
    return _joined(kept)


def _architecture(architecture: str) -> str:
    return f"lxc.arch = {kernel_name(architecture)}"


def _templates(found: Mapping[str, bytes], kinds: Mapping[str, str]) -> bytes:
    """Files of the rootfs in which `LXC_NAME` is replaced; only plain files, which no link above leads elsewhere."""
    brought = [line for line in _lines(found, "templates") if kinds.get(line.lstrip("/")) == "file"]
    usual = [path for path in _TEMPLATES if kinds.get(path.lstrip("/")) == "file"]
    return _joined(list(dict.fromkeys(brought or usual)))


def _lines(found: Mapping[str, bytes], name: str) -> list[str]:
    text = found.get(name, b"")[:_LONGEST_TEXT].decode("utf-8", "replace")
    return [line.strip() for line in text.split("\n") if line.strip()] if name != "create-message" else text.split("\n")


def _spaced(line: str) -> str:
    key, equals, value = line.partition("=")
    return f"{key.strip()} = {value.strip()}" if equals else line


def _joined(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
