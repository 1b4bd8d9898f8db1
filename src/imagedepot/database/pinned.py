"""Requests, resolved images, parts and remedies as JSON, so that a download is picked up after a restart.

Reading anything else raises `ValueError`, `KeyError`, `TypeError`, `AttributeError` or `InvalidReference`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from imagedepot.files import stored_json
from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.depot import DepotId, try_depot_id
from imagedepot.model.digest import Digest
from imagedepot.model.download import NO_REMEDY, Part, PartStatus, Remedy
from imagedepot.model.image import (
    ImageRequest,
    ImageType,
    Remark,
    RemoteFile,
    Resolved,
    ResolvedLxc,
    ResolvedOci,
)
from imagedepot.model.names.reference import Reference
from imagedepot.model.platform import Platform
from imagedepot.model.text.moment import parse_moment


def request_to_json(request: ImageRequest) -> str:
    return stored_json.encode(
        {
            "depot": request.depot,
            "type": request.type,
            "name": request.name,
            "tag": request.tag,
            "platform": str(request.platform) if request.platform else None,
            "remark": [request.remark.description, request.remark.location, request.remark.icon],
            **({"moved_from": request.moved_from} if request.moved_from else {}),
        }
    ).decode()


def request_from_json(text: str) -> ImageRequest:
    row = stored_json.decode(text)
    return ImageRequest(
        _depot(row["depot"]),
        ImageType(row["type"]),
        _text(row["name"]),
        _text(row["tag"]),
        _platform(row["platform"]),
        Remark(*(_text(each) for each in row["remark"])),
        _text(row.get("moved_from", "")),
    )


def parts_to_json(parts: Sequence[Part]) -> str:
    return stored_json.encode([[part.key, part.size, part.bytes, part.status] for part in parts]).decode()


def parts_from_json(text: str) -> tuple[Part, ...]:
    return tuple(
        Part(_text(key), None if size is None else _number(size), _number(done), PartStatus(status))
        for key, size, done, status in stored_json.decode(text)
    )


def remedy_to_json(remedy: Remedy) -> str | None:
    if remedy == NO_REMEDY:
        return None
    return stored_json.encode([remedy.login, remedy.missing, remedy.offered, remedy.retry_at]).decode()


def remedy_from_json(text: str | None) -> Remedy:
    if text is None:
        return NO_REMEDY
    login, missing, offered, retry_at = stored_json.decode(text)
    return Remedy(
        _text(login),
        None if missing is None else _number(missing),
        tuple(_text(each) for each in offered),
        parse_moment(retry_at),
    )


def resolved_to_json(resolved: Resolved) -> str:
    return stored_json.encode(_oci(resolved) if isinstance(resolved, ResolvedOci) else _lxc(resolved)).decode()


def resolved_from_json(text: str) -> Resolved:
    row = stored_json.decode(text)
    return _oci_from(row) if row["type"] == ImageType.DOCKER else _lxc_from(row)


def _oci(resolved: ResolvedOci) -> dict[str, Any]:
    return {
        "type": ImageType.DOCKER,
        "reference": str(resolved.reference),
        "root": _descriptor(resolved.root),
        "manifest": _descriptor(resolved.manifest),
        "config": _descriptor(resolved.config),
        "layers": [_descriptor(layer) for layer in resolved.layers],
        "platform": str(resolved.platform) if resolved.platform else None,
        "warning": resolved.warning,
    }


def _oci_from(row: Mapping[str, Any]) -> ResolvedOci:
    return ResolvedOci(
        Reference.parse(row["reference"]),
        _descriptor_from(row["root"]),
        _descriptor_from(row["manifest"]),
        _descriptor_from(row["config"]),
        tuple(_descriptor_from(layer) for layer in row["layers"]),
        _platform(row["platform"]),
        _text(row["warning"]),
    )


def _lxc(resolved: ResolvedLxc) -> dict[str, Any]:
    return {
        "type": ImageType.LXC,
        "name": resolved.name,
        "architecture": resolved.architecture,
        "files": [[file.url, file.size, str(file.sha256) if file.sha256 else None] for file in resolved.files],
        "fingerprint": resolved.fingerprint,
        "properties": dict(resolved.properties),
        "created": resolved.created.isoformat() if resolved.created else None,
        "warning": resolved.warning,
        "named_by": resolved.named_by,
        **({"unverified": True} if resolved.unverified else {}),
    }


def _lxc_from(row: Mapping[str, Any]) -> ResolvedLxc:
    return ResolvedLxc(
        _text(row["name"]),
        _text(row["architecture"]),
        tuple(
            RemoteFile(_text(url), None if size is None else _number(size), Digest.parse(sha256) if sha256 else None)
            for url, size, sha256 in row["files"]
        ),
        None if row["fingerprint"] is None else _text(row["fingerprint"]),
        {_text(key): _text(value) for key, value in row["properties"].items()},
        parse_moment(row["created"]),
        _text(row["warning"]),
        _text(row["named_by"]),
        row.get("unverified") is True,
    )


def _descriptor(content: Descriptor) -> dict[str, Any]:
    return {
        "media_type": content.media_type,
        "digest": str(content.digest),
        "size": content.size,
        "platform": str(content.platform) if content.platform else None,
        "annotations": dict(content.annotations),
        "urls": list(content.urls),
    }


def _descriptor_from(row: Mapping[str, Any]) -> Descriptor:
    return Descriptor(
        _text(row["media_type"]),
        Digest.parse(row["digest"]),
        _number(row["size"]),
        _platform(row["platform"]),
        {_text(key): _text(value) for key, value in row["annotations"].items()},
        tuple(_text(url) for url in row["urls"]),
    )


def _platform(text: str | None) -> Platform | None:
    return Platform.parse(text) if text else None


def _depot(value: object) -> DepotId:
    found = try_depot_id(value)
    if found is None:
        raise ValueError("not a depot")
    return found


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError("not a number of bytes")
    return value
