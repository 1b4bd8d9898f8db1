"""The sign-in at an identity provider, where one is set up."""

from __future__ import annotations

from imagedepot.config import Settings
from imagedepot.errors import InvalidSetting
from imagedepot.model.access.groups import GroupRoles
from imagedepot.service.access.access import Access
from imagedepot.service.access.login_throttle import LoginThrottle
from imagedepot.service.access.openid import OpenIdFacts, OpenIdSignIn
from imagedepot.wiring.cold import Cold

_FILE = "IMAGEDEPOT_OIDC_CLIENT_SECRET_FILE"


def open_openid(access: Access, cold: Cold, settings: Settings, key: bytes | None = None) -> OpenIdSignIn:
    """`key`: what the nodes of a fleet share. Asks nothing of the provider.

    Raises `InvalidSetting` for a secret that cannot be read."""
    if settings.oidc_issuer is None:
        return OpenIdSignIn(access, LoginThrottle(), None, None)
    # Late: most services have no such sign-in.
    from imagedepot.remote.oidc.provider import Client, Provider

    client = Client(settings.oidc_client_id, _secret(settings), settings.oidc_scopes)
    facts = OpenIdFacts(
        settings.oidc_name,
        settings.oidc_issuer,
        settings.oidc_user_claim,
        settings.oidc_groups_claim,
        GroupRoles(settings.admin_groups, settings.member_groups),
    )
    provider = Provider(cold.upstreams.transport, settings.oidc_issuer, client)
    return OpenIdSignIn(access, LoginThrottle(), facts, provider, key=key)


def _secret(settings: Settings) -> str:
    file = settings.oidc_client_secret_file
    if file is None:
        return ""
    try:
        secret = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSetting(_FILE, f"{file} cannot be read") from error
    if not secret:
        raise InvalidSetting(_FILE, f"{file} is empty")
    return secret
