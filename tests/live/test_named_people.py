"""People of a stream under the names that a gallery has for them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from mien.errors import GalleryError, InputError
from mien.gallery.enrol import Newcomer
from mien.gallery.gallery import Gallery
from mien.gallery.records import NewTemplate
from mien.gallery.stream_names import LEAST_LOOKS, StreamNames
from mien.live.engine import Engine
from mien.live.schedule_policy import POLICIES
from mien.live.watch import watch

ADA, EVE, STRANGER = np.eye(3, 128, dtype=np.float32)
LEFT, RIGHT = (20, 30, 70), (200, 120, 80)
FPS = 25.0
NAMED_S = (LEAST_LOOKS - 1) * POLICIES["embedding"].eager_s


@pytest.fixture
def gallery(tmp_path):
    """With Ada and Eve."""
    with Gallery(tmp_path / "people.db") as opened:
        for name, vector in (("Ada", ADA), ("Eve", EVE)):
            template = NewTemplate(vector=vector, quality=0.9, photo=name, photo_sha256=name)
            opened.add(Newcomer(name=name), [template])
        yield opened


@pytest.fixture
def seen(networks, reader):
    """`seen(left, right, quality=0.9)`: networks that see such faces in the halves of the picture."""

    def make(left=ADA, right=STRANGER, quality=0.9, attributes=("emotion",)):
        def look(faces):
            return {"embedding": np.array([left if box[0] < 150 else right for box in faces.boxes]).reshape(-1, 128)}

        def rate(faces):
            return {"quality": np.full(len(faces), quality), "quality_reasons": ((),) * len(faces)}

        readers = {"quality": reader(rate), "embedding": reader(look)}
        made = networks(attributes, hidden=("quality", "embedding"), **readers)
        return replace(made, embedding="embedding")

    return make


def run(source, networks, gallery):
    with Engine(source, networks, names=StreamNames(gallery)) as engine:
        return list(engine)


def told(frames, track):
    """(time, who) whenever that changes."""
    found = []
    for frame in frames:
        who = {person.track_id: person.who for person in frame.people}.get(track)
        if not found or found[-1][1] != who:
            found.append((round(frame.time_s, 3), who))
    return found


def test_who_is_enrolled_is_named_and_others_are_unknown(pictures, squares, seen, gallery):
    frames = run(pictures([squares([LEFT, RIGHT])] * 50), seen(), gallery)
    (_, first), (ada_s, ada) = told(frames, 1)
    assert (first, ada) == (None, "Ada")
    assert [who for _, who in told(frames, 2)] == [None, "unknown"]
    assert NAMED_S <= ada_s < NAMED_S + 0.3
    ada, stranger = frames[-1].people
    assert (ada.identity, stranger.identity) == ("Ada", None)
    assert (ada.match.decision.similarity, stranger.match.decision.reason) == (pytest.approx(1), "too far")
    assert (ada.quality, ada.embedding) == (None, None)  # shown nowhere, for they were not asked for
    content = json.loads(json.dumps(ada.to_dict()))
    assert content["identity"] == content["match"]["identity"] == "Ada"
    assert content["match"] == json.loads(json.dumps(ada.match.to_dict()))
    assert "match" not in frames[2].people[0].to_dict()


def test_it_is_told_by_the_events(pictures, squares, seen, gallery):
    frames = run(pictures([squares([LEFT])] * 50), seen(), gallery)
    events = [event for frame in frames for event in frame.events]
    appeared, named, left = (event.to_dict() for event in events if event.details.get("reason") != "settled")
    assert (appeared["event"], appeared["person"]["identity"]) == ("appeared", None)
    assert (named["event"], named["reason"], named["changed"]) == ("profile", "changed", ["identity"])
    assert (named["person"]["identity"], left["event"], left["person"]["identity"]) == ("Ada", "left", "Ada")


def test_poor_frames_name_nobody(pictures, squares, seen, gallery):
    frames = run(pictures([squares([LEFT])] * 75), seen(quality=0.05), gallery)
    assert told(frames, 1) == [(0.0, None)]


def test_one_who_comes_back_has_the_name_at_once(pictures, squares, seen, gallery):
    here, nobody = squares([LEFT]), squares([])
    frames = run(pictures([here] * 30 + [nobody] * 75 + [here] * 10), seen(), gallery)
    assert [who for _, who in told(frames, 1)] == [None, "Ada", None, "Ada"]
    back = next(frame for frame in frames[80:] if frame.people)
    assert back.people[0].who in ("Ada", None)  # None before it is known who came back
    assert frames[-1].people[0].identity == "Ada"


def test_names_are_drawn_unless_faces_are_blurred(pictures, squares, seen, gallery):
    frame = run(pictures([squares([LEFT])] * 25), seen(), gallery)[-1]
    with_name, without = frame.draw(), replace(frame, people=(frame.people[0].unrecognisable(),)).draw()
    assert (with_name != without).any()
    assert frame.people[0].unrecognisable().who is None
    blurred = frame.draw(blur=True)
    hidden = replace(frame, people=tuple(person.unrecognisable() for person in frame.people))
    assert (blurred == hidden.draw(blur=True)).all()


def test_networks_of_other_embeddings_are_refused(pictures, squares, networks, seen, gallery):
    for made, kind in ((networks(), "none"), (replace(seen(), embedding="sface"), "those of sface")):
        with pytest.raises(InputError, match=f"make {kind}; load them with embedding='embedding' and reidentify=True"):
            Engine(pictures([squares([])]), made, names=StreamNames(gallery))


def test_watch_names_the_people_of_a_gallery(tmp_path, draw_person):
    from PIL import Image

    (tmp_path / "shots").mkdir()
    for number in range(20):
        Image.fromarray(draw_person(2)).save(tmp_path / "shots" / f"{number:02}.png")
    place = tmp_path / "people.db"
    with Gallery(place) as gallery:
        gallery.enrol("Ada", draw_person(2))
        by_gallery = list(watch(tmp_path / "shots", attributes=["age"], gallery=gallery))
        assert gallery.people()[0].name == "Ada"  # it stays open
    by_place = list(watch(tmp_path / "shots", attributes=["age"], gallery=place))
    for frames in (by_gallery, by_place):
        assert [who for _, who in told(frames, 1)] == [None, "Ada"]
        assert frames[-1].people[0].age is not None
    assert told(list(watch(tmp_path / "shots", attributes=["age"])), 1) == [(0.0, None)]


def test_wrong_use_of_a_gallery(film, tmp_path):
    with pytest.raises(GalleryError, match="no gallery at"):
        next(watch(film, gallery=tmp_path / "people.db"))
    with Gallery(tmp_path / "people.db") as gallery:
        with pytest.raises(InputError, match="reidentify=True"):
            next(watch(film, gallery=gallery, attributes=["age"], reidentify=False))
        with pytest.raises(InputError):
            next(watch(film, gallery=gallery, fmr=0))
