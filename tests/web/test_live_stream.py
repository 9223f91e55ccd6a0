import pytest

from mien.errors import InputError
from mien.live.networks import load_networks
from mien.live.settings import LiveSettings
from mien.web.live.stream import PeopleStream

UNHURRIED = LiveSettings(every=1, budget_ms=1000)  # reads all that is due, however busy the machine


@pytest.fixture(scope="module")
def networks():
    return load_networks(("age", "emotion", "pose"))


def test_somebody_who_stays_is_one_person(networks, draw_faces):
    stream = PeopleStream(networks, UNHURRIED)
    seen = [stream.people(draw_faces(240, 320, [(110 + 4 * n, 120, 140)]), n / 5) for n in range(10)]
    assert [[person.track_id for person in people] for people in seen] == [[], *[[1]] * 9]
    last = seen[-1][0]
    assert last.age is not None
    assert last.emotion is not None
    assert last.seen_s == pytest.approx(1.6)


def test_a_frame_a_second_is_enough(networks, draw_faces):
    """As on a machine that has far too much to do."""
    stream = PeopleStream(networks)
    seen = [stream.people(draw_faces(240, 320, [(110 + 4 * n, 120, 140)]), n * 1.5) for n in range(8)]
    assert [[person.track_id for person in people] for people in seen[1:]] == [[1]] * 7


def test_who_goes_and_comes_back_is_known_again(networks, draw_faces):
    stream = PeopleStream(networks, UNHURRIED)
    face, nobody = draw_faces(240, 320, [(160, 120, 140)]), draw_faces(240, 320, [])
    for n in range(10):
        stream.people(face, n / 5)
    assert [stream.people(nobody, 2 + n) for n in range(5)][1:] == [()] * 4
    back = [stream.people(face, 10 + n / 5) for n in range(10)]
    assert [person.track_id for person in back[-1]] == [1]
    assert back[-1][0].presence.visits == 2


def test_a_camera_may_change_its_size(networks, draw_faces):
    stream = PeopleStream(networks)
    for n in range(3):
        stream.people(draw_faces(240, 320, [(160, 120, 140)]), n / 5)
    (person,) = stream.people(draw_faces(480, 640, [(320, 240, 280)]), 0.6)
    assert person.track_id == 1


def test_time_runs_forward(networks, draw_faces):
    stream = PeopleStream(networks)
    stream.people(draw_faces(240, 320, []), 1.0)
    with pytest.raises(InputError, match="time_s must not go back"):
        stream.people(draw_faces(240, 320, []), 0.5)


def test_nobody(networks, draw_faces):
    assert PeopleStream(networks).people(draw_faces(240, 320, []), 0.0) == ()
