"""What a simplestreams image server publishes, put on a `WebServer`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.web import WebServer

INDEX = "/streams/v1/index.json"
PRODUCTS = "/streams/v1/images.json"


@dataclass
class ImageServer:
    """`publish` images, then look at `server.url`. `prefix`: the path that the server's root is at."""

    server: WebServer
    prefix: str = ""
    products: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"{self.server.url}{self.prefix}"

    def publish(
        self,
        name: str = "debian/bookworm",
        architecture: str = "amd64",
        serial: str = "20261123_13:30",
        aliases: str = "",
        **files: bytes,
    ) -> dict[str, Any]:
        """One version; `files` by what they are: `incus`, `lxd`, `rootxz`, `squashfs`, `combined`, `qcow2`.

        Its items, which a test may spoil before it calls `write`.
        """
        os, release, *rest = name.split("/")
        variant = rest[0] if rest else "default"
        product = self.products.setdefault(
            f"{os}:{release}:{architecture}:{variant}",
            {
                "aliases": aliases or f"{name}/default,{name}",
                "arch": architecture,
                "os": os.capitalize(),
                "release": release,
                "release_title": release,
                "variant": variant,
                "requirements": {},
                "versions": {},
            },
        )
        folder = f"images/{os}/{release}/{architecture}/{variant}/{serial}"
        items = {kind: self._item(kind, folder, content) for kind, content in files.items()}
        for kind in ("incus", "lxd"):
            for root in ("rootxz", "squashfs"):
                if kind in files and root in files:
                    combined = hashlib.sha256(files[kind] + files[root]).hexdigest()
                    items[kind][f"combined_{root}_sha256"] = combined
        product["versions"][serial] = {"items": items}
        self.write()
        return items

    def write(self) -> None:
        """Put index and products where clients look for them."""
        path = PRODUCTS.removeprefix("/")
        entry = {"datatype": "image-downloads", "path": path, "format": "products:1.0", "products": [*self.products]}
        other = {"datatype": "something-else", "path": "streams/v1/other.json", "format": "products:1.0"}
        index = {"format": "index:1.0", "index": {"images": entry, "other": other}}
        products = {"content_id": "images", "datatype": "image-downloads", "format": "products:1.0"}
        self.server.put(f"{self.prefix}{INDEX}", json.dumps(index).encode())
        self.server.put(f"{self.prefix}{PRODUCTS}", json.dumps({**products, "products": self.products}).encode())

    def _item(self, kind: str, folder: str, content: bytes) -> dict[str, Any]:
        types = {
            "incus": ("incus.tar.xz", "incus.tar.xz"),
            "lxd": ("lxd.tar.xz", "lxd.tar.xz"),
            "rootxz": ("rootfs.tar.xz", "root.tar.xz"),
            "squashfs": ("rootfs.squashfs", "squashfs"),
            "combined": ("incus_combined.tar.gz", "incus_combined.tar.gz"),
            "qcow2": ("disk.qcow2", "disk-kvm.img"),
        }
        file, ftype = types[kind]
        path = f"{folder}/{file}"
        self.server.put(f"{self.prefix}/{path}", content)
        checksum = hashlib.sha256(content).hexdigest()
        return {"ftype": ftype, "path": path, "sha256": checksum, "size": len(content)}
