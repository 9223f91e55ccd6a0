import pytest

from mien.errors import InputError
from mien.web.settings import Settings


def test_the_defaults_let_in_nobody_from_elsewhere():
    settings = Settings()
    assert (settings.host, settings.token, settings.tls) == ("127.0.0.1", None, False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org", ""])
def test_other_machines_are_let_in_with_a_token_only(host):
    with pytest.raises(InputError, match="nobody is asked for a token; set one, or bind to 127"):
        Settings(host=host)
    assert Settings(host=host, token="x" * 16).token == "x" * 16


@pytest.mark.parametrize("token", ["", "short", "x" * 15, "ü" * 20])
def test_a_token_that_can_be_guessed_is_refused(token):
    with pytest.raises(InputError, match="a token needs 16 ASCII characters or more; make one with python"):
        Settings(token=token)


@pytest.mark.parametrize(
    ("name", "value"),
    [("port", -1), ("port", 65536), ("threads", 0), ("max_pixels", 0), ("requests_per_s", 0.0), ("patience_s", -1.0)],
)
def test_numbers_out_of_range_are_refused_by_name(name, value):
    with pytest.raises(InputError, match=f"{name} must be .* got {value}"):
        Settings(**{name: value})
