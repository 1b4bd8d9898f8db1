"""What the audit trail calls each change."""

from __future__ import annotations

from imagedepot.api.http.operation import BASE, Operation
from imagedepot.model.access.audit import LOGIN

_NAMES = {
    "POST /login": LOGIN,
    "POST /session/openid": "",  # strangers may, and it changes nothing
    "POST /session/openid/finish": LOGIN,
    "PUT /logout": "logout",
    "POST /session/setup": "user.setup",
    "DELETE /sessions/{id}": "session.end",
    "POST /users": "user.add",
    "PATCH /users/{username}": "user.change",
    "DELETE /users/{username}": "user.remove",
    "POST /tokens": "token.add",
    "DELETE /tokens/{id}": "token.remove",
    "PUT /settings/{setting}": "setting.change",
    "DELETE /settings/{setting}": "setting.reset",
    "DELETE /settings": "setting.reset",
    "POST /catalogs": "catalog.add",
    "DELETE /catalogs": "catalog.remove",
    "POST /catalogs/refresh": "catalog.refresh",
    "PUT /registries/{host}": "registry.login",
    "DELETE /registries/{host}": "registry.logout",
    "POST /image/{from}/{type}/{name}/{tag}/download": "download.add",
    "POST /downloads/{id}/retry": "download.retry",
    "POST /downloads/{id}/move": "download.move",
    "DELETE /downloads": "download.clear",
    "DELETE /downloads/{id}": "download.remove",
    "DELETE /image/{from}/{type}/{name}": "image.remove",
    "POST /images/import": "image.load",
    "POST /image/{type}/{name}/{tag}/load": "image.give",
    "DELETE /engine-loads/{id}": "image.give_end",
    "POST /mirror/images/{name}/{tag}/keep": "mirror.keep",
    "DELETE /mirror/images/{name}/{tag}": "mirror.drop",
    "POST /notifications": "notification.add",
    "DELETE /notifications/{id}": "notification.remove",
    "POST /notifications/{id}/test": "notification.test",
    "POST /updates/check": "updates.check",
    "POST /updates/download": "updates.download",
    "POST /updates/preview": "",  # every user may, and it changes nothing
    "PUT /updates/rules/{pattern}": "updates.put_rule",
    "DELETE /updates/rules/{pattern}": "updates.remove_rule",
    "PUT /stores/{type}": "store.choose",
    "POST /stores/{type}/work": "store.images",
    "DELETE /stores/{type}/work": "store.stop",
    "POST /space/cleanup": "space.clean_up",
    "POST /space/verify": "space.verify",
}


def action_of(operation: Operation) -> str:
    """The name of a change; "" for no event."""
    return _NAMES[f"{operation.method} {operation.address.removeprefix(BASE)}"]
