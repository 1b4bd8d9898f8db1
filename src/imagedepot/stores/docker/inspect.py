"""Docker's inspect object as old clients read it, from an engine or from our own store.

Today's engines leave fields out that the original service's answers have; they are filled in here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FIELDS: Mapping[str, Any] = {
    "Architecture": "",
    "Author": "",
    "Comment": "",
    "Container": "",
    "Created": "",
    "DockerVersion": "",
    "Os": "linux",
    "Parent": "",
}
_CONFIG_FIELDS: Mapping[str, Any] = {
    "AttachStderr": False,
    "AttachStdin": False,
    "AttachStdout": False,
    "Cmd": None,
    "CpuShares": 0,
    "Cpuset": "",
    "Domainname": "",
    "Entrypoint": None,
    "Env": None,
    "ExposedPorts": None,
    "Hostname": "",
    "Image": "",
    "MacAddress": "",
    "Memory": 0,
    "MemorySwap": 0,
    "NetworkDisabled": False,
    "OnBuild": None,
    "OpenStdin": False,
    "PortSpecs": None,
    "StdinOnce": False,
    "Tty": False,
    "User": "",
    "Volumes": None,
    "WorkingDir": "",
}


def filled_in(answer: Mapping[str, Any], size: int) -> dict[str, Any]:
    """`answer` with every field that the original service gave; `size` in bytes stands in both size fields."""
    config = {**_CONFIG_FIELDS, **(answer.get("Config") or {})}
    given = {key: value for key, value in answer.items() if value is not None}
    return {
        **_FIELDS,
        **given,
        "Config": config,
        "ContainerConfig": answer.get("ContainerConfig") or config,
        "Size": size,
        "VirtualSize": size,
    }
