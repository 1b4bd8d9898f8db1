"""Builds the web UI into the wheel, where Node is there to do it.

Without Node the package installs all the same, without the web UI: it says so here, at every start of the service, and
on the page itself. An editable install leaves it to `make ui`.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebUiHook(BuildHookInterface):  # type: ignore[misc,type-arg]
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """What is built already is taken as it is: an sdist carries it."""
        root = Path(self.root)
        if version == "editable" or (root / "src/imagedepot/ui/static/index.html").is_file():
            return
        npm = shutil.which("npm")
        if npm is None or not (root / "web/package.json").is_file():
            self.app.display_warning("Image Depot installs without its web UI: there is no Node to build it with")
            return
        try:
            subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=root / "web", check=True)
            subprocess.run([npm, "run", "build"], cwd=root / "web", check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            self.app.display_warning(f"Image Depot installs without its web UI, which could not be built: {error}")
