"""Finds the repository that a client of `/v2/` means: one of our own, or one of a listed upstream."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from imagedepot.model.names.registry_names import RepositoryName, read_name, read_pushed_name
from imagedepot.model.names.upstreams import Upstream, Upstreams


class Repositories:
    """`owns` tells the repositories of our own by their name; `named` are the upstreams of the setting."""

    def __init__(
        self,
        named: Iterable[Upstream],
        owns: Callable[[str], bool] = lambda _: False,
        is_mirrored: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """`is_mirrored` tells, by full name, the repositories that are here from an upstream."""
        self.upstreams = Upstreams(named)
        self.owns = owns
        self._is_mirrored = is_mirrored

    def name(self, named: Iterable[Upstream]) -> None:
        """Replace the upstreams that are listed in addition to the built-in ones."""
        self.upstreams = Upstreams(named)

    def find(self, name: str, ns: str | None) -> RepositoryName:
        """`ns` is the query's parameter. Raises `InvalidReference`, `NotFound`."""
        return read_name(self.upstreams, name, ns, self.owns)

    def find_pushed(self, name: str, ns: str | None) -> RepositoryName:
        """The repository of our own that a push goes to. Raises `Forbidden`, and as `find`."""
        return read_pushed_name(self.upstreams, name, ns, self.owns, self._is_mirrored)
