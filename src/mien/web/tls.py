"""HTTPS: certificates that the operator has, and ones that the server makes for itself."""

from __future__ import annotations

import ssl
from pathlib import Path

from mien.errors import InputError


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """What connections are wrapped with.

    Args:
        certificate: PEM, with the chain behind it.
        key: PEM, without a password.

    Raises:
        InputError: a file cannot be read, or is not what it should be.
    """
    for option, path in (("--cert", certificate), ("--key", key)):
        try:
            with path.open("rb"):
                pass
        except OSError as error:
            raise InputError(f"{option} {path}: {error.strerror}; give a PEM file that you may read") from error
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # Where a password is wanted, OpenSSL would ask for it on the terminal.
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        raise InputError(
            f"--cert {certificate} and --key {key}: {error.reason or error}; "
            "give a certificate in PEM and its own key, without a password"
        ) from error
    return context
