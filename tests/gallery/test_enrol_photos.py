"""Enrolling from photos, with the real networks on drawn faces."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from mien.errors import ImageError, InputError
from mien.gallery import photos as photo_reading
from mien.gallery.enrolment import Rules
from mien.gallery.photos import Photo
from mien.media.images import read_image

TWINS = Rules(allow_lookalikes=True)
"""Drawn faces are all much alike."""


def save(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
    return path


@pytest.fixture
def ada(tmp_path, draw_person):
    """A folder with three photos that differ, one that is a copy, and one in a subfolder."""
    folder = tmp_path / "ada"
    for shot in range(3):
        save(folder / f"{shot}.png", draw_person(2, shot))
    save(folder / "copy.jpg", draw_person(2, 0))
    save(folder / "more" / "4.png", draw_person(2, 4))
    return folder


def test_a_folder_of_photos_is_a_person(sqlite_gallery, ada):
    report = sqlite_gallery.enrol("Ada", str(ada), consent="form", rules=TWINS)
    told = {outcome.photo.rsplit("/")[-1]: (outcome.status, outcome.reason) for outcome in report.outcomes}
    assert told.keys() == {"0.png", "1.png", "2.png", "copy.jpg", "4.png"}
    assert told["0.png"] == ("enrolled", None)
    status, reason = told["copy.jpg"]
    assert status == "refused"
    assert reason.startswith("nearly the same picture as ")
    assert report.person.templates == report.count("enrolled") >= 2
    assert all(template.quality > 0.2 for template in sqlite_gallery.templates("Ada"))


def test_search_finds_them_in_a_photo_with_others(sqlite_gallery, draw_person):
    for name, seed in (("Ada", 2), ("Eve", 5)):
        sqlite_gallery.enrol(name, draw_person(seed), rules=TWINS)
    both = np.hstack([draw_person(5), draw_person(2)])
    found = sqlite_gallery.search(both, fmr=0.5, margin=0.0)
    left_to_right = [found.faces.identity[place] for place in np.argsort(found.faces.boxes[:, 0])]
    assert left_to_right == ["Eve", "Ada"]
    line = found.to_dicts()[0]
    assert line["identity"] == line["match"]["identity"]
    assert line["embedding"] is None
    assert line["match"]["decision"]["gallery_size"] == 2


def test_nobody_in_view_is_an_empty_answer(sqlite_gallery, draw_person):
    sqlite_gallery.enrol("Ada", draw_person(2))
    found = sqlite_gallery.search(np.zeros((100, 100, 3), np.uint8))
    assert (len(found.faces), found.matches, found.faces.identity) == (0, (), ())


def refused(gallery, photo, **rules):
    report = gallery.enrol("Ada", photo, rules=Rules(**rules))
    (outcome,) = report.outcomes
    assert outcome.status in ("refused", "error")
    assert report.person is None
    assert gallery.people() == []
    return outcome.reason


def test_a_photo_with_two_faces_is_refused_or_gives_the_largest(sqlite_gallery, draw_person):
    small = np.asarray(Image.fromarray(draw_person(5)).resize((200, 200)))
    both = np.full((300, 500, 3), 128, np.uint8)
    both[:, :300], both[:200, 300:] = draw_person(2), small
    assert refused(sqlite_gallery, both) == "2 faces; crop it to one, or take the largest with --largest"
    report = sqlite_gallery.enrol("Ada", both, rules=Rules(largest=True))
    assert report.count("enrolled") == 1
    found = sqlite_gallery.search(draw_person(2), fmr=0.5)
    assert found.matches[0].candidates[0].similarity > 0.9


def test_a_photo_without_a_face_is_refused(sqlite_gallery):
    assert refused(sqlite_gallery, np.zeros((80, 80, 3), np.uint8)) == "no face found"


def test_poor_pictures_are_refused_with_the_reason(sqlite_gallery, draw_person):
    small = np.asarray(Image.fromarray(draw_person(2)).resize((44, 44)).resize((300, 300)))
    reason = refused(sqlite_gallery, small)
    assert reason.startswith("poor picture: ")
    assert "flat" in reason
    assert reason.endswith(", wanted 0.2)")
    assert sqlite_gallery.enrol("Ada", small, rules=Rules(least_quality=0)).count("enrolled") == 1


def test_files_that_cannot_be_read_are_told(sqlite_gallery, tmp_path, draw_person):
    good = save(tmp_path / "good.png", draw_person(2))
    (tmp_path / "text.jpg").write_text("hello there")
    (tmp_path / "empty.jpg").touch()
    report = sqlite_gallery.enrol("Ada", [tmp_path / "text.jpg", good, tmp_path / "empty.jpg", tmp_path / "gone.jpg"])
    assert [outcome.status for outcome in report.outcomes] == ["error", "enrolled", "error", "error"]
    assert report.outcomes[0].reason.startswith("not a picture; it begins with b'hello th'")
    assert report.outcomes[2].reason == "empty (0 bytes); copy or download it again"
    assert report.outcomes[3].reason == "no such file"
    with pytest.raises(ImageError, match="no such file or folder"):
        sqlite_gallery.enrol("Ada", str(tmp_path / "nowhere"))


def test_a_run_that_is_taken_up_again_reads_only_what_is_missing(sqlite_gallery, ada, monkeypatch):
    first = sqlite_gallery.enrol("Ada", ada, rules=TWINS)
    enrolled = {outcome.photo for outcome in first.outcomes if outcome.status == "enrolled"}
    read = []
    monkeypatch.setattr(
        photo_reading,
        "read_image",
        lambda source, limits: read.append(str(source)) or read_image(source, limits=limits),
    )
    again = sqlite_gallery.enrol("Ada", ada, rules=TWINS)
    assert {outcome.photo for outcome in again.outcomes if outcome.status == "known"} == enrolled
    assert not enrolled & set(read)
    assert again.person.templates == first.person.templates
    # A file of the same content under another name is the same photo.
    moved = ada / "0.png"
    moved.rename(ada / "moved.png")
    (outcome,) = sqlite_gallery.enrol("Ada", ada / "moved.png").outcomes
    assert outcome.status == "known"


def test_photos_come_in_every_form(sqlite_gallery, tmp_path, draw_person):
    path = save(tmp_path / "2.png", draw_person(2))
    file = io.BytesIO(save(tmp_path / "3.png", draw_person(3)).read_bytes())
    sources = [path, file, Photo(draw_person(5), "upload.png"), Image.fromarray(draw_person(1))]
    for number, source in enumerate(sources):
        assert sqlite_gallery.enrol(f"person {number}", source, rules=TWINS).count("enrolled") == 1
    photos = [sqlite_gallery.templates(f"person {number}")[0].photo for number in range(4)]
    assert photos == [str(path), "BytesIO", "upload.png", "Image"]
    (outcome,) = sqlite_gallery.enrol("person 2", draw_person(5), rules=TWINS).outcomes
    assert outcome.status == "known"  # the same pixels, though there is no file


def test_crops_are_kept_only_where_that_is_asked_for(sqlite_gallery, draw_person):
    sqlite_gallery.enrol("Ada", draw_person(2), rules=TWINS)
    person = sqlite_gallery.enrol("Eve", draw_person(5), rules=Rules(allow_lookalikes=True, keep_crops=True)).person
    assert person.crops == 1
    assert sqlite_gallery.person("Ada").crops == 0
    (template,) = sqlite_gallery.templates("Eve")
    crop = read_image(sqlite_gallery.crop(template.number).jpeg)
    assert max(crop.shape) <= 288
    assert sqlite_gallery.crop(1) is None


@pytest.mark.parametrize("name", ["", "x" * 10_000, "p_0123456789ab"])
def test_a_name_that_cannot_be_used_stops_before_photos_are_read(sqlite_gallery, name):
    with pytest.raises(InputError):
        sqlite_gallery.enrol(name, "nowhere")


def test_rules_are_checked():
    with pytest.raises(InputError, match="least_quality must be from 0 to 1, got 2"):
        Rules(least_quality=2)


def test_progress_is_told_once_a_photo(sqlite_gallery, ada):
    for _ in range(2):
        told = []
        report = sqlite_gallery.enrol("Ada", ada, rules=TWINS, progress=lambda told=told: told.append(1))
        assert len(told) == len(report.outcomes) == 5
