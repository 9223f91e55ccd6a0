import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.web import rate
from mien.web.rate import RateLimit, client_of


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_a_burst_then_one_by_one():
    clock = Clock()
    limit = RateLimit(per_s=2, burst=3, clock=clock)
    assert [limit.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    clock.now += 0.25
    assert limit.take("a") == 0.25
    clock.now += 0.25
    assert [limit.take("a"), limit.take("a")] == [0, 0.5]


def test_clients_do_not_share():
    limit = RateLimit(per_s=1, burst=1, clock=Clock())
    assert [limit.take("a"), limit.take("b"), limit.take("a")] == [0, 0, 1]


def test_asking_takes_nothing():
    limit = RateLimit(per_s=1, burst=1, clock=Clock())
    assert [limit.wait_s("a"), limit.wait_s("a"), limit.take("a"), limit.wait_s("a")] == [0, 0, 0, 1]


def test_memory_is_bounded_and_whoever_was_seen_last_is_kept(monkeypatch):
    monkeypatch.setattr(rate, "_CLIENTS", 2)
    limit = RateLimit(per_s=1, burst=1, clock=Clock())
    assert [limit.take(name) for name in "abc"] == [0, 0, 0]
    assert [limit.wait_s(name) for name in "abc"] == [0, 1, 1]


@given(st.lists(st.floats(0, 5), max_size=60), st.integers(1, 5), st.floats(0.1, 10))
def test_never_more_than_the_burst_and_what_flows_in(steps, burst, per_s):
    clock = Clock()
    limit = RateLimit(per_s=per_s, burst=burst, clock=clock)
    taken = 0
    for step in steps:
        clock.now += step
        taken += limit.take("a") == 0
    assert taken <= burst + sum(steps) * per_s + 1e-6


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        (None, "unknown"),
        ("a socket", "a socket"),
    ],
)
def test_who_counts_as_one_client(address, client):
    assert client_of(address) == client
