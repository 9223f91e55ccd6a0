"""`self_signed`: a certificate of this machine's own, for HTTPS where nobody issues one.

Browsers warn of it once; comparing the fingerprint that is printed with the one in the browser's warning tells that
nobody stands between. It is kept, so that they need not warn at the next start.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from mien.errors import MissingExtraError, OutputError
from mien.media.atomic import make_folder
from mien.web.address import machine_addresses

if TYPE_CHECKING:
    from cryptography import x509

_VALID: Final = datetime.timedelta(days=365)
_LEFT: Final = datetime.timedelta(days=7)  # with less than this to go, a new one is made
_FILE: Final = "self-signed.pem"


class Certificate(NamedTuple):
    """Where it is, and what to compare.

    Attributes:
        path: of a PEM file with the certificate and its key, which only its owner may read.
        fingerprint: SHA-256, as browsers show it.
    """

    path: Path
    fingerprint: str


def self_signed(folder: Path, names: Sequence[str]) -> Certificate:
    """The certificate in `folder`, made new where there is none that will do.

    Args:
        folder: where it is kept.
        names: that it is for, besides localhost and this machine's own.

    Raises:
        MissingExtraError: cryptography is not installed.
        OutputError: the folder cannot be written.
    """
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
    except ImportError as error:
        raise MissingExtraError("cryptography", "web", "--self-signed") from error

    path = folder / _FILE
    wanted = sorted({"localhost", "127.0.0.1", "::1", socket.gethostname().lower(), *machine_addresses(), *names})
    found = _read(path)
    if found is None or not _will_do(found, wanted):
        make_folder(folder)
        pem = _make(wanted)
        _write_private(path, pem)
        found = x509.load_pem_x509_certificate(pem)
    return Certificate(path, found.fingerprint(hashes.SHA256()).hex(":").upper())


def _read(path: Path) -> x509.Certificate | None:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (FileNotFoundError, ValueError):  # none yet, or none any more
        return None
    except OSError as error:
        raise OutputError(f"{path}: cannot be read ({error.strerror}); delete it, and it is made new") from error


def _will_do(certificate: x509.Certificate, names: Sequence[str]) -> bool:
    from cryptography import x509

    now = datetime.datetime.now(datetime.UTC)
    has = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    known = {*has.get_values_for_type(x509.DNSName), *map(str, has.get_values_for_type(x509.IPAddress))}
    return set(names) <= known and certificate.not_valid_after_utc - now > _LEFT


def _make(names: Sequence[str]) -> bytes:
    """PEM of the key and the certificate."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Mien on this machine")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))  # clocks differ
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _general_name(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write_private(path: Path, data: bytes) -> None:
    """Readable by its owner only from the first byte on; two servers that start at once leave one whole file."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(data)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot be written ({error.strerror}); give --cert and --key") from error
