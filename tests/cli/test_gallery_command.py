"""`mien gallery`, with the real networks on drawn faces."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from PIL import Image

from mien.cli.gallery import SUBCOMMANDS
from mien.gallery.gallery import Gallery

LOOSE = ("--fmr", "0.5", "--margin", "0")
"""Drawn faces are much alike; this names the nearest."""


@pytest.fixture
def place(tmp_path, monkeypatch):
    path = tmp_path / "people.db"
    monkeypatch.setenv("MIEN_GALLERY", str(path))
    return path


@pytest.fixture
def people(tmp_path, draw_person):
    """A folder with Ada and Eve."""
    for name, seed in (("Ada", 2), ("Eve", 5)):
        folder = tmp_path / "people" / name
        folder.mkdir(parents=True)
        Image.fromarray(draw_person(seed)).save(folder / "1.png")
    return tmp_path / "people"


@pytest.fixture
def enrolled(mien, place, people):
    done = mien("gallery", "enrol", people, "--allow-lookalikes", "--keep-crops", "--consent", "form", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_enrol_tells_who_is_there_now(mien, enrolled, place, people):
    assert [one["person"]["name"] for one in enrolled] == ["Ada", "Eve"]
    assert all(one["person"]["crops"] == one["person"]["templates"] == 1 for one in enrolled)
    again = mien("gallery", "enrol", people)
    assert (again.exit_code, again.stderr) == (0, "")
    header, ada, _ = again.stdout.splitlines()
    assert header.split() == ["name", "id", "enrolled", "known", "refused", "unread", "templates"]
    assert ada.split() == ["Ada", enrolled[0]["person"]["id"], "0", "1", "0", "0", "1"]


def test_photos_that_were_not_enrolled_have_status_1_and_2(mien, place, tmp_path, people, draw_person):
    (people / "Ada" / "text.jpg").write_text("hello")
    Image.fromarray(np.hstack([draw_person(2), draw_person(2)])).save(people / "Ada" / "two.png")
    done = mien("gallery", "enrol", people, "--allow-lookalikes")
    assert done.exit_code == 1
    told = done.stderr.splitlines()
    assert told[0] == "mien: error: 2 of 4 photos were not enrolled:"
    assert told[1].endswith(
        "text.jpg: not a picture; it begins with b'hello', and JPEG, PNG, WebP, BMP, TIFF and GIF are read"
    )
    assert told[2].endswith("two.png: 2 faces; crop it to one, or take the largest with --largest")
    done = mien("gallery", "enrol", people / "Ada" / "text.jpg", "--name", "Zoë")
    assert done.exit_code == 2
    assert "Zoë" in done.stdout
    with Gallery(place) as gallery:
        assert [person.name for person in gallery.people()] == ["Ada", "Eve"]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("photo.png",), "whose photo is it? Give --name NAME"),
        (("photo.png", "--name", "x" * 10_000), "has 10,000 characters, the limit is 200"),
        (("photo.png", "--name", "x", "--by-file"), "--name and --by-file exclude each other"),
        (("photo.png", "--name", "x", "--least-quality", "7"), "least_quality must be from 0 to 1, got 7.0"),
        (("gone.csv",), "no list of people at gone.csv"),
        (("photo.png", "--name", "x", "--embedding", "sfaze"), "unknown embedding 'sfaze'; did you mean sface?"),
        (("photo.png", "--name", "x", "--gallery", "no/people.db"), "no/people.db: its folder is not there"),
        (("photo.png", "--name", "x", "--gallery", "mysql://x"), "a gallery is a path or postgresql://"),
        (("photo.png", "--name", "x", "--gallery", ""), "an empty path names nothing"),
    ],
)
def test_wrong_use_stops_before_anything_is_enrolled(mien, place, tmp_path, monkeypatch, draw_person, args, told):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(draw_person(2)).save("photo.png")
    done = mien("gallery", "enrol", *args)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr
    assert not place.exists() or Gallery(place).people() == []


def test_search_names_people_and_tells_the_evidence(mien, enrolled, tmp_path, draw_person):
    party = tmp_path / "party"
    party.mkdir()
    Image.fromarray(np.hstack([draw_person(5), draw_person(2)])).save(party / "both.png")
    Image.fromarray(np.zeros((50, 50, 3), np.uint8)).save(party / "nobody.png")
    (party / "text.jpg").write_text("hello")
    done = mien("gallery", "search", party, *LOOSE, "--json", "--draw", tmp_path / "drawn")
    assert done.exit_code == 1
    lines = {line["path"].rsplit("/")[-1]: line for line in map(json.loads, done.stdout.splitlines())}
    assert {name: line["status"] for name, line in lines.items()} == {
        "both.png": "ok",
        "nobody.png": "no_face",
        "text.jpg": "error",
    }
    faces = sorted(lines["both.png"]["faces"], key=lambda one: one["box"])
    assert [one["identity"] for one in faces] == ["Eve", "Ada"]
    assert faces[0]["match"]["decision"]["gallery_size"] == 2
    assert [one["name"] for one in faces[0]["match"]["candidates"]] == ["Eve", "Ada"]
    assert sorted(path.name for path in (tmp_path / "drawn").iterdir()) == ["both.png", "nobody.png"]
    assert "text.jpg: not a picture" in done.stderr

    done = mien("gallery", "search", party / "both.png", party / "nobody.png", "--margin", "2")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "too close to a second person" in done.stdout
    assert "no face" in done.stdout


def test_a_stream_is_searched_too(mien, enrolled, tmp_path, draw_person):
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"FFV1"), 10.0, (300, 300))
    for _ in range(40):  # lossless: without its noise a face counts as drawn
        writer.write(np.ascontiguousarray(draw_person(2)[..., ::-1]))
    writer.release()
    done = mien("gallery", "search", path, *LOOSE, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    (line,) = map(json.loads, done.stdout.splitlines())
    assert (line["identity"], line["track_id"]) == ("Ada", 1)
    done = mien("gallery", "search", path, *LOOSE)
    assert done.stdout.splitlines()[1].split()[2:4] == ["1", "Ada"]


def test_list_and_show(mien, enrolled, tmp_path):
    done = mien("gallery", "list")
    assert done.stdout.splitlines()[1].split()[:4] == ["Ada", enrolled[0]["person"]["id"], "1", "1"]
    assert "2 people, 2 templates, of embedding" in done.stderr
    listed = json.loads(mien("gallery", "list", "--json").stdout)
    assert [one["consent"] for one in listed["people"]] == ["form", "form"]
    done = mien("gallery", "show", "ada", "--json", "--crops", tmp_path / "crops")
    shown = json.loads(done.stdout)
    assert shown["person"] == listed["people"][0]
    (template,) = shown["templates"]
    assert template["photo"].endswith("people/Ada/1.png")
    assert [path.name for path in (tmp_path / "crops").iterdir()] == [f"{template['number']}.jpg"]
    assert "1.png" in mien("gallery", "show", "ADA").stdout


def test_rename_merge_and_forget(mien, enrolled):
    ada, _ = (one["person"]["id"] for one in enrolled)
    done = mien("gallery", "rename", "Ada", "Eve")
    assert done.exit_code == 2
    assert "'Eve' is somebody else's name" in done.stderr
    assert json.loads(mien("gallery", "rename", ada, "Ada/Byron 👩", "--json").stdout)["id"] == ada
    merged = json.loads(mien("gallery", "merge", "eve", ada, "--json").stdout)
    assert (merged["id"], merged["name"], merged["templates"]) == (ada, "Ada/Byron 👩", 2)
    done = mien("gallery", "forget", "Eve")
    assert done.exit_code == 2
    assert "nobody is called 'Eve'" in done.stderr
    receipt = json.loads(mien("gallery", "forget", ada).stdout)
    assert (receipt["person_id"], receipt["templates"], receipt["crops"], receipt["left"]) == (ada, 2, 2, "")
    assert json.loads(mien("gallery", "list", "--json").stdout)["people"] == []


def test_export_and_import(mien, enrolled, tmp_path):
    file, copy = tmp_path / "people.parquet", tmp_path / "copy.db"
    done = mien("gallery", "export", file)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.endswith("people.parquet: 2 templates\n")
    done = mien("gallery", "import", file, "--gallery", copy)
    assert done.stdout == "2 new people, 2 new templates, 0 known ones\n"
    mien("gallery", "forget", "Ada", "--gallery", copy)
    done = mien("gallery", "import", file, "--gallery", copy, "--json")
    assert json.loads(done.stdout)["forgotten"] == [enrolled[0]["person"]["id"]]
    assert "1 people of the file were forgotten here and left out" in done.stderr
    copy.rename(tmp_path / "copy.parquet")
    done = mien("gallery", "export", tmp_path / "copy.parquet", "--gallery", tmp_path / "copy.parquet")
    assert done.exit_code == 2
    assert "would overwrite a file that is to be read" in done.stderr


def test_re_embed(mien, enrolled):
    done = mien("gallery", "re-embed", "--embedding", "embedding")
    assert done.exit_code == 0
    assert done.stdout.startswith("2 templates, now of embedding ")


def test_cluster(mien, place, tmp_path, people, draw_person):
    done = mien("gallery", "cluster", people, "--smallest", "1", "--fmr", "0.5", "--json")
    content = json.loads(done.stdout)
    assert (content["faces"], content["known"]) == (2, [])
    assert sum(len(group["faces"]) for group in content["groups"]) == 2
    done = mien("gallery", "cluster", people, "--smallest", "1", "--enrol", "--fmr", "0.5")
    assert done.exit_code == 0
    listed = json.loads(mien("gallery", "list", "--json").stdout)["people"]
    assert [one["name"] for one in listed] == [None] * len(listed) != []
    assert listed[0]["id"] in done.stdout


def test_a_gallery_that_is_not_there(mien, place):
    for args in (("list",), ("search", "x.png"), ("forget", "Ada"), ("export", "x.parquet")):
        done = mien("gallery", *args)
        assert (done.exit_code, done.stdout) == (2, "")
        assert f"no gallery at {place}; enrol somebody first" in done.stderr
    assert not place.exists()


def test_the_default_place_is_made(mien, people, tmp_path, monkeypatch):
    monkeypatch.delenv("MIEN_GALLERY", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert mien("gallery", "enrol", people / "Ada", "--name", "Ada").exit_code == 0
    (path,) = [*tmp_path.rglob("people.db")]
    assert path.parent.name == "mien"


@pytest.mark.parametrize("name", sorted(set(SUBCOMMANDS)))
def test_every_help_ends_with_an_example(mien, name):
    done = mien("gallery", name, "--help")
    assert done.exit_code == 0
    assert "Example" in done.stdout
    assert f"mien gallery {name}" in done.stdout.split("Example")[1]


def test_commands_that_there_are_not(mien):
    done = mien("gallery", "enroll", "x")
    assert done.exit_code == 2
    assert "unknown command of mien gallery 'enroll'; did you mean enrol" in done.stderr
    assert "search" in mien("gallery", "--help").stdout
