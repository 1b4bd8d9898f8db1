"""A small certificate authority of our own, for https in a LAN, where no public authority knows the names.

DATA_DIR/tls/
  authority.pem  authority.key    ten years; clients have to trust `authority.pem`
  server.pem     server.key       one year, for the names and addresses of this host; what the service is set to
  names                           names that were given beside them, one a line

Keys are of mode 0600. A renewal keeps the key and replaces one file, so that no moment has a pair that does not fit.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagedepot.errors import Conflict, InvalidInput, NotFound, StorageFailure
from imagedepot.files.atomic import storage_errors, write_durably, write_whole
from imagedepot.model.names.host_port import HostPort
from imagedepot.wiring.served.host_names import host_names

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

RENEWED_BEFORE = timedelta(days=30)
_AUTHORITY_DAYS = 3652
_SERVER_DAYS = 365
_CLOCKS_DIFFER_BY = timedelta(hours=1)
_MOST_NAMES = 50


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as people see it; times are UTC, `fingerprint` is the sha256 of its bytes."""

    path: Path
    names: Sequence[str]
    begins: datetime
    ends: datetime
    fingerprint: str


class Authority:
    """`now` and `host` (names and addresses of this host) are for tests to inject."""

    def __init__(
        self,
        data_dir: Path,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        host: Callable[[], Sequence[str]] = host_names,
    ) -> None:
        self._folder = data_dir / "tls"
        self._now = now
        self._host = host
        self.certificate = self._folder / "authority.pem"
        self.server_certificate = self._folder / "server.pem"
        self.server_key = self._folder / "server.key"
        self._key = self._folder / "authority.key"
        self._names = self._folder / "names"

    def init(self, names: Iterable[str] = ()) -> tuple[Certificate, Certificate]:
        """Make the authority and a certificate for this host and `names`; both are returned.

        Raises `Conflict` when there is one already, `InvalidInput`, `StorageFailure`.
        """
        if self.certificate.exists():
            raise Conflict(
                f"There is an authority already: {self.certificate}; `imagedepot tls renew` makes a certificate"
            )
        given = _checked(names)
        with storage_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = _new_key()
        # The certificate last: it says that all is there.
        write_durably(self._names, "".join(f"{each}\n" for each in given).encode())
        write_whole(self._key, _pem_of(key), mode=0o600)
        certificate = self._signed_by_itself(key)
        self._write_server(key, certificate, given)
        write_durably(self.certificate, _pem_of(certificate))
        return self.show()

    def renew(self, names: Iterable[str] = ()) -> Certificate:
        """A new certificate for this host, the names that were given before, and `names`.

        Raises `NotFound` without an authority, `Conflict` when that has ended, `InvalidInput`, `StorageFailure`.
        """
        key, certificate = self._authority()
        if certificate.not_valid_after_utc <= self._now():
            raise Conflict(f"The authority has expired: remove {self._folder} and begin with `imagedepot tls init`")
        given = _checked([*self._given(), *names])
        write_durably(self._names, "".join(f"{each}\n" for each in given).encode())
        self._write_server(key, certificate, given)
        return self.show()[1]

    def renew_if_due(self) -> bool:
        """Whether the certificate had so little time left that it was renewed. Raises as `renew`.

        One that ends with its authority is not: a new one would end no later.
        """
        if not self.server_certificate.exists():
            return False
        end = _read(self.server_certificate).not_valid_after_utc
        if end - self._now() > RENEWED_BEFORE:
            return False
        if self._now() < _read(self.certificate).not_valid_after_utc <= end:
            return False
        self.renew()
        return True

    def show(self) -> tuple[Certificate, Certificate]:
        """The authority and the certificate. Raises `NotFound`, `StorageFailure`."""
        return _shown(self.certificate), _shown(self.server_certificate)

    def _given(self) -> Sequence[str]:
        try:
            return self._names.read_text().split()
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeDecodeError) as error:
            raise StorageFailure(f"Cannot read {self._names}") from error

    def _authority(self) -> tuple[EllipticCurvePrivateKey, x509.Certificate]:
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

        certificate, key = _read(self.certificate), _read_key(self._key)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise StorageFailure(f"{self._key} is not the key of the authority")
        return key, certificate

    def _signed_by_itself(self, key: EllipticCurvePrivateKey) -> x509.Certificate:
        from cryptography import x509

        name = _name(f"Image Depot on {socket.gethostname()}")
        builder = _builder(name, name, key, self._now(), self._now() + timedelta(days=_AUTHORITY_DAYS))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
        return _sign(builder, key, key)

    def _write_server(self, key: EllipticCurvePrivateKey, authority: x509.Certificate, given: Sequence[str]) -> None:
        from cryptography import x509
        from cryptography.x509.oid import ExtendedKeyUsageOID

        names = list(dict.fromkeys([*self._host(), *given]))
        ours = self._server_key()
        end = min(self._now() + timedelta(days=_SERVER_DAYS), authority.not_valid_after_utc)
        builder = _builder(_name(names[0]), authority.subject, ours, self._now(), end)
        for extension, critical in (
            (x509.SubjectAlternativeName([_general(each) for each in names]), False),
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_usage(signs_certificates=False), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        ):
            builder = builder.add_extension(extension, critical)
        write_durably(self.server_certificate, _pem_of(_sign(builder, ours, key)) + _pem_of(authority))

    def _server_key(self) -> Any:
        """The key of the server: the existing one, else a new one."""
        if self.server_key.exists():
            return _read_key(self.server_key)
        key = _new_key()
        write_whole(self.server_key, _pem_of(key), mode=0o600)
        return key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, now: datetime, end: datetime
) -> x509.CertificateBuilder:
    from cryptography import x509

    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - _CLOCKS_DIFFER_BY).not_valid_after(end)


