"""All tags of a repository: from its registry, or else from Docker Hub's API."""

from __future__ import annotations

import logging

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, DepotError, NetworkLost
from imagedepot.model.names.reference import DOCKER_HUB, Reference, TagList
from imagedepot.remote.http.backoff import PAUSES
from imagedepot.remote.hub.hub import Hub
from imagedepot.remote.oci.registry import RegistryClient
from imagedepot.remote.oci.tags import list_tags, ordered

_log = logging.getLogger(__name__)


def find_tags(
    client: RegistryClient, hub: Hub, reference: Reference, cancellation: Cancellation | None = None
) -> TagList:
    """The tags in the order of `tags.ordered`. Raises the registry's error, as `list_tags`."""
    # Docker Hub's API is quicker than waiting for its registry.
    pauses = () if reference.registry == DOCKER_HUB else PAUSES
    try:
        return list_tags(client, reference, cancellation, pauses)
    except (Cancelled, NetworkLost):
        raise
    except DepotError as error:
        if reference.registry != DOCKER_HUB:
            raise
        try:
            named = hub.tags(reference, cancellation)
        except DepotError as other:
            _log.info("no tags of %s from the Hub API either: %s", reference.familiar_name, other)
            raise error from None
        found = TagList(ordered(named.tags), named.gap)
        if not found.tags:
            raise
        _log.info("the tags of %s are from the Hub API: %s", reference.familiar_name, error)
        return found
