"""References as people paste them: a line for another tool, a registry's URL, the page of an image on a web site.

Pages are read by their address alone; nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, unquote

from imagedepot.errors import InvalidReference

_TOOLS = r"(?:[$#]\s+)?(?:sudo\s+)?(?:docker|podman|nerdctl|crictl|imagedepot)\s+"
_PULL = re.compile(rf"{_TOOLS}(?:image\s+)?pull\s+(\S+)")
_COMMAND = re.compile(rf"{_TOOLS}[a-z-]+(?:\s.*)?", re.DOTALL)
_SCHEME = re.compile(r"(docker|docker-daemon|containers-storage|https?)://", re.IGNORECASE)
_PATH_DIGEST = re.compile(r"(sha256|sha512)-([0-9a-f]+)")
_LONGEST = 4096

Query = dict[str, list[str]]


def as_reference(text: str) -> str:
    """The reference that a pasted `text` stands for; any other text itself, without blanks around it.

    The result still has to be parsed. Raises `InvalidReference` for a text that names no image, or several.
    """
    if len(text) > _LONGEST:
        return text
    plain = text.strip()
    pull = _PULL.fullmatch(plain)
    if pull:
        plain = pull[1]
    elif _COMMAND.fullmatch(plain):
        raise InvalidReference(f"Write the name of the image alone, such as redis:7, not a command: {plain[:300]!r}")
    scheme = _SCHEME.match(plain)
    address = plain[scheme.end() :] if scheme else plain
    is_url = scheme is not None and scheme[1].lower().startswith("http")
    path, _, query = address.partition("#")[0].partition("?")
    host, *parts = [unquote(part) for part in path.split("/")]
    parts, host = [part for part in parts if part], host.lower()
    page = _PAGES.get(host)
    found = page(parts, parse_qs(query)) if page is not None and parts else None
    if found == "" or (found is None and is_url and not parts):
        raise InvalidReference(f"Not the page of one image: {plain[:300]!r}; write the image's name, such as redis:7")
    if found is not None:
        return found
    return _at_registry(host, parts) if is_url else address


def _at_registry(host: str, parts: list[str]) -> str:
    """A URL with a registry's host: the reference itself, the API's address of a manifest, or a page of Gitea."""
    match parts:
        case ["v2", *name, "manifests", version] if name:
            return _versioned("/".join((host, *name)), version)
        case [owner, "-", "packages", "container", name, *rest]:
            return _versioned(f"{host}/{owner}/{name}", rest[0] if rest else "")
    return "/".join((host, *parts))


def _docker_hub(parts: list[str], query: Query) -> str:
    """`/r/OWNER/NAME[/tags]`, `/_/NAME`, `/repository/docker/OWNER/NAME`, `/layers/OWNER/NAME/TAG/images/DIGEST`."""
    tag = query.get("name", [""])[0] if "tags" in parts else ""
    match parts:
        case ["_", name, *_]:
            return _versioned(name, tag)
        case ["r", owner, name, *_] | ["repository", "docker", owner, name, *_]:
            return _versioned(f"{owner}/{name}", tag)
        case ["layers", owner, name, version, *_]:
            return _versioned(f"{owner}/{name}", version)
    return ""


def _github(parts: list[str], query: Query) -> str:
    """A package's page, below its repository or below its owner."""
    tag = query.get("tag", [""])[0]
    match parts:
        case [owner, _, "pkgs", "container", name, *_] | ["orgs" | "users", owner, "packages", _, _, name, *_]:
            return _versioned(f"ghcr.io/{owner}/{name}".lower(), tag)
    return ""


def _quay(parts: list[str], _: Query) -> str | None:
    """`/repository/OWNER/NAME[/manifest/DIGEST]`; anything else is a reference as it stands."""
    match parts:
        case ["repository", owner, name, "manifest" | "tag", version, *_]:
            return _versioned(f"quay.io/{owner}/{name}", version)
        case ["repository", owner, name, *_]:
            return f"quay.io/{owner}/{name}"
        case ["repository" | "organization" | "user" | "search", *_]:
            return ""
    return None


def _ecr_gallery(parts: list[str], _: Query) -> str:
    return "/".join(("public.ecr.aws", *parts)) if len(parts) >= 2 else ""


def _microsoft(parts: list[str], _: Query) -> str | None:
    """`/en-us/artifact/mar/dotnet/runtime/about`; anything else is a reference as it stands."""
    match parts:
        case [_, "artifact", "mar", *name] | [_, "product", *name] if name:
            return "/".join(("mcr.microsoft.com", *(name[:-1] if name[-1] in ("about", "tags") else name)))
    return None


def _versioned(name: str, version: str) -> str:
    """The name with a tag or a digest (which addresses also write as `sha256-…`)."""
    version = _PATH_DIGEST.sub(r"\1:\2", version)
    if not version:
        return name
    return f"{name}{'@' if ':' in version else ':'}{version}"


# "" where the page is not that of one image; None where the address is a reference of the registry itself.
_PAGES: dict[str, Callable[[list[str], Query], str | None]] = {
    "hub.docker.com": _docker_hub,
    "github.com": _github,
    "quay.io": _quay,
    "gallery.ecr.aws": _ecr_gallery,
    "mcr.microsoft.com": _microsoft,
}
