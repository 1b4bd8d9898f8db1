"""Faults that a download from Docker Hub meets: tokens, limits, manifests, blobs, the CDN."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.fakes import delivery, manifests, redirects, statuses, tags
from tests.fakes.cdn import expired_url
from tests.fakes.challenge import BAD_CHALLENGES, GOOD_CHALLENGES, HOSTILE_REALMS
from tests.fakes.guard import BearerGuard
from tests.fakes.hub import FakeHub
from tests.fakes.hub_area import Area
from tests.fakes.hub_fault import Action, NamedFault, always, struck
from tests.fakes.message import Answer, Request
from tests.fakes.rules import Fault
from tests.fakes.tokens import BAD_TOKEN_SHAPES, GOOD_TOKEN_SHAPES

_PULL = frozenset({Action.PULL})
_TOKEN, _MANIFEST = frozenset({Area.TOKEN}), frozenset({Area.MANIFEST})
_BLOB, _TAGS = frozenset({Area.BLOB}), frozenset({Area.REGISTRY_TAGS})


def _pull(
    name: str, what: str, switch_on: Callable[[FakeHub], object], survivable: bool = False, waits: bool = False
) -> NamedFault:
    return NamedFault(name, what, _PULL, switch_on, survivable, waits)


def _at_cdn(name: str, what: str, *faults: Fault, times: int | None = None, survivable: bool = False) -> NamedFault:
    def switch_on(hub: FakeHub) -> None:
        for fault in faults:
            hub.cdn.inject(fault, times=times)

    return _pull(name, what, switch_on, survivable)


def _resumed(name: str, what: str, fault: Fault, survivable: bool = True) -> NamedFault:
    """One blob breaks after 50 bytes; the answers to Range requests carry the fault."""

    def switch_on(hub: FakeHub) -> None:
        hub.cdn.inject(delivery.drop_after(50), times=1)
        hub.cdn.inject(fault, when=lambda request: request.header("Range") is not None)

    return _pull(name, what, switch_on, survivable)


def _guarded(realm: str | None = None, challenge: str = "bearer") -> Callable[[FakeHub], object]:
    def switch_on(hub: FakeHub) -> None:
        written = {**GOOD_CHALLENGES, **BAD_CHALLENGES}[challenge]
        hub.guard = BearerGuard(hub.authority, realm or "", written)

    return switch_on


def _shaped(name: str) -> Callable[[FakeHub], object]:
    return lambda hub: setattr(hub.authority, "shape", {**GOOD_TOKEN_SHAPES, **BAD_TOKEN_SHAPES}[name])


def _expiring(hub: FakeHub) -> None:
    """Every token is too old as soon as one manifest has been sent, once."""

    def change(_: Request, answer: Answer) -> Answer:
        hub.authority.expire_all()
        return answer

    hub.inject_into(Fault("expiring", change=change), _MANIFEST, times=1)


def _single_use(hub: FakeHub) -> None:
    hub.cdn.single_use = True
    hub.cdn.inject(delivery.drop_after(50), times=1)


def _never_enough(hub: FakeHub) -> None:
    hub.inject_into(statuses.registry_error(401, "UNAUTHORIZED", "authentication required"), _MANIFEST)


def _soon() -> Fault:
    return statuses.too_many_requests_until(datetime.now(UTC) + timedelta(seconds=1))


TOKENS = [
    _pull("token_expires", "the token expires in the middle of the pull", _expiring, survivable=True),
    _pull("token_never_enough", "401 for every token, however fresh", _never_enough),
    struck("token_denied", "403 at the token endpoint, as at GHCR", _TOKEN, always(statuses.denied())),
    struck("token_500", "500 at the token endpoint", _TOKEN, always(statuses.status(500))),
    struck("token_500_once", "500 at the token endpoint, once", _TOKEN, always(statuses.status(500)), times=1),
    struck("token_limited", "429 at the token endpoint", _TOKEN, always(statuses.hap429())),
    struck("token_cloudflare", "Cloudflare's page at the token endpoint", _TOKEN, always(statuses.cloudflare())),
    struck("token_hang", "the token endpoint is silent", _TOKEN, lambda hub: delivery.stalled(hub.gate()), waits=True),
    struck("token_redirect", "the token endpoint leads in a circle", _TOKEN, always(redirects.redirect_loop())),
    *(_pull(f"token_{n}", f"token answer: {n}", _shaped(n), survivable=True) for n in GOOD_TOKEN_SHAPES if n != "both"),
    *(_pull(f"token_{n}", f"token answer: {n}", _shaped(n)) for n in BAD_TOKEN_SHAPES),
    *(
        _pull(f"challenge_{n}", f"challenge written as: {n}", _guarded(challenge=n), survivable=True)
        for n in GOOD_CHALLENGES
        if n != "bearer"
    ),
    *(_pull(f"challenge_{n}", f"challenge written as: {n}", _guarded(challenge=n)) for n in BAD_CHALLENGES),
    *(_pull(f"realm_{n}", f"realm at {realm}", _guarded(realm)) for n, realm in HOSTILE_REALMS.items()),
]

LIMITS = [
    _pull("pull_limit", "no pulls left: 429 at the manifest", lambda hub: hub.pulls.exhaust()),
    struck(
        "limited_old_words", "429 in Docker's older words", _MANIFEST, always(statuses.too_many_requests(None, True))
    ),
    struck(
        "limited_soon",
        "one 429, Retry-After: 1",
        _MANIFEST,
        always(statuses.too_many_requests("1")),
        times=1,
        survivable=True,
    ),
    struck("limited_by_date", "one 429, Retry-After a date", _MANIFEST, lambda _: _soon(), times=1, survivable=True),
    struck("limited_for_hours", "429, Retry-After: 20000", _MANIFEST, always(statuses.too_many_requests("20000"))),
    struck(
        "limited_absurdly", "429, Retry-After of 30 digits", _MANIFEST, always(statuses.too_many_requests("9" * 30))
    ),
    struck("limited_below_zero", "429, Retry-After: -5", _MANIFEST, always(statuses.too_many_requests("-5"))),
    struck("limited_in_words", "429, Retry-After: later", _MANIFEST, always(statuses.too_many_requests("later"))),
    struck("limited_hap429", "429 in plain text (HAP429)", _MANIFEST, always(statuses.hap429())),
    struck("limited_micro", "429 with GHCR's microseconds", _MANIFEST, always(statuses.ghcr_micro_retry()), times=1),
    _pull(
        "limits_unknown", "no limit headers (a paid account)", lambda hub: setattr(hub.pulls, "anonymous", None), True
    ),
    struck(
        "limits_nonsense",
        "limit headers that are no figures",
        _MANIFEST,
        always(
            Fault(
                "limits_nonsense",
                change=lambda _, answer: answer.with_headers(
                    ("ratelimit-limit", "lots;w=x"), ("ratelimit-remaining", "-1;;w"), ("docker-ratelimit-source", "")
                ),
            )
        ),
        survivable=True,
    ),
]

MANIFESTS = [
    struck("head_refused", "405 for HEAD", _MANIFEST, always(statuses.head_refused()), method="HEAD", survivable=True),
    struck(
        "head_no_digest",
        "HEAD without a digest",
        _MANIFEST,
        always(statuses.without_digest()),
        method="HEAD",
        survivable=True,
    ),
    struck(
        "no_digest",
        "manifests without Docker-Content-Digest",
        _MANIFEST,
        always(statuses.without_digest()),
        survivable=True,
    ),
    struck("wrong_digest", "manifests with another's digest", _MANIFEST, always(statuses.wrong_digest())),
    struck("digest_nonsense", "a digest that is a path", _MANIFEST, always(statuses.wrong_digest("sha256:../../x"))),
    struck("manifest_changed", "manifests with a byte more", _MANIFEST, always(manifests.changed_manifest())),
    struck("manifest_page", "a portal's page for a manifest", _MANIFEST, always(statuses.html_page())),
    struck("manifest_empty", "an empty manifest", _MANIFEST, always(statuses.empty())),
    struck("manifest_500", "500 for manifests", _MANIFEST, always(statuses.status(500))),
    struck(
        "manifest_502_once",
        "502 for a manifest, once",
        _MANIFEST,
        always(statuses.html_page(502)),
        times=1,
        survivable=True,
    ),
    struck("manifest_denied", "403 DENIED", _MANIFEST, always(statuses.denied())),
    struck("manifest_dropped", "the connection ends in each manifest", _MANIFEST, always(delivery.drop_after(20))),
    struck("nested_indexes", "indexes in indexes, ten deep", _MANIFEST, always(manifests.nested_indexes(10))),
    *(
        struck(f"manifest_{n}", f"an image that is none: {n}", _MANIFEST, always(manifests.manifest_instead(served)))
        for n, served in {**manifests.NOT_FOR_US, **manifests.NOT_MANIFESTS}.items()
        if n != "empty"
    ),
]

BLOBS = [
    _at_cdn("blob_corrupt", "a wrong byte in every blob", delivery.flipped_byte(10)),
    _at_cdn("blob_corrupt_once", "a wrong byte in one blob, once", delivery.flipped_byte(10), times=1, survivable=True),
    _at_cdn("blob_short", "every blob ends early, and says that is all", delivery.clean_short(100)),
    _at_cdn("blob_short_once", "one blob ends early, once", delivery.clean_short(100), times=1, survivable=True),
    _at_cdn("blob_long", "every blob goes on after its end", delivery.too_long(100_000)),
    _at_cdn("blob_long_chunked", "the same, in chunks", delivery.too_long(100_000), delivery.chunked()),
    _at_cdn("blob_chunked", "no length, chunks instead", delivery.chunked(), survivable=True),
    _at_cdn("blob_until_close", "no length, the connection's end instead", delivery.until_close(), survivable=True),
    _at_cdn("blob_dropped_once", "one blob breaks, once", delivery.drop_after(50), times=1, survivable=True),
    _at_cdn(
        "blob_reset_once", "one blob is reset, once", delivery.drop_after(50, reset=True), times=1, survivable=True
    ),
    _at_cdn("blob_dropped_at_start", "every blob breaks before its first byte", delivery.drop_after(0)),
    _resumed("resume_ignored", "200 and all of it for a Range", delivery.ignored_range()),
    _resumed("resume_as_200", "200 and the rest of it for a Range", delivery.partial_as_200(), survivable=False),
    _resumed("resume_elsewhere", "206 from another byte", delivery.wrong_content_range(), survivable=False),
    _resumed("resume_unsaid", "206 that does not say from where", delivery.no_content_range(), survivable=False),
    _resumed("resume_nonsense", "206 from byte `twelve`", delivery.broken_content_range(), survivable=False),
    _resumed("resume_refused", "416 for every Range", delivery.refused_range(), survivable=False),
    _at_cdn("cdn_expired", "every signed address is too old", expired_url()),
    _at_cdn("cdn_expired_once", "one signed address is too old, once", expired_url(), times=1, survivable=True),
    _pull(
        "cdn_single_use",
        "a signed address works once, and one blob breaks",
        _single_use,
        survivable=True,
    ),
    _at_cdn("cdn_500", "500 for every blob", statuses.status(500)),
    _at_cdn("cdn_503_once", "503 for one blob, once", statuses.status(503, retry_after="1"), times=1, survivable=True),
    _at_cdn("cdn_page", "a portal's page for every blob", statuses.html_page()),
    _pull(
        "cdn_hang",
        "one blob stops after ten bytes",
        lambda hub: hub.cdn.inject(delivery.hold(hub.gate(), at=10), times=1),
        waits=True,
    ),
    _at_cdn("cdn_loop", "the CDN leads in a circle", redirects.redirect_loop()),
    struck("blob_loop", "the registry leads in a circle", _BLOB, always(redirects.redirect_loop())),
    struck(
        "blob_unknown", "404 for blobs", _BLOB, always(statuses.registry_error(404, "BLOB_UNKNOWN", "blob unknown"))
    ),
    *(
        struck(f"blob_redirect_{n}", f"blobs are at {target}", _BLOB, always(redirects.redirect(target)))
        for n, target in redirects.HOSTILE_TARGETS.items()
    ),
]

TAG_LISTS = [
    *(
        struck(f"tags_{links.value}", f"tags in pages, next link: {links.value}", _TAGS, always(tags.paged_tags(links)))
        for links in tags.Links
        if links not in tags.GOOD_LINKS
    ),
    *(
        struck(
            f"tags_{links.value}",
            f"tags in pages, next link: {links.value}",
            _TAGS,
            always(tags.paged_tags(links)),
            survivable=True,
        )
        for links in tags.GOOD_LINKS
    ),
    struck("tags_null", "`tags: null`", _TAGS, always(tags.no_tags()), survivable=True),
    struck("tags_hostile", "tags that are paths and markup", _TAGS, always(tags.hostile_tags())),
]

PULLS: list[NamedFault] = [*TOKENS, *LIMITS, *MANIFESTS, *BLOBS, *TAG_LISTS]
