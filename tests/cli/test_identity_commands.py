"""`mien verify`, `mien gallery calibrate` and `mien evaluate --task identification`, with the real networks."""

import csv
import json

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from mien.cli.evaluate import command as evaluate
from mien.cli.gallery_calibrate import command as calibrate
from mien.errors import DatasetError, ImageError, InputError, ModelError, NoFaceError, OutputError, UnknownNameError
from mien.gallery.gallery import Gallery
from mien.identity.calibration import Calibration, default_calibration

PEOPLE = 14


def run(command, *arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def album(tmp_path_factory, draw_faces):
    """Drawn people in folders of three photos each: everybody has colours of their own, every photo its light."""
    folder = tmp_path_factory.mktemp("album")
    random = np.random.default_rng(5)
    for person in range(PEOPLE):
        turn = cv2.transform(draw_faces(180, 180, [(90, 90, 130)]), random.uniform(0, 0.6, (3, 3)))
        (folder / f"person {person}").mkdir()
        for photo in range(3):
            lit = turn * random.uniform(0.8, 1.2) + random.normal(0, 6, turn.shape)
            Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8)).save(folder / f"person {person}" / f"{photo}.png")
    return folder


@pytest.fixture
def nobody(tmp_path):
    Image.new("RGB", (120, 90), (128, 128, 128)).save(tmp_path / "nobody.png")
    return tmp_path / "nobody.png"


def noisy(path, folder):
    """A photo without a drawing's flatness."""
    image = np.asarray(Image.open(path).convert("RGB"), np.float32)
    noise = np.random.default_rng(0).normal(0, 8, image.shape)
    Image.fromarray(np.clip(image + noise, 0, 255).astype(np.uint8)).save(folder / f"noisy-{path.stem}.png")
    return folder / f"noisy-{path.stem}.png"


def test_verify_prints_every_pair_and_the_decision(mien, photos, tmp_path):
    one, two = noisy(photos / "one.png", tmp_path), noisy(photos / "two.jpg", tmp_path)
    result = mien("verify", one, two)
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [line[:2] for line in lines[1:3]] == [["1", "1"], ["1", "2"]] or [line[1] for line in lines[1:3]] == [
        "2",
        "1",
    ]
    assert [line[5] for line in lines[1:3]] == ["same", "same"]
    assert "of any of 2 pairs: 0.002; embedding)" in result.stdout
    assert len(mien("verify", one, two, "--largest").stdout.splitlines()) == len(result.stdout.splitlines()) - 1


def test_verify_as_json(mien, photos, tmp_path):
    one = noisy(photos / "one.png", tmp_path)
    content = json.loads(mien("verify", one, one, "--json", "--fmr", "1e-4").stdout)
    assert content["paths"] == {"a": str(one), "b": str(one)}
    assert (content["decision"], content["fmr"], len(content["pairs"])) == ("same", 1e-4, 1)
    assert content["threshold"] == pytest.approx(default_calibration().threshold(1e-4))
    assert content["similarity"] == pytest.approx(1, abs=1e-5)


def test_verify_draws_both_pictures(mien, photos, tmp_path):
    one = noisy(photos / "one.png", tmp_path)
    for name in ("out.png", "out.jpg"):
        result = mien("verify", one, photos / "two.jpg", "--draw", tmp_path / name)
        assert result.exit_code == 0, result.output
        with Image.open(tmp_path / name) as picture:
            assert picture.width > 400 + 800
            assert picture.height > 400


@pytest.mark.parametrize(("status", "name"), [(0, "noisy"), (4, "drawn")])
def test_an_exit_code_tells_the_decision_when_asked_for(mien, photos, tmp_path, status, name):
    one = noisy(photos / "one.png", tmp_path) if name == "noisy" else photos / "one.png"
    assert mien("verify", one, one, "--exit-code").exit_code == status
    assert mien("verify", one, one).exit_code == 0


@pytest.mark.parametrize(
    ("change", "options", "told"),
    [
        ("nobody.png", (), "no face found in {b}, so there is nobody to compare"),
        ("gone.png", (), "gone.png: no such file"),
        (None, ("--fmr", "0"), "a false-match rate must be above 0 and below 1, got 0.0"),
        (None, ("--fmr", "nan"), "got nan"),
        (None, ("--fmr", "1e-30"), "cannot be told from"),
        (None, ("--embedding", "sfaec"), "did you mean sface"),
        (None, ("--detector", "yunnet"), "did you mean yunet"),
        (None, ("--draw", "x.gif"), "its ending must be one of"),
        (None, ("--draw", "none/x.png"), "its folder is not there"),
        (None, ("--calibration", "none.json"), "none.json cannot be read"),
    ],
)
def test_verify_refuses_what_it_cannot_do(mien, photos, tmp_path, monkeypatch, change, options, told):
    monkeypatch.chdir(tmp_path)
    other = photos / (change or "one.png")
    result = mien("verify", photos / "one.png", other, *options)
    assert result.exit_code == 2
    assert told.format(b=other) in result.stderr
    assert result.stdout == ""


