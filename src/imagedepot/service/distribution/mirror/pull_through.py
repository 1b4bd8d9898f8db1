"""Asks upstreams: checks tags now and then, fetches a digest once, and serves what is here after any failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from datetime import datetime
from typing import Any

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, DepotError, TimedOut, UpstreamDenied, UpstreamNotFound
from imagedepot.model.digest import Digest
from imagedepot.model.names.registry_names import RepositoryName
from imagedepot.remote.oci.referrers import list_referrers
from imagedepot.remote.oci.registry import RawManifest, RegistryClient
from imagedepot.remote.oci.tags import list_tags
from imagedepot.service.distribution.mirror.attempts import Attempts, Key
from imagedepot.service.distribution.mirror.cache import TAGS, MirrorCache
from imagedepot.service.distribution.mirror.flights import Flights
from imagedepot.service.distribution.served import Manifest, ManifestHead, media_type_of

PATIENCE = 0.8
"""Seconds that a client waits for an upstream where there is something to serve already."""
_ASK_SECONDS = 30.0
_AT_A_TIME = 8  # questions to one upstream
_MOST_WAITING = 500

Here = Callable[[Digest], Manifest | None]


class PullThrough:
    """`anonymous` is a client without logins; `fresh` tells for how many seconds an answer is not asked for again."""

    def __init__(
        self, client: RegistryClient, anonymous: RegistryClient, cache: MirrorCache, fresh: Callable[[], float]
    ) -> None:
        self._client = client
        self._anonymous = anonymous
        self._cache = cache
        self._attempts = Attempts(fresh)
        self._flights: Flights[Any] = Flights(_AT_A_TIME, _MOST_WAITING, _ASK_SECONDS)
        self._doubted: set[str] = set()
        """Repositories of which a peer has sent more: whether strangers may have it is asked again."""
        self.errors: dict[str, str] = {}

    def by_digest(self, name: RepositoryName, digest: Digest) -> Manifest:
        """Fetch a manifest that is not here. Raises the upstream's failure."""

        def fetch(flag: Cancellation) -> Manifest:
            found = self._keep(name, self._client.manifest(name.reference(str(digest)), flag), None)
            for tag, moment in self._attempts.tags_of(name.name, digest):
                self._cache.put_tag(name.name, tag, digest, moment)
            return found

        flight = self._flights.start(_host(name), (name.name, digest), self._noting(name, fetch))
        found: Manifest = _wait(flight.result)
        return found

    def by_tag(
        self,
        name: RepositoryName,
        tag: str,
        here: Manifest | None,
        since: datetime | None,
        find: Here,
        is_probe: bool = False,
    ) -> Manifest | ManifestHead:
        """`here` is what the tag named when it was last known, which was at `since`; `find` gives manifests that are
        here by their digest. `is_probe`: the client wants no more than the head, so that no GET is sent where the
        answer to a HEAD says enough. Raises what the upstream gave, where nothing is here."""
        key = (name.name, tag)
        recent = self._attempts.recent(key, since)
        named = recent.head if recent is not None else None
        if named is not None and (is_probe or find(named.digest) is not None):
            return self._named(name, tag, named, find)
        if recent is not None and named is None and here is not None:
            return here.stale(recent.failure)
        if recent is not None and (recent.is_absent or (is_probe and recent.has_no_head)):
            raise UpstreamNotFound(recent.failure)
        digest = named.digest if named is not None else None
        try:
            flight = self._flights.start(
                _host(name),
                key,
                self._noting(
                    name, lambda flag: self._check(name, tag, here, find, is_probe, digest, flag), key, is_probe
                ),
            )
            found: Manifest | ManifestHead
            if here is None:
                found = _wait(flight.result)
            else:
                found = flight.result.result(max(0.0, PATIENCE - flight.age))
            if isinstance(found, ManifestHead) and not is_probe:  # it joined the question of a client that sent a HEAD
                return self.by_digest(name, found.digest)
        except NotYet:
            assert here is not None
            return here.stale(f"{_host(name)} does not answer in time")
        except DepotError as error:
            if here is None:
                raise
            return here.stale(str(error))
        return found

    def tags(self, name: RepositoryName) -> str:
        """Ask for the tags, which are kept; why they may be old, or "". Raises where none are kept."""
        return self._list(name, TAGS, lambda flag: list_tags(self._client, name.reference("latest"), flag).tags)

    def referrers(self, name: RepositoryName, digest: Digest) -> str:
        """As `tags`, for the referrers of `digest`."""
        reference = name.reference(str(digest))
        return self._list(name, str(digest), lambda flag: list_referrers(self._client, reference, digest, flag))

    def is_public(self, name: RepositoryName, label: str | None) -> bool:
        """Whether the upstream gives the repository to strangers; asked for the manifest `label` that it has, once
        after each that came with a login."""
        known = self._cache.is_public(name.name)
        if known is not None and name.name not in self._doubted:
            return known
        if label is None:
            return False
        reference = name.reference(label)
        try:
            with Cancellation().within(_ASK_SECONDS) as flag:
                if self._anonymous.head(reference, flag) is None:
                    self._anonymous.manifest(reference, flag)
        except (UpstreamNotFound, UpstreamDenied):
            self._cache.put_public(name.name, False)
            return False
        except DepotError:
            return known is True
        finally:
            self._doubted.discard(name.name)
        self._cache.put_public(name.name, True)
        return True

    def knows_public(self, name: RepositoryName) -> bool:
        """Whether `is_public` is known without asking."""
        return self._cache.is_public(name.name) is not None and name.name not in self._doubted

    def noted(self, host: str, failure: str) -> None:
        """Note why the last request to an upstream failed, as a sentence; "" if it did not."""
        if failure:
            self.errors[host] = failure
        else:
            self.errors.pop(host, None)

    def close(self) -> None:
        self._flights.close()

    def _named(self, name: RepositoryName, tag: str, head: ManifestHead, find: Here) -> Manifest | ManifestHead:
        """The manifest that the tag is known to name, if it is here, else its head."""
        found = find(head.digest)
        for each, moment in self._attempts.tags_of(name.name, head.digest) if found is not None else ():
            self._cache.put_tag(name.name, each, head.digest, moment)
        return found if found is not None else head

    def _check(
        self,
        name: RepositoryName,
        tag: str,
        here: Manifest | None,
        find: Here,
        is_probe: bool,
        current: Digest | None,
        flag: Cancellation,
    ) -> Manifest | ManifestHead:
        """What the tag names now, `current` if that is known: one HEAD where something is here or no more is wanted,
        and a GET only for what is not here."""
        reference = name.reference(tag)
        if current is None and (here is not None or is_probe):
            probe = self._client.probe(reference, flag, may_be_absent=here is None)
            current = probe.digest if probe is not None else None
            if is_probe and probe is not None and probe.is_complete and find(probe.digest) is None:
                self._note_user(name, probe.user)
                return ManifestHead(probe.content_type, probe.digest, probe.size)
        known = find(current) if current is not None else None
        if current is not None and known is not None:
            self._cache.put_tag(name.name, tag, current)
            return known
        if current is not None:
            try:
                by_digest = self._client.manifest(reference.with_digest(current), flag, reference.familiar)
                return self._keep(name, by_digest, tag)
            except UpstreamNotFound:
                pass  # the registry does not know its own word: what the tag gives is the truth
        return self._keep(name, self._client.manifest(reference, flag), tag)

    def _keep(self, name: RepositoryName, raw: RawManifest, tag: str | None) -> Manifest:
        media_type = media_type_of(raw.raw, raw.content_type)
        if raw.is_from_peer:
            self._doubted.add(name.name)
        elif raw.user:
            self._cache.forget_public(name.name)  # before a byte of it is here
        self._cache.put_manifest(name.name, raw.digest, raw.raw, media_type, tag)
        if raw.is_from_peer:
            self._cache.figures.add(from_peers=len(raw.raw))
        else:
            self._cache.figures.add(from_upstream=len(raw.raw))
            self._note_user(name, raw.user)
        return Manifest(raw.raw, media_type, raw.digest)

    def _note_user(self, name: RepositoryName, user: str) -> None:
        """Something of it came with a login of this `user`, or without any (""): strangers may have that."""
        if user:
            self._cache.forget_public(name.name)  # it may have been closed to strangers since it was asked
        else:
            self._cache.put_public(name.name, True)

    def _list(self, name: RepositoryName, subject: str, ask: Callable[[Cancellation], Sequence[Any]]) -> str:
        kept = self._cache.list_of(name.name, subject)
        key = (name.name, f"list of {subject}")
        if kept is not None:
            recent = self._attempts.recent(key, kept.checked)
            if recent is not None:
                return recent.failure

        def fetch(flag: Cancellation) -> None:
            self._cache.put_list(name.name, subject, list(ask(flag)))

        try:
            flight = self._flights.start(_host(name), key, self._noting(name, fetch, key))
            if kept is None:
                _wait(flight.result)
            else:
                flight.result.result(max(0.0, PATIENCE - flight.age))
        except NotYet:
            return f"{_host(name)} does not answer in time"
        except DepotError as error:
            if kept is None:
                raise
            return str(error)
        return ""

    def _noting(
        self, name: RepositoryName, work: Callable[[Cancellation], Any], key: Key | None = None, is_probe: bool = False
    ) -> Callable[[Cancellation], Any]:
        """`work`, with a note of how it went: for the interval of `key`, and for people."""

        def noting(flag: Cancellation) -> Any:
            try:
                result = work(flag)
            except Cancelled:
                raise
            except DepotError as error:
                if not isinstance(error, UpstreamNotFound):
                    self.noted(_host(name), str(error))
                if key is not None:
                    self._attempts.note(key, error, is_probe)
                raise
            self.noted(_host(name), "")
            if key is not None:
                self._attempts.note(key, result if isinstance(result, ManifestHead) else None)
            return result

        return noting


def _host(name: RepositoryName) -> str:
    assert name.upstream is not None, "a repository of our own has no upstream"
    return name.upstream.host


def _wait(result: Future[Any]) -> Any:
    """Raises `TimedOut` where the line before the upstream is long."""
    try:
        return result.result(_ASK_SECONDS + 5)
    except NotYet as error:
        raise TimedOut("The upstream does not answer in time") from error
