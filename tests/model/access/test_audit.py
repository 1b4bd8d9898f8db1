"""Events of the audit trail."""

from __future__ import annotations

from imagedepot.model.access.audit import AuditEvent


def test_what_the_owner_does_is_kept_without_the_logins_in_addresses() -> None:
    address = "https://eve:S3CRET@x.example/c.json?sig=S3CRET"
    event = AuditEvent.by_owner("catalog.remove", address, f"There is no catalog {address}")
    assert (event.target, event.error) == ("https://…@x.example/c.json?…", f"There is no catalog {event.target}")
