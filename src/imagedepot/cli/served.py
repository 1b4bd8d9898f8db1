"""The desk of a running service."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from imagedepot.cli.desk import Json
from imagedepot.client import Client
from imagedepot.errors import NotFound

_SECONDS_BETWEEN_LOOKS = 0.2
_ENDED = ("done", "failed", "cancelled")


class ServedDesk(Client):
    """The client's calls, and a download followed to its end."""

    def pull(self, depot: str, type_: str, name: str, tag: str, body: Mapping[str, str]) -> Iterator[Json]:
        """Stopping to look leaves the download to the service."""
        self.download(depot, type_, name, tag, body)
        row = self._newest(type_, name, tag)
        while True:
            yield row
            if row["status"] in _ENDED:
                return
            time.sleep(_SECONDS_BETWEEN_LOOKS)
            row = self.find_download(str(row["id"]))

    def close(self) -> None:
        """Nothing is held open between calls."""

    def _newest(self, type_: str, name: str, tag: str) -> Json:
        for row in self.downloads():
            if row["type"] == type_ and row["name"] == name and (row["tag"] == tag or type_ == "lxc"):
                return row
        raise NotFound(f"The service has forgotten the download of {name}:{tag}")