def test_verify_keeps_the_photos(mien, photos):
    result = mien("verify", photos / "one.png", photos / "one.png", "--draw", photos / "one.png")
    assert result.exit_code == 2
    assert "would overwrite a file that is to be read" in result.stderr


def test_calibrate_on_a_folder_of_folders(album, tmp_path, mien, photos):
    result = run(calibrate, "--images", album, "-o", tmp_path / "c.json", "--fmr", 0.05)
    assert result.exit_code == 0, result.output
    assert f"{42 * 41 // 2 - PEOPLE * 3:,} pairs of different people, {PEOPLE * 3} of one person" in result.stdout
    assert "measured" in result.stdout
    written = Calibration.read(tmp_path / "c.json")
    assert (written.same, written.data) == (PEOPLE * 3, album.name)
    written.check_model("embedding", default_calibration().sha256)
    verified = mien("verify", photos / "one.png", photos / "one.png", "--calibration", tmp_path / "c.json", "--json")
    assert json.loads(verified.stdout)["threshold"] == pytest.approx(written.threshold(1e-3))


def test_calibrate_as_json(album):
    content = json.loads(run(calibrate, "--images", album, "--json", "--fmr", "0.001").stdout)
    assert (content["fmr"], content["kind"]) == (0.001, "extrapolated")
    assert content["calibration"]["model"] == "embedding"
    rows = {row["fmr"]: row for row in content["rows"]}
    assert rows[0.001]["similarity"] == content["threshold"]
    assert rows[0.01]["tar"]["n"] == PEOPLE * 3
    assert run(calibrate, "--images", album, "-o", "-").stdout.startswith('{\n  "format"')


def test_calibrate_on_strangers_alone(album, tmp_path):
    folder = tmp_path / "strangers"
    folder.mkdir()
    for person in range(PEOPLE):
        (folder / f"{person}.png").write_bytes((album / f"person {person}" / "0.png").read_bytes())
    content = json.loads(run(calibrate, "--images", folder, "--json", "--fmr", "0.5").stdout)["calibration"]
    assert (content["pairs"]["different"], content["pairs"]["same"]) == (PEOPLE * (PEOPLE - 1) // 2, 0)
    assert "probability" not in content


def write_pairs(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("a", "b", "same"), *rows])
    return path


def test_calibrate_on_pairs_leaves_out_nobody_and_what_cannot_be_read(album, tmp_path, nobody):
    first = [album / f"person {person}" / "0.png" for person in range(PEOPLE)]
    rows = [(a, b, 0) for place, a in enumerate(first) for b in first[place + 1 :]]
    rows += [(album / f"person {person}" / "1.png", first[person], 1) for person in range(PEOPLE)]
    (tmp_path / "broken.png").write_text("no picture")
    rows += [(nobody, first[0], 0), (first[1], tmp_path / "gone.png", 1), (tmp_path / "broken.png", first[2], 0)]
    result = run(calibrate, "--pairs", write_pairs(tmp_path / "p.csv", rows), "--fmr", 0.5, "--json")
    assert result.exit_code == 1
    pairs = json.loads(result.stdout)["calibration"]["pairs"]
    assert (pairs["different"], pairs["same"]) == (PEOPLE * (PEOPLE - 1) // 2, PEOPLE)
    assert f"no face in 1 of {2 * PEOPLE + 3} photos, left out: {nobody}" in result.stderr
    assert "2 of 31 files could not be read" in result.stderr
    assert "gone.png: no file at" in result.stderr


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            [("a.png", "b.png", 1)],
            "calibration needs pairs of different people, got 1 of one person and 0 of different",
        ),
        ([], "has a header but no rows"),
        ([("a.png", "a.png", 0)], "pairs 'a.png' with itself"),
        ([("a.png", "", 0)], "names no image in column b"),
        ([("a.png", "b.png", "perhaps")], "neither 1 nor 0: 'perhaps'"),
        ([("a.png", "b.png", 0)], "none of 2 images could be read"),
    ],
)
def test_calibrate_refuses_pairs_that_say_nothing(tmp_path, rows, told):
    result = run(calibrate, "--pairs", write_pairs(tmp_path / "p.csv", rows))
    with pytest.raises(DatasetError, match=told):
        raise result.exception


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ((), None, "give either --images DIR or --pairs FILE"),
        (("--images", "a", "--pairs", "b"), None, "give either --images DIR or --pairs FILE"),
        (("--images", "{album}", "-o", "-", "--json"), None, "both want standard output"),
        (("--images", "{album}", "--fmr", "2"), InputError, "above 0 and below 1, got 2"),
        (("--images", "{album}", "--fmr", "1e-9"), InputError, "cannot be told from 819 pairs of different people"),
        (("--images", "{album}", "-o", "none/c.json"), OutputError, "its folder is not there"),
        (("--images", "{album}/none"), DatasetError, "no folder"),
        (("--images", "{album}/person 1"), DatasetError, "3 pairs of different people .* tell no false-match rate"),
        (("--images", "{album}", "--embedding", "facenet"), UnknownNameError, "unknown embedding"),
    ],
)
def test_calibrate_refuses_what_it_cannot_do(album, tmp_path, monkeypatch, options, error, told):
    monkeypatch.chdir(tmp_path)
    result = run(calibrate, *(option.format(album=album) for option in options))
    if error is None:
        assert (result.exit_code, told in result.stderr) == (2, True)
    else:
        with pytest.raises(error, match=told):
            raise result.exception
    assert not list(tmp_path.iterdir())


