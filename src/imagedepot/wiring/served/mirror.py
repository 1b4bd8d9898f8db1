"""The mirror, over the clients, the content and the database of the service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from imagedepot.content.transfer.ingest import Ingest
from imagedepot.database.connection import Database
from imagedepot.database.rows.mirror import MirrorRows
from imagedepot.model.digest import Digest
from imagedepot.model.names.upstreams import Upstreams
from imagedepot.service.distribution.mirror.cache import MirrorCache
from imagedepot.service.distribution.mirror.fetches import POLICY, BlobFetches
from imagedepot.service.distribution.mirror.images import CachedImages
from imagedepot.service.distribution.mirror.mirror import Mirror
from imagedepot.service.distribution.mirror.pull_through import PullThrough
from imagedepot.service.distribution.mirror.space import MirrorSpace
from imagedepot.wiring.cold import Cold


def open_mirror(
    cold: Cold,
    database: Database,
    needed: Sequence[Callable[[], Iterable[Digest]]],
    moved: Callable[[], None] = lambda: None,
) -> Mirror:
    """From here on no clean-up takes what is cached; `needed` is what others than our own stores need. `moved` is
    called when what is being fetched has changed."""
    stores, in_force, client = cold.stores, cold.in_force, cold.upstreams.registry
    cache = MirrorCache(MirrorRows(database), cold.blobs)
    stores.collector.also(cache.digests)
    stores.also_referenced(cache.references)
    through = PullThrough(client, cold.upstreams.anonymous_registry, cache, lambda: in_force.now.mirror_fresh)
    images = CachedImages(cache, cold.blobs)
    roots = [stores.embedded_oci.roots, stores.embedded_lxc.roots, *needed]
    space = MirrorSpace(cache, images, cold.blobs, stores.collector, roots, lambda: in_force.now.mirror_space)
    ingest = Ingest(cold.blobs, cold.disk, cold.throttle, POLICY)
    fetches = BlobFetches(client, cold.blobs, ingest, cache, space.shrink, through.noted, moved)
    return Mirror(
        cache,
        through,
        fetches,
        space,
        images,
        cold.blobs,
        stores.embedded_oci,
        lambda: in_force.now.mirror_space,
        lambda: Upstreams(in_force.now.upstreams).all,
        in_force.platform,
    )
