"""A process that pulls an image again and again, each time killed one step later: `python -m tests.service.killed`.

A step is an open for writing, a rename, a removal, a new folder or a cut in the data folder; the kill comes right
before it, as a power cut would. Each pull is a fork of this process, so that a step costs no start.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from imagedepot.cancellation import Cancellation
from imagedepot.config import Settings, load
from imagedepot.content.transfer.progress import Progress
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.image import ImageType
from imagedepot.service.downloads.requests import image_request
from imagedepot.wiring.cold import open_cold

_PATHS = {"os.rename", "os.remove", "os.mkdir", "os.truncate"}


def settings_of(data: Path, registry: str) -> Settings:
    flags = {"IMAGEDEPOT_DATA_DIR": str(data), "IMAGEDEPOT_REGISTRY_URL": registry}
    return load(flags, environment={"HOME": str(data.parent)}, files=())


def pull(data: Path, registry: str, name: str) -> None:
    with open_cold(settings_of(data, registry)) as cold:
        wanted = image_request(cold.upstreams.depots, DOCKERHUB, ImageType.DOCKER, name, "1")
        cold.pipeline.run(wanted, Progress(), Cancellation())


def kill_before(step: int, data: Path) -> None:
    """This very process, right before its `step`-th change of the data folder."""
    left = [step]

    def look(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            path, flags = arguments[0], arguments[2]
            changes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
        else:
            path, changes = arguments[0] if arguments else None, event in _PATHS
        inside = isinstance(path, int) or (isinstance(path, str | os.PathLike) and str(path).startswith(str(data)))
        if changes and inside:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


def main() -> None:
    """Arguments: a folder for the data folders, the registry, the image. Prints how many steps a pull has."""
    folder, registry, name = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    step = 0
    while True:
        step += 1
        data = folder / str(step)
        child = os.fork()
        if child == 0:
            kill_before(step, data)
            pull(data, registry, name)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            assert os.waitstatus_to_exitcode(status) == 0, "a pull that is not killed goes well"
            print(step)
            return


if __name__ == "__main__":
    main()
