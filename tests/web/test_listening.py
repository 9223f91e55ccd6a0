import socket
import ssl
import stat

import pytest

from mien.errors import InputError, OutputError
from mien.web import address
from mien.web.address import addresses
from mien.web.listen import listen
from mien.web.self_signed import self_signed
from mien.web.tls import tls_context


def test_any_free_port():
    with listen("127.0.0.1", 0) as listener:
        host, port = listener.getsockname()
        assert host == "127.0.0.1"
        with socket.create_connection((host, port)):
            pass


def test_a_port_that_is_taken():
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} of 127.0.0.1 taken by another program; choose another with"):
            listen("127.0.0.1", port)


def test_a_host_that_is_none():
    with pytest.raises(InputError, match=r"--host no-such-host.invalid: .*; give an address of this machine"):
        listen("no-such-host.invalid", 0)


@pytest.mark.parametrize(
    ("host", "options", "wanted"),
    [
        ("127.0.0.1", {}, ["http://127.0.0.1:8460/"]),
        ("localhost", {"tls": True}, ["https://localhost:8460/"]),
        ("::1", {}, ["http://[::1]:8460/"]),
        ("127.0.0.1", {"token": "t"}, ["http://127.0.0.1:8460/enter#t"]),
        ("127.0.0.1", {"token": "with #%"}, ["http://127.0.0.1:8460/enter#with%20%23%25"]),
        ("0.0.0.0", {"token": "t"}, ["http://192.0.2.7:8460/enter#t", "http://localhost:8460/enter#t"]),
        ("::", {"token": "t", "tls": True}, ["https://192.0.2.7:8460/enter#t", "https://localhost:8460/enter#t"]),
    ],
)
def test_what_to_type_into_a_browser(monkeypatch, host, options, wanted):
    monkeypatch.setattr(address, "machine_addresses", lambda: ["192.0.2.7"])
    assert addresses(host, 8460, **{"tls": False, "token": None} | options) == wanted


def test_a_self_signed_certificate_serves_tls_and_is_kept(tmp_path):
    made = self_signed(tmp_path / "tls", ["faces.example.org"])
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert self_signed(tmp_path / "tls", []) == made
    assert [path.name for path in (tmp_path / "tls").iterdir()] == ["self-signed.pem"]
    server = tls_context(made.path, made.path)
    trusting = ssl.create_default_context(cafile=made.path)
    assert names(server, trusting, "faces.example.org")
    assert names(server, trusting, "localhost")
    with pytest.raises(ssl.SSLCertVerificationError):
        names(server, trusting, "evil.example")


def names(server, client, name):
    """A handshake in memory: whether the client takes the server for `name`."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for side in sides:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return sides[0].getpeercert()["subject"]


def test_another_name_or_a_damaged_file_makes_a_new_certificate(tmp_path):
    first = self_signed(tmp_path, [])
    second = self_signed(tmp_path, ["another.example.org"])
    assert second.fingerprint != first.fingerprint
    second.path.write_bytes(b"damaged")
    assert self_signed(tmp_path, []).fingerprint not in (first.fingerprint, second.fingerprint)


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        self_signed(tmp_path / "file", [])


def test_certificates_that_cannot_be_used(tmp_path):
    made = self_signed(tmp_path, [])
    other = self_signed(tmp_path / "other", [])
    with pytest.raises(InputError, match=r"--cert .*missing.pem: No such file"):
        tls_context(tmp_path / "missing.pem", made.path)
    with pytest.raises(InputError, match=r"--key .*missing.pem: No such file"):
        tls_context(made.path, tmp_path / "missing.pem")
    with pytest.raises(InputError, match="give a certificate in PEM and its own key"):
        tls_context(made.path, other.path)
    (tmp_path / "text.pem").write_text("no certificate")
    with pytest.raises(InputError, match="give a certificate in PEM and its own key"):
        tls_context(tmp_path / "text.pem", made.path)
