"""Users, their sessions and tokens, and sign-in at a proxy, over the database."""

from __future__ import annotations

from imagedepot.config import Settings
from imagedepot.database.connection import Database
from imagedepot.database.rows.signing_keys import SigningKeys
from imagedepot.database.rows.tokens import TokenRows
from imagedepot.database.rows.users import UserRows
from imagedepot.model.access.groups import GroupRoles
from imagedepot.service.access.access import Access
from imagedepot.service.access.known_browsers import KnownBrowsers
from imagedepot.service.access.login_throttle import Attempt, LoginThrottle
from imagedepot.service.access.passwords import Passwords
from imagedepot.service.access.proxy_sign_in import ProxySignIn
from imagedepot.service.access.tokens import Tokens
from imagedepot.service.happenings import Happenings, login_attempts


def open_access(database: Database, happenings: Happenings) -> Access:
    """`happenings` publishes a warning when passwords are being guessed."""

    def guessed(attempt: Attempt) -> None:
        happenings.publish(login_attempts(attempt.username, attempt.address, attempt.notable))

    browsers = KnownBrowsers(SigningKeys(database).get("browsers"))
    tokens = Tokens(TokenRows(database))
    return Access(UserRows(database), Passwords(), LoginThrottle(), browsers, tokens, guessed=guessed)


def open_proxy_sign_in(access: Access, settings: Settings) -> ProxySignIn:
    roles = GroupRoles(settings.admin_groups, settings.member_groups)
    return ProxySignIn(access, settings.sign_in_proxies, settings.user_header, settings.groups_header, roles)
