"""`imagedepot tls`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.output import note, print_json, say

if TYPE_CHECKING:
    from imagedepot.server.tls.authority import Authority, Certificate

commands = typer.Typer(no_args_is_help=True, help="https in your network, by a small certificate authority of our own.")

Names = Annotated[
    list[str] | None,
    typer.Option("--name", metavar="HOST", help="A further name or address of this host; can be repeated."),
]


@commands.command()
def init(context: typer.Context, name: Names = None, as_json: AsJson = False) -> None:
    """Make an authority (10 years) and a certificate of this host (1 year)."""
    authority = _authority(context)
    made = authority.init(name or ())
    _show(made, as_json)
    if not as_json:
        note("Start the service with these settings; it renews the certificate by itself:")
        note(f"IMAGEDEPOT_TLS_CERT={authority.server_certificate}")
        note(f"IMAGEDEPOT_TLS_KEY={authority.server_key}")
        note(f"Clients trust it once they have {authority.certificate}; docs/registry.md says where each keeps it.")


@commands.command()
def renew(context: typer.Context, name: Names = None, as_json: AsJson = False) -> None:
    """Make a new certificate, with the names and addresses that the host has now.

    A running service takes it within a minute, without a restart.
    """
    authority = _authority(context)
    authority.renew(name or ())
    _show(authority.show(), as_json)


@commands.command()
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the authority and the certificate."""
    _show(_authority(context).show(), as_json)


def _authority(context: typer.Context) -> Authority:
    # Late: only these commands make certificates.
    from imagedepot.server.tls.authority import Authority

    return Authority(start_of(context).settings().data_dir)


def _show(found: tuple[Certificate, Certificate], as_json: bool) -> None:
    authority, server = found
    if as_json:
        print_json({"authority": _row(authority), "certificate": {**_row(server), "names": list(server.names)}})
        return
    for title, each in (("authority", authority), ("certificate", server)):
        say(f"{title}: {each.path}")
        say(f"  valid from {each.begins:%Y-%m-%d} to {each.ends:%Y-%m-%d}")
        say(f"  sha256 {each.fingerprint}")
        if each.names:
            say(f"  for {', '.join(each.names)}")


def _row(certificate: Certificate) -> dict[str, Any]:
    return {
        "path": str(certificate.path),
        "begins": certificate.begins.isoformat(),
        "ends": certificate.ends.isoformat(),
        "sha256": certificate.fingerprint,
    }
