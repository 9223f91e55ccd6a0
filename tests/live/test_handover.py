from __future__ import annotations

import threading

import pytest

from mien.live.handover import Handover


def latest(earlier, later):
    return earlier + later


def test_items_come_in_order_and_then_the_line_has_ended():
    line = Handover(room=3)
    with line:
        assert [line.put(number) for number in (1, 2, 3)] == [True] * 3
    assert not line.ended
    assert [line.get() for _ in range(3)] == [1, 2, 3]
    assert line.ended
    assert line.get() is None


def test_who_puts_into_a_full_line_waits_for_who_takes():
    line, put = Handover(room=1), []

    def fill():
        with line:
            put.extend(number for number in range(5) if line.put(number))

    thread = threading.Thread(target=fill)
    thread.start()
    taken = []
    while not line.ended:
        taken.append(line.get())
        assert len(put) <= len(taken) + 1
    thread.join()
    assert (taken, put) == ([0, 1, 2, 3, 4], [0, 1, 2, 3, 4])


def test_the_latest_takes_the_place_of_what_nobody_took():
    line = Handover(room=2, replace=latest)
    with line:
        for letter in "abc":
            assert line.put(letter, latest=True)
    assert (line.get(), line.replaced) == ("abc", 2)


def test_an_error_is_raised_after_what_was_put_before_it():
    line = Handover(room=2)
    with line:
        line.put("before")
        raise ZeroDivisionError
    assert line.get() == "before"
    assert not line.ended
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            line.get()


def test_nothing_in_time():
    assert Handover(room=1).get(0.0) is None


def test_an_abandoned_line_holds_nobody_up():
    line, answers = Handover(room=1), []
    line.put("first")
    thread = threading.Thread(target=lambda: answers.append(line.put("second")))
    thread.start()
    left = line.abandon()
    thread.join(60)
    assert (left, answers, line.ended, line.get(), line.put("third")) in ((("first",), [False], True, None, False),)
    assert line.abandon() == ()


def test_an_abandoned_line_raises_nothing():
    line = Handover(room=1)
    line.abandon()
    with line:
        raise ZeroDivisionError
    assert line.get() is None