def test_identification_of_a_folder_of_folders(album, tmp_path):
    pytest.importorskip("matplotlib")
    out = tmp_path / "out.json"
    options = ("--task", "identification", "--json", out, "--curves", tmp_path, "--templates", 2)
    result = run(evaluate, album, *options)
    assert result.exit_code == 0, result.output
    assert f"identification with embedding: {PEOPLE} people, half of them enrolled at a time" in result.stdout
    assert "FNIR at FPIR 0.1" in result.stdout
    section = json.loads(out.read_text())["attributes"]["identification"]
    assert (section["people"], section["templates"], section["mated"]) == (PEOPLE, PEOPLE, PEOPLE)
    assert section["non_mated"] == 3 * PEOPLE
    assert [one["asked"] for one in section["decided"]] == [0.1, 0.01, 0.001]
    assert (tmp_path / "det.png").read_bytes().startswith(b"\x89PNG")


def test_identification_of_a_table_with_a_calibration(album, tmp_path, nobody):
    rows = [(path, path.parent.name) for path in sorted(album.rglob("*.png"))] + [(nobody, "person 1")]
    with (tmp_path / "faces.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("path", "person"), *rows, (tmp_path / "gone.png", "person 2")])
    run(calibrate, "--images", album, "-o", tmp_path / "c.json", "--fmr", 0.1)
    result = run(
        evaluate,
        tmp_path / "faces.csv",
        *("--task", "identification", "--column", "identity=person", "--calibration", tmp_path / "c.json"),
        *("--json", "-", "--predictions", tmp_path / "p.csv"),
    )
    assert result.exit_code == 1
    section = json.loads(result.stdout)["attributes"]["identification"]
    assert (section["people"], section["not_found"], section["unreadable"]) == (PEOPLE, 1, 1)
    assert [one["asked"] for one in section["decided"]] == [0.1, 0.01, 0.001]
    assert "identification: 1 photos left out, as no face was found in them" in result.stderr
    with (tmp_path / "p.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 3 * PEOPLE + 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--task", "identification"), "--task identification needs MANIFEST"),
        (("x.csv", "--task", "identification", "--pairs", "p.csv"), "--pairs is for --task verification"),
        (("x.csv", "--task", "emotion", "--templates", "2"), "--templates is for --task identification"),
        (("x.csv", "--task", "pose", "--curves", "x"), "--curves is for --task verification and identification"),
        (
            ("--task", "verification", "--pairs", "p", "--calibration", "c"),
            "--calibration is for --task identification",
        ),
        (("x.csv", "--task", "identification", "--templates", "0"), "0 is not in the range"),
    ],
)
def test_identification_refuses_wrong_use(arguments, told):
    result = run(evaluate, *arguments)
    assert (result.exit_code, told in result.stderr) == (2, True)


def test_identification_refuses_a_calibration_of_another_network(album, tmp_path):
    (tmp_path / "c.json").write_text(default_calibration("sface").to_json())
    result = run(evaluate, album, "--task", "identification", "--calibration", tmp_path / "c.json")
    with pytest.raises(ModelError, match="the calibration is of sface"):
        raise result.exception


def test_identification_of_one_person_is_refused(album):
    result = run(evaluate, album / "person 1", "--task", "identification")
    with pytest.raises(DatasetError, match="search needs 4 people with two photos of a face or more, got 0 of 3"):
        raise result.exception


def test_errors_are_those_of_the_tree():
    assert issubclass(NoFaceError, InputError)
    assert not issubclass(NoFaceError, ImageError)  # the picture can be read well enough


def test_calibrate_stores_it_in_a_gallery(mien, album, tmp_path):
    with Gallery(tmp_path / "people.db"):
        pass
    options = ("--images", album, "--gallery", tmp_path / "people.db", "-o", tmp_path / "c.json")
    result = mien("gallery", "calibrate", *options)
    assert result.exit_code == 0, result.output
    with Gallery(tmp_path / "people.db") as people:
        assert people.calibration == Calibration.read(tmp_path / "c.json")
    gone = mien("gallery", "calibrate", "--images", album, "--gallery", tmp_path / "none.db")
    assert gone.exit_code == 2
    assert "none.db" in gone.stderr