def _sign(
    builder: x509.CertificateBuilder, key: EllipticCurvePrivateKey, by: EllipticCurvePrivateKey
) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    subject = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key())
    return builder.add_extension(subject, False).add_extension(issuer, False).sign(by, SHA256())


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _general(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _new_key() -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _pem_of(what: x509.Certificate | EllipticCurvePrivateKey) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    if isinstance(what, x509.Certificate):
        return what.public_bytes(Encoding.PEM)
    return what.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _read(path: Path) -> x509.Certificate:
    """Raises `NotFound`, `StorageFailure`."""
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except FileNotFoundError:
        raise NotFound(f"There is no {path}: begin with `imagedepot tls init`") from None
    except (OSError, ValueError) as error:
        raise StorageFailure(f"{path} cannot be read as a certificate") from error


def _read_key(path: Path) -> Any:
    """Raises `NotFound`, `StorageFailure`."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(path.read_bytes(), None)
    except FileNotFoundError:
        raise NotFound(f"There is no {path}: begin with `imagedepot tls init`") from None
    except (OSError, ValueError, TypeError) as error:
        raise StorageFailure(f"{path} cannot be read as a key") from error


def _shown(path: Path) -> Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    read = _read(path)
    try:
        found = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [str(each.value) for each in found]
    except x509.ExtensionNotFound:
        names = []
    fingerprint = read.fingerprint(SHA256()).hex()
    return Certificate(path, names, read.not_valid_before_utc, read.not_valid_after_utc, fingerprint)


def _checked(names: Iterable[str]) -> Sequence[str]:
    """Host names in lower case, and addresses. Raises `InvalidInput`."""
    found = list(dict.fromkeys(each.strip().lower().strip("[]") for each in names))
    for name in found:
        place = HostPort.parse(f"[{name}]" if ":" in name else name)
        if place is None or place.port is not None or not name.isascii() or len(name) > 253 or "*" in name[1:]:
            raise InvalidInput(f"Not the name or the address of a host: {name[:100]!r}")
    if len(found) > _MOST_NAMES:
        raise InvalidInput(f"A certificate has at most {_MOST_NAMES} further names")
    return found
