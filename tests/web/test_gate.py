import threading
from http import HTTPStatus

import pytest

from mien.web.gate import Gate
from mien.web.problems import Problem


def test_one_more_than_may_run_is_told_to_come_back():
    gate = Gate("uploads", running=2)
    with gate.turn(), gate.turn():
        with pytest.raises(Problem) as told, gate.turn():
            pass
        assert told.value.status is HTTPStatus.SERVICE_UNAVAILABLE
        assert told.value.got == "more uploads than this server takes at once"
        assert told.value.headers == {"Retry-After": "1"}
    with gate.turn():
        pass


def test_who_waits_gets_the_next_turn():
    gate = Gate("pictures", running=1, waiting=1, patience_s=60)
    order = []

    def second():
        with gate.turn():
            order.append("second")

    thread = threading.Thread(target=second)
    with gate.turn():
        thread.start()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_waiting_too_long_gives_the_place_back():
    gate = Gate("pictures", running=1, waiting=1, patience_s=0.01)
    with gate.turn():
        for _ in range(3):
            with pytest.raises(Problem), gate.turn():
                pass
    with gate.turn():
        pass


def test_a_turn_ends_with_an_error():
    gate = Gate("pictures", running=1)
    with pytest.raises(ZeroDivisionError), gate.turn():
        raise ZeroDivisionError
    with gate.turn():
        pass
