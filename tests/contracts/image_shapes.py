"""Images that builders really make, which every store of docker images takes. A subclass gives the fixture `kit`."""

from __future__ import annotations

import pytest

from imagedepot.errors import ImageNotFound
from tests.ground.images import packed_layer, random_layer, unpacked_layer
from tests.stores.kits import OciKit


class ImageShapes:
    @pytest.mark.parametrize("ask", ["layers", "history"])
    def test_what_is_not_there_has_no_layers_and_no_history(self, kit: OciKit, ask: str) -> None:
        kit.add("lab/one")  # an engine has answered by then
        with pytest.raises(ImageNotFound, match=r"^Image not found: lab/absent:1$"):
            getattr(kit.store, ask)("lab/absent", "1")

    @pytest.mark.parametrize("changed", [{}, {"rootfs": {"type": "layers"}}], ids=["listed", "unlisted"])
    @pytest.mark.parametrize("schema2", [False, True], ids=["oci", "docker"])
    def test_an_image_without_layers_is_installed(self, kit: OciKit, schema2: bool, changed: dict[str, object]) -> None:
        kit.install("lab/scratch:1", schema2=schema2, changed=changed)
        assert [(image.name, image.tag) for image in kit.store.images()] == [("lab/scratch", "1")]
        assert kit.store.layers("lab/scratch", "1") == []
        assert kit.store.inspect("lab/scratch", "1")["RootFS"] == {"Type": "layers", "Layers": []}

    @pytest.mark.parametrize("plain", [False, True], ids=["gzip", "plain"])
    @pytest.mark.parametrize("layer_type", ["", "application/octet-stream"], ids=["none", "bytes"])
    def test_layers_that_have_lost_their_type_are_installed(self, kit: OciKit, layer_type: str, plain: bool) -> None:
        layer = unpacked_layer(random_layer(5000)) if plain else random_layer(5000)
        kit.install("lab/untyped:1", layer, schema2=True, layer_type=layer_type)
        assert len(kit.store.layers("lab/untyped", "1")) == 1

    def test_layers_of_sha512_are_installed(self, kit: OciKit) -> None:
        layers = packed_layer({"a": b"1"}), packed_layer({"b": b"2"})
        kit.install("lab/long:1", *layers, algorithm="sha512")
        kit.install("lab/long:2", *layers, packed_layer({"c": b"3"}), algorithm="sha512")
        assert [len(kit.store.layers("lab/long", tag)) for tag in "12"] == [2, 3]

    def test_null_is_read_as_docker_reads_it(self, kit: OciKit) -> None:
        settings = {"Cmd": ["a", None], "Labels": {"said": None}, "Env": None}
        kit.install("lab/null:1", packed_layer({"a": b"1"}), changed={"history": [None], "config": settings})
        config = kit.store.inspect("lab/null", "1")["Config"]
        assert (config["Cmd"], config["Labels"], config["Env"]) == (["a", ""], {"said": ""}, None)
