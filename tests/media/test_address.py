import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.media.address import scheme_of, without_secrets


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://10.0.0.7/live", "rtsp://10.0.0.7/live"),
        ("rtsp://admin:12345@10.0.0.7:554/live", "rtsp://10.0.0.7:554/live"),
        ("RTSP://admin@camera/1", "RTSP://camera/1"),
        ("rtsp://admin:p@ss@10.0.0.7/live", "rtsp://10.0.0.7/live"),
        ("rtsp://admin:pa/ss@10.0.0.7/live", "rtsp://10.0.0.7/live"),
        ("rtsp://admin:12/34@10.0.0.7/live", "rtsp://10.0.0.7/live"),
        ("rtsp://[fe80::1]:8554/a@b", "rtsp://[fe80::1]:8554/a@b"),
        ("http://camera.example:8080/live@1", "http://camera.example:8080/live@1"),
        ("http://h/v?channel=1&pwd=x&subtype=0", "http://h/v?channel=1&pwd=***&subtype=0"),
        ("http://h/v?Token=a%20b", "http://h/v?Token=***"),
        ("rtsp://h/user=admin&password=x&channel=1", "rtsp://h/user=***&password=***&channel=1"),
        ("rtsp://h/user=admin_password=x_channel=1", "rtsp://h/user=***"),
        ("video.mp4", "video.mp4"),
    ],
)
def test_what_is_shown_of_an_address(address, shown):
    assert without_secrets(address) == shown


@given(
    st.sampled_from(["rtsp", "rtsps", "http", "https"]),
    st.from_regex(r"[A-Za-z0-9!$&'()*+,;=:_.~%@/-]{0,20}", fullmatch=True),
)
def test_a_password_never_shows(scheme, noise):
    secret = "Zq9Secret"
    address = f"{scheme}://admin:{noise}{secret}{noise}@10.1.2.3:8554/stream"
    assert secret not in without_secrets(address)


@pytest.mark.parametrize(
    ("text", "scheme"),
    [("http://h", "http"), ("RTSPS://h", "rtsps"), ("C:\\a.mp4", None), ("C://a.mp4", None), ("a/b://c", None)],
)
def test_the_kind_of_an_address(text, scheme):
    assert scheme_of(text) == scheme
