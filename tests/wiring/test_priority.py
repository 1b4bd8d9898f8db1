"""Downloads of a service give way to its calls."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from imagedepot.config import load
from imagedepot.content.transfer.priority import NICENESS
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.image import ImageRequest, ImageType
from imagedepot.wiring.services import open_services
from tests.fakes import delivery
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS
from tests.ground.images import push_image, random_layer
from tests.ground.waiting import wait_until


@pytest.mark.skipif(sys.platform != "linux", reason="a thread has a niceness of its own on Linux alone")
def test_blobs_of_a_service_come_in_threads_that_give_way(tmp_path: Path, faulty_registry: FaultyRegistry) -> None:
    push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(5_000)])
    gate = Gate()
    faulty_registry.inject(delivery.hold(gate, at=10), BLOBS)
    flags = {"IMAGEDEPOT_DATA_DIR": str(tmp_path / "data"), "IMAGEDEPOT_REGISTRY_URL": faulty_registry.url}
    usual = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    with open_services(load(flags, environment={}, files=[])) as services:
        request = ImageRequest(DOCKERHUB, ImageType.DOCKER, "lab/app", "1")
        key = services.downloads.start(request).id
        gate.wait_reached()
        blobs = [each.native_id for each in threading.enumerate() if each.name.startswith("blob")]
        assert blobs
        assert {os.getpriority(os.PRIO_PROCESS, each) for each in blobs if each} == {min(usual + NICENESS, 19)}
        gate.open()
        wait_until(lambda: services.downloads.get(key).ended is not None)
        assert services.downloads.get(key).error is None
