"""Chooses the image for a platform from an index, also when its entries do not name their platforms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from imagedepot.errors import InvalidAnswer, NoSuchPlatform, NotAnImage
from imagedepot.model.content.manifest import Descriptor, Index, Manifest
from imagedepot.model.platform import Platform

_DEEPEST = 3

Chosen = tuple[Descriptor, Manifest]


class IndexReader:
    """Reads the indexes of one reference; `image` names it in sentences.

    `read` fetches an entry's manifest or index, with its true size; `platform` reads the config of a manifest.
    """

    def __init__(
        self,
        image: str,
        read: Callable[[Descriptor], tuple[Manifest | Index, int]],
        platform: Callable[[Manifest], Platform | None],
    ) -> None:
        self._image = image
        self._read = read
        self._platform = platform

    def choose(self, index: Index, wanted: Platform, depth: int = 1) -> Chosen:
        """The image for `wanted`: an entry that names that platform, else the one whose config fits best.

        The only image of an index is chosen whatever its platform is. Raises `NoSuchPlatform`,
        `NotAnImage` when nothing is an image.
        """
        named = index.named(wanted)
        if named is not None:
            return self._follow(named, wanted, depth)
        offered = {entry.platform for entry in index.images if entry.platform is not None}
        found: dict[Platform | None, Chosen] = {}
        for entry, manifest in self._unnamed(index, wanted, depth, offered):
            if len(index.images) == 1:
                return entry, manifest
            platform = entry.platform or self._platform(manifest)
            found.setdefault(platform, (replace(entry, platform=platform), manifest))
            if platform == wanted:
                break
        for accepted in wanted.accepted():
            if accepted in found:
                return found[accepted]
        if len(found) == 1 and not offered:
            return next(iter(found.values()))
        found_for = offered | {platform for platform in found if platform is not None}
        raise NoSuchPlatform(self._image, str(wanted), tuple(sorted(map(str, found_for))))

    def platforms(self, index: Index, depth: int = 1) -> set[Platform]:
        """The platforms that the index has images for."""
        found = {entry.platform for entry in index.images if entry.platform is not None}
        for entry in self._to_look_into(index):
            try:
                parsed, _ = self._read(entry)
            except NotAnImage:
                continue
            if isinstance(parsed, Manifest):
                found |= {platform for platform in (self._platform(parsed),) if platform is not None}
            elif depth < _DEEPEST:
                found |= self.platforms(parsed, depth + 1)
        return found

    def _follow(self, entry: Descriptor, wanted: Platform, depth: int) -> Chosen:
        parsed, size = self._read(entry)
        if isinstance(parsed, Manifest):
            return replace(entry, size=size), parsed
        if depth >= _DEEPEST:
            raise InvalidAnswer(f"{self._image}: indexes within indexes, more than {_DEEPEST} deep")
        return self.choose(parsed, wanted, depth + 1)

    def _unnamed(self, index: Index, wanted: Platform, depth: int, offered: set[Platform]) -> Iterator[Chosen]:
        """The images of the entries without a platform; adds to `offered` the platforms that nested indexes have."""
        refused: NotAnImage | None = None
        found = False
        for entry in self._to_look_into(index):
            try:
                yield self._follow(entry, wanted, depth)
                found = True
            except NotAnImage as error:
                refused = error
            except NoSuchPlatform as error:
                offered |= {platform for text in error.offered if (platform := Platform.try_parse(text)) is not None}
        if refused is not None and not found and not offered:
            raise refused

    @staticmethod
    def _to_look_into(index: Index) -> Sequence[Descriptor]:
        return [entry for entry in index.images if entry.platform is None]
