"""Which repository a client of `/v2/` means: one of our own, or one of an upstream of the closed list."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from imagedepot.model.names.registry_names import RepositoryName, read_name
from imagedepot.model.names.upstreams import Upstream, Upstreams


class Repositories:
    """`owns` tells the repositories of our own by their name; `named` are the upstreams of the setting."""

    def __init__(self, named: Iterable[Upstream], owns: Callable[[str], bool] = lambda _: False) -> None:
        self.upstreams = Upstreams(named)
        self.owns = owns

    def name(self, named: Iterable[Upstream]) -> None:
        """From now on these upstreams are in the list, beside the built-in ones."""
        self.upstreams = Upstreams(named)

    def find(self, name: str, ns: str | None) -> RepositoryName:
        """`ns` is the query's parameter. Raises `InvalidReference`, `NotFound`."""
        return read_name(self.upstreams, name, ns, self.owns)
