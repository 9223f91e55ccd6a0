import json
import subprocess
import sys

import pytest

ROWS = "\n".join(
    ["true_gender,true_race,gender"]
    + ["female,white,female"] * 45
    + ["female,white,male"] * 5
    + ["female,black,female"] * 30
    + ["female,black,male"] * 20
    + ["male,white,male"] * 99
    + ["male,white,female"]
    + ["male,indian,male"] * 7
)


@pytest.fixture
def predictions(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(ROWS + "\n", encoding="utf-8")
    return path


def lines_with(text, *words):
    return [line for line in text.splitlines() if all(word in line for word in words)]


def test_tables(mien, predictions):
    done = mien("audit", predictions)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("audit of mine.csv: 207 people\n")
    assert lines_with(done.stdout, "gender", "accuracy", "87.4%", "207")
    assert "gender, accuracy: the worst of the groups with 30 people or more" in done.stdout
    assert lines_with(done.stdout, "race", "black", "60.0%", "50", "36.0 points", "more than chance")
    assert lines_with(done.stdout, "gender × race", "female, black", "39.0 points")


def test_page_and_json(mien, predictions, tmp_path):
    done = mien("audit", predictions, "-o", tmp_path / "audit.html", "--json", tmp_path / "audit.json")
    assert done.exit_code == 0
    assert (tmp_path / "audit.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    content = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    (by_gender, *_) = content["attributes"]["gender"]["groupings"]
    assert [group["figures"]["accuracy"]["value"] for group in by_gender["groups"]] == [0.75, round(106 / 107, 6)]


def test_json_alone_on_standard_output(mien, predictions):
    done = mien("audit", predictions, "--json", "-", "--by", " race , gender,race", "--min-group", 5)
    content = json.loads(done.stdout)
    assert (content["by"], content["min_group"]) == (["race", "gender"], 5)
    assert [one["by"] for one in content["attributes"]["gender"]["groupings"]] == [
        ["race"],
        ["gender"],
        ["race", "gender"],
    ]


def test_notes_go_to_standard_error(mien, predictions):
    predictions.write_text(ROWS + "\nrobot,white,male\n", encoding="utf-8")
    done = mien("audit", predictions)
    assert done.exit_code == 0
    assert done.stderr == "note: true gender: 1 labels outside the vocabulary were left out: 'robot' × 1\n"


def test_one_class_only(mien, predictions):
    predictions.write_text("true_gender,gender\n" + "F,F\n" * 40, encoding="utf-8")
    done = mien("audit", predictions)
    assert done.exit_code == 0
    assert "note: gender: everyone labelled is female" in done.stderr
    assert lines_with(done.stdout, "gender", "only female is large enough")


def test_deepface_with_labels_elsewhere(mien, tmp_path):
    (tmp_path / "theirs.csv").write_text(
        "img_path,dominant_gender,gender.Woman,gender.Man\n"
        + "".join(f"{i}.jpg,Woman,{75 + i % 2},{25 - i % 2}\n" for i in range(40)),
        encoding="utf-8",
    )
    (tmp_path / "labels.csv").write_text(
        "path,Gender,lens\n" + "".join(f"{i}.jpg,{'Female' if i < 30 else 'Male'},{i % 2}\n" for i in range(40)),
        encoding="utf-8",
    )
    done = mien(
        *("audit", tmp_path / "theirs.csv", "--format", "deepface", "--labels", tmp_path / "labels.csv"),
        *("--key", "img_path=path", "--by", "gender,lens", "--min-group", 10, "--json", "-"),
    )
    assert done.exit_code == 0
    assert done.stderr == "note: gender: the probabilities are percents and were divided by 100\n"
    content = json.loads(done.stdout)
    assert (content["predictions"], content["labels"]) == ("theirs.csv", "labels.csv")
    gender = content["attributes"]["gender"]
    assert gender["everyone"]["figures"]["accuracy"]["value"] == 0.75
    assert gender["calibration"]["ece"]["value"] == 0.005
    assert [group["figures"]["accuracy"]["value"] for group in gender["groupings"][0]["groups"]] == [1.0, 0.0]


def test_columns_of_any_name(mien, tmp_path):
    (tmp_path / "theirs.csv").write_text("gt,guess\n" + "m,f\n" * 40, encoding="utf-8")
    done = mien("audit", tmp_path / "theirs.csv", "--true", "gender=gt", "--predicted", "gender=guess", "--json", "-")
    assert json.loads(done.stdout)["attributes"]["gender"]["everyone"]["figures"]["accuracy"]["value"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--by", "gender,,race"], "Invalid value for '--by': 'gender,,race'; write it as gender,race"),
        (["--true", "gender"], "'gender'; write it as emotion=name_in_the_file"),
        (["--min-group", "0"], "Invalid value for '--min-group'"),
        (["--min-group", "1000"], "mien: error: {path}: too few people for any figure (gender 207), wanted 1000"),
        (["--by", "age_group"], "mien: error: {path} has no true age_group to group by"),
        (["--predicted", "gendre=gender"], "mien: error: unknown predicted name 'gendre'; did you mean gender"),
        (
            ["--true", "gender=sex"],
            "mien: error: {path} has no column 'sex'; its columns: true_gender, true_race, gender",
        ),
        (["--labels", "nowhere.csv"], "mien: error: no labels at nowhere.csv"),
        (["-o", "nowhere/audit.html"], "mien: error: nowhere/audit.html: its folder is not there; make it first"),
    ],
)
def test_wrong_use_has_status_2(mien, predictions, arguments, message):
    done = mien("audit", predictions, *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message.format(path=predictions) in done.stderr


def test_help_loads_nothing_heavy():
    heavy = "{'cv2', 'onnxruntime', 'PIL', 'rich', 'pandas', 'pyarrow', 'matplotlib', 'numpy'}"
    code = f"import sys, mien.cli.audit; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["-o", "mine.csv"], "mine.csv: would overwrite a file that is to be read"),
        (["--labels", "labels.csv", "--json", "labels.csv"], "labels.csv: would overwrite a file that is to be read"),
        (["-o", "x", "--json", "./x"], "-o and --json both name x; give each a file of its own"),
    ],
)
def test_outputs_that_collide_are_refused(mien, predictions, monkeypatch, options, told):
    monkeypatch.chdir(predictions.parent)
    done = mien("audit", predictions.name, *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr
    assert predictions.read_text(encoding="utf-8") == ROWS + "\n"
