import threading

import pytest

from mien.errors import UnknownNameError
from mien.web import profilers
from mien.web.profilers import Profilers


def test_a_profiler_is_loaded_once_whoever_asks():
    shared = Profilers()
    found = []
    threads = [threading.Thread(target=lambda: found.append(shared.get(("quality",), "yunet"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(one) for one in found}) == 1
    assert len(found) == 4


def test_those_not_used_for_longest_are_dropped(monkeypatch):
    monkeypatch.setattr(profilers, "_KEPT", 2)
    shared = Profilers()
    first = shared.get((), "haar")
    second = shared.get((), "yunet")
    assert shared.get((), "haar") is first
    shared.get(("quality",), "haar")
    assert shared.get((), "haar") is first
    assert shared.get((), "yunet") is not second


def test_an_unknown_name_leaves_nothing_behind():
    shared = Profilers()
    with pytest.raises(UnknownNameError):
        shared.get(("nonsense",), "yunet")
    assert shared.state == "not loaded"
