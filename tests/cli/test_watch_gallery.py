"""`mien watch --gallery`: people of a stream by name."""

from __future__ import annotations

import json
import sqlite3

import pytest
from PIL import Image

from mien.gallery.gallery import Gallery
from mien.gallery.records import ModelId
from mien.media.sources import open_source

FEW = ("--attributes", "quality")


@pytest.fixture
def shots(tmp_path, draw_person):
    """Twenty pictures of one person; a video would take the noise away that photos have."""
    folder = tmp_path / "shots"
    folder.mkdir()
    for number in range(20):
        Image.fromarray(draw_person(2)).save(folder / f"{number:02}.png")
    return folder


@pytest.fixture
def place(tmp_path):
    with Gallery(tmp_path / "people.db") as gallery:
        return gallery.place


@pytest.fixture
def enrolled(place, draw_person):
    with Gallery(place) as gallery:
        gallery.enrol("Ada [bold]", draw_person(2))
    return place


def events(text):
    return [json.loads(line) for line in text.splitlines()]


def test_events_tell_who_it_is(mien, shots, enrolled):
    done = mien("watch", shots, "--gallery", enrolled, "--json", "-", *FEW)
    assert done.exit_code == 0, done.stderr
    appeared, *_, left = events(done.stdout)
    assert (appeared["person"]["identity"], "match" in appeared["person"]) == (None, False)
    (named,) = [event for event in events(done.stdout) if event.get("changed") == ["identity"]]
    for event in (named, left):
        match = event["person"]["match"]
        assert event["person"]["identity"] == match["identity"] == "Ada [bold]"
        assert match["decision"]["similarity"] > match["decision"]["threshold"]
        assert [one["name"] for one in match["candidates"]] == ["Ada [bold]"]
        assert event["person"]["embedding"] is None
    searched = mien("gallery", "search", shots / "00.png", "--gallery", enrolled, "--json")
    assert json.loads(searched.stdout)["faces"][0]["match"].keys() == match.keys()


def test_the_table_tells_who_it_is(mien, shots, enrolled):
    done = mien("watch", shots, "--gallery", enrolled, *FEW)
    assert done.exit_code == 0
    assert "who" in done.stdout
    assert "Ada [bold] 1.00" in done.stdout
    assert "who" not in mien("watch", shots, *FEW).stdout


def test_nobody_is_known_to_an_empty_gallery(mien, shots, place):
    done = mien("watch", shots, "--gallery", place, "--json", "-", *FEW)
    (*_, left) = events(done.stdout)
    assert left["person"]["identity"] is None
    assert left["person"]["match"] == {
        "identity": None,
        "decision": left["person"]["match"]["decision"] | {"person": None, "reason": "empty gallery"},
        "candidates": [],
    }
    assert "unknown" in mien("watch", shots, "--gallery", place, *FEW).stdout


def test_fewer_strangers_may_be_named(mien, shots, place, draw_person):
    """Drawn faces are much alike."""
    with Gallery(place) as gallery:
        gallery.enrol("Eve", draw_person(5))
    loose = mien("watch", shots, "--gallery", place, "--fmr", "0.9", "--json", "-", *FEW)
    strict = mien("watch", shots, "--gallery", place, "--fmr", "1e-7", "--json", "-", *FEW)
    assert [events(done.stdout)[-1]["person"]["identity"] for done in (loose, strict)] == ["Eve", None]


def test_the_name_is_in_the_video_and_not_where_faces_are_blurred(mien, shots, enrolled, place, tmp_path):
    def last(name, *options):
        path = tmp_path / name
        assert mien("watch", shots, "--video", path, *FEW, *options).exit_code == 0
        with open_source(path) as video:
            return [frame.image for frame in iter(video.read, None)][-1].astype(int)

    named, unnamed = last("named.mp4", "--gallery", enrolled), last("unnamed.mp4")
    assert abs(named - unnamed).max() > 100
    assert abs(last("b.mp4", "--gallery", enrolled, "--blur") - last("c.mp4", "--blur")).max() == 0


def test_the_store_holds_no_name(mien, shots, enrolled, tmp_path):
    store = tmp_path / "audience.db"
    done = mien("watch", shots, "--gallery", enrolled, "--store", store, *FEW)
    assert done.exit_code == 0
    with sqlite3.connect(store) as database:
        assert database.execute("SELECT count(*) FROM visits").fetchone() == (1,)
        assert "Ada" not in "\n".join(database.iterdump())
    database.close()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--fmr", "0.1"), "--fmr belongs to --gallery"),
        (("--gallery", "gone.db"), "no gallery at gone.db; enrol somebody first"),
        (("--gallery", ""), "an empty path names nothing"),
        (("--gallery", "people.db", "--no-reidentify"), "the embeddings that --no-reidentify leaves out"),
        (("--gallery", "people.db", "--fmr", "2"), "a false-match rate must be above 0 and below 1, got 2.0"),
        (
            ("--gallery", "people.db", "--video", "people.db", "--overwrite"),
            "would overwrite a file that is to be read",
        ),
    ],
)
def test_wrong_use_stops_before_anything_is_watched(mien, shots, enrolled, tmp_path, monkeypatch, options, told):
    monkeypatch.chdir(tmp_path)
    done = mien("watch", shots, "--json", "e.jsonl", *options, *FEW)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr
    assert not (tmp_path / "e.jsonl").exists()


def test_a_gallery_of_another_version_of_the_network_is_refused(mien, shots, enrolled, monkeypatch):
    monkeypatch.setattr(ModelId, "of", classmethod(lambda cls, name: cls(name, "f" * 64)))
    done = mien("watch", shots, "--gallery", enrolled, *FEW)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "holds templates of embedding " in done.stderr
    assert "mien gallery re-embed --embedding embedding" in done.stderr
