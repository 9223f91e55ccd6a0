from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mien.errors import InputError
from mien.gallery.enrolment import Rules
from mien.gallery.photos import Photo

ALL = Rules(allow_lookalikes=True)


@pytest.fixture
def party(draw_person):
    """Ada in three photos, twice with Eve, and a photo of nobody."""
    return [
        Photo(np.hstack([draw_person(1), draw_person(5)]), "both 1"),
        Photo(np.hstack([draw_person(5, 1), draw_person(1, 3)]), "both 2"),
        Photo(draw_person(1, 2), "Ada alone"),
        Photo(np.zeros((90, 90, 3), np.uint8), "nobody"),
    ]


def photos(groups, number):
    return [face.photo for face in groups.group(number)]


def test_people_are_grouped_over_photos(sqlite_gallery, party):
    told = []
    groups = sqlite_gallery.group(party, fmr=1e-5, progress=lambda: told.append(1))
    assert groups.count == 2
    assert photos(groups, 1) == ["both 1", "both 2", "Ada alone"]
    assert photos(groups, 2) == ["both 1", "both 2"]
    assert len(told) == 4
    assert groups.unread == ()
    assert sqlite_gallery.people() == []


def test_groups_become_people_without_names_and_are_known_then(sqlite_gallery, party):
    groups = sqlite_gallery.group(party, fmr=1e-5)
    people = [sqlite_gallery.enrol_group(groups.group(number), rules=ALL).person for number in (1, 2)]
    assert [person.name for person in people] == [None, None]
    again = sqlite_gallery.group(party, fmr=1e-5)
    identities = [face.identity for face in again.faces]
    assert {identity for identity in identities if identity} == {person.id for person in people}
    assert sqlite_gallery.rename(people[0].id, "Ada").name == "Ada"
    assert "Ada" in [face.identity for face in sqlite_gallery.group(party, fmr=1e-5).faces]


def test_poor_faces_and_unread_photos_are_told_and_left_out(sqlite_gallery, party, draw_person):
    small = np.asarray(Image.fromarray(draw_person(1)).resize((44, 44)).resize((300, 300)))
    groups = sqlite_gallery.group([*party[:2], Photo(small, "poor"), Photo(b"text", "text.jpg")], fmr=1e-5)
    (poor,) = [face for face in groups.faces if face.photo == "poor"]
    assert (poor.group, poor.template) == (None, None)
    assert [(outcome.photo, outcome.status) for outcome in groups.unread] == [("text.jpg", "error")]
    with pytest.raises(InputError, match="false-match rate"):
        sqlite_gallery.group(party, fmr=0)


def test_no_photos_of_anybody(sqlite_gallery):
    groups = sqlite_gallery.group([Photo(np.zeros((90, 90, 3), np.uint8))])
    assert (groups.count, groups.faces) == (0, ())
