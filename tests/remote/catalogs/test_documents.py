from __future__ import annotations

import json

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.errors import UpstreamError
from imagedepot.remote.catalogs.documents import fetch
from tests.fakes.image_server import INDEX, PRODUCTS, ImageServer
from tests.fakes.web import WebServer
from tests.remote.clients import transport

LARGE = 40 << 20


def test_an_image_servers_product_files_have_their_limit_together(web: WebServer) -> None:
    images = ImageServer(web)
    images.publish("debian/bookworm", incus=b"meta", rootxz=b"root")
    images.write()
    products = web.files[f"{images.prefix}{PRODUCTS}"]
    index = json.loads(web.files[f"{images.prefix}{INDEX}"])
    known = next(each for each in index["index"].values() if each["path"] == PRODUCTS.removeprefix("/"))
    index["index"]["more"] = {**known, "path": "streams/v1/more.json"}
    web.put(f"{images.prefix}{INDEX}", json.dumps(index).encode())
    web.put(f"{images.prefix}/streams/v1/more.json", products)
    fetched = fetch(transport(), f"{images.url}{INDEX}", None, Cancellation())
    assert [len(document.body) for document in fetched.documents[1:]] == [len(products)] * 2
    for name in (PRODUCTS, "/streams/v1/more.json"):
        web.put(f"{images.prefix}{name}", products + b" " * LARGE)
    with pytest.raises(UpstreamError, match=r"sent more than the .* bytes that such an answer may have"):
        fetch(transport(), f"{images.url}{INDEX}", None, Cancellation())
