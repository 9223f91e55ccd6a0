import pytest

from mien.web.problems import Problem
from mien.web.tokens import TokenKeeper

TOKEN = "the right token, long enough"


def keeper():
    return TokenKeeper(TOKEN, wrong_per_minute=3)


def status(keeper, *, client="a", **given):
    try:
        keeper.check(**{"authorization": None, "cookie": None} | given, client=client)
    except Problem as problem:
        return problem.status.value
    return 200


def test_without_a_token_everyone_is_let_in():
    assert status(TokenKeeper(None, wrong_per_minute=3)) == 200


@pytest.mark.parametrize(
    ("authorization", "wanted"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer  {TOKEN} ", 200),
        (f"Basic {TOKEN}", 401),
        (TOKEN, 401),
        ("Bearer ", 401),
        ("Bearer wrong", 401),
        ("Bearer w\xf6rong", 401),
        (f"Bearer {TOKEN[:-1]}", 401),
        (None, 401),
    ],
)
def test_the_header(authorization, wanted):
    assert status(keeper(), authorization=authorization) == wanted


def test_the_cookie_is_not_the_token_and_is_new_in_every_run():
    one, other = keeper(), keeper()
    assert one.cookie_value != other.cookie_value
    assert TOKEN not in one.cookie_value
    assert status(one, cookie=one.cookie_value) == 200
    assert status(one, cookie=other.cookie_value) == 401
    assert status(one, cookie=TOKEN) == 401


def test_guessing_is_slowed_down_but_whoever_is_in_stays_in():
    one = keeper()
    assert [status(one, authorization=f"Bearer {n}") for n in range(5)] == [401, 401, 401, 429, 429]
    assert status(one, authorization=f"Bearer {TOKEN}") == 429  # not looked at: else guessing would not be slowed down
    assert status(one, cookie=one.cookie_value) == 200
    assert status(one, authorization=f"Bearer {TOKEN}", client="another") == 200


def test_right_tokens_are_not_counted():
    one = keeper()
    assert {status(one, authorization=f"Bearer {TOKEN}") for _ in range(50)} == {200}


def test_when_to_come_back_is_told():
    one = keeper()
    for n in range(3):
        status(one, authorization=f"Bearer {n}")
    with pytest.raises(Problem) as told:
        one.check_token(TOKEN, client="a")
    assert 1 <= int(told.value.headers["Retry-After"]) <= 20
