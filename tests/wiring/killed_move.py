"""A service that moves all docker images into another store, and may be killed at a step of it.

`python -m tests.wiring.killed_move DATA REGISTRY STORE STEP`: STEP counts changes of the data folder from the moment
that the move begins, or goes on; 0 for none.
"""

from __future__ import annotations

import sys
from pathlib import Path

from imagedepot.config import Settings, load
from imagedepot.database.stored import stored_settings
from imagedepot.model.image import ImageType
from imagedepot.service.stores.in_use import place_of
from imagedepot.service.stores.switching import Fate
from imagedepot.wiring.database import place_of as database_of
from imagedepot.wiring.services import open_services
from tests.ground.waiting import wait_until
from tests.service.killed import kill_before


def settings_of(data: Path, registry: str) -> Settings:
    """With what was changed at run time."""
    flags = {"IMAGEDEPOT_DATA_DIR": str(data), "IMAGEDEPOT_REGISTRY_URL": registry}
    return load(
        flags, environment={"HOME": str(data.parent)}, files=(), runtime=lambda each: stored_settings(database_of(each))
    )


def main() -> None:
    data, registry, store, step = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    if step:
        kill_before(step, data)
    with open_services(settings_of(data, registry)) as services:
        if place_of(services.stores.in_use.oci) != store:
            services.switching.use(ImageType.DOCKER, store, Fate.MOVE)
        wait_until(lambda: all(each.ended for each in services.switching.work()), seconds=60)
        for state in services.switching.work():
            assert not state.failures, state.failures


if __name__ == "__main__":
    main()
