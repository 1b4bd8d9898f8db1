"""Immutable facts of an engine's images, fetched once: platform and layers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from imagedepot.errors import ImageNotFound
from imagedepot.model.platform import Platform
from imagedepot.stores.docker.client import EngineClient


@dataclass(frozen=True, slots=True)
class PlatformAndLayers:
    """`diff_ids` from the base up."""

    platform: Platform | None
    diff_ids: tuple[str, ...]


class EngineFacts:
    """Facts by image id. An id is the digest of a config, so they never change."""

    def __init__(self, client: EngineClient) -> None:
        self._client = client
        self._facts: dict[str, PlatformAndLayers] = {}

    def of(self, image_id: str) -> PlatformAndLayers:
        """Raises `ImageNotFound`, `StoreUnavailable`."""
        known = self._facts.get(image_id)
        if known is None:
            answer = self._client.inspect(image_id)
            os, architecture = str(answer.get("Os") or ""), str(answer.get("Architecture") or "")
            platform = Platform.of(os, architecture, str(answer.get("Variant") or "")) if architecture else None
            known = PlatformAndLayers(platform, tuple((answer.get("RootFS") or {}).get("Layers") or ()))
            self._facts[image_id] = known
        return known

    def platform(self, image_id: str) -> Platform | None:
        """The platform, if it is known already: a list must not send a request for each image."""
        known = self._facts.get(image_id)
        return known.platform if known else None

    def learn(self, image_ids: Collection[str]) -> None:
        """Fetch the facts of new images, drop those of removed ones."""
        self._facts = {key: value for key, value in self._facts.items() if key in image_ids}
        for image_id in [each for each in image_ids if each not in self._facts]:
            try:
                self.of(image_id)
            except ImageNotFound:
                continue  # removed since the list was made

    def longest_chain(self, diff_ids: Sequence[str], image_ids: Collection[str]) -> int:
        """How many layers, counted from the base, some image in the engine has in this very order."""
        self.learn(image_ids)
        longest = 0
        for facts in self._facts.values():
            shared = 0
            for ours, theirs in zip(diff_ids, facts.diff_ids, strict=False):
                if ours != theirs:
                    break
                shared += 1
            longest = max(longest, shared)
        return longest

    def present(self, image_ids: Collection[str]) -> frozenset[str]:
        """The diff ids of every layer that some image in the engine has."""
        self.learn(image_ids)
        return frozenset(diff_id for facts in self._facts.values() for diff_id in facts.diff_ids)
