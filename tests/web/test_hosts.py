import socket

import pytest

from mien.web.hosts import check_host, check_origin, own_names
from mien.web.problems import Problem

NAMES = own_names(["Profiles.Example.org"])


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8460",
        "LOCALHOST:1",
        "localhost.:80",
        "127.0.0.1:8460",
        "192.168.1.7",
        "[::1]:8460",
        "[2001:db8::1]",
        "profiles.example.org",
        socket.gethostname(),
    ],
)
def test_names_and_addresses_of_ours(host):
    check_host(host, NAMES)


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "localhost.evil.example", "evil.example:8460", "[", "127.0.0.1.evil.example", "a b", "[::1"],
)
def test_a_name_of_somebody_else(host):
    with pytest.raises(Problem, match="a request for the host") as told:
        check_host(host, NAMES)
    assert told.value.status == 403
    assert "--allow-host" in told.value.remedy


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:8460", "localhost:8460"),
        ("https://192.168.1.7:8460", "192.168.1.7:8460"),
        ("http://[::1]:8460", "[::1]:8460"),
        ("http://LOCALHOST", "localhost"),
    ],
)
def test_pages_of_ours(origin, host):
    check_origin(origin, host)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://localhost:9999",
        "http://localhost",
        "null",
        "",
        "http://[",
        "file://",
        "chrome-extension://localhost:8460",
        "http://localhost:8460.evil.example",
    ],
)
def test_a_page_of_somebody_else(origin):
    with pytest.raises(Problem, match="a request from a page of") as told:
        check_origin(origin, "localhost:8460")
    assert told.value.status == 403
