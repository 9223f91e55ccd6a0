import csv
import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import mien.cli.evaluate
from mien.cli.evaluate import command
from mien.errors import DatasetError, ImageError, InputError, MissingExtraError, OutputError, UnknownNameError
from mien.evaluate.tasks import TASKS
from mien.faces import Faces
from mien.models import embedding, sface, weights
from mien.vocabulary import EMOTIONS, GENDERS, RACES


def picture(value):
    """A PNG of one grey; the predictor of these tests reads its answer from it."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (value, value, value)).save(buffer, "PNG")
    return buffer.getvalue()


def answer(source):
    """Age is the picture's grey, gender, emotion and race follow from it; 255 is nobody."""
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            value = image.getpixel((0, 0))[0]
    except OSError as error:
        raise ImageError(f"not a picture: {error.__class__.__name__}") from error
    if value == 255:
        return Faces.empty()
    return Faces(
        boxes=[[0, 0, 8, 8]],
        scores=[0.0 if value == 100 else 0.9],
        age=[value],
        age_interval=[[value - 5, value + 5]],
        age_coverage=0.8,
        gender=np.eye(2)[[value % 2]],
        emotion=np.eye(7)[[value % 7]],
        race=np.eye(7)[[value % 7]],
        pose=[[value, 0, 0]],
        embedding=[[np.cos(value / 60), np.sin(value / 60)]],
    )


class Grey:
    """Stands for a `Profiler`: answers as `answer` does."""

    def __init__(self):
        self.analyze = answer
        self.stages = [self]

    def __call__(self, image, faces):
        return answer(picture(int(image[0, 0, 0])))


@pytest.fixture
def asked(monkeypatch):
    """What the command asked of the profiler, which is a plain function here."""
    calls = []

    def build(attributes, detector, crops, threads, embedding, profile):
        calls.append((attributes, detector, crops, threads, embedding))
        return Grey()

    monkeypatch.setattr(mien.cli.evaluate, "_profiler", build)
    return calls


@pytest.fixture
def folder(tmp_path):
    lines = ["path,age,gender,race,emotion,split,mood"]
    for i, value in enumerate((20, 31, 42, 53, 100)):
        (tmp_path / f"{i}.png").write_bytes(picture(value))
        split = "val" if i < 2 else "train"
        lines.append(f"{i}.png,{value + 1},{GENDERS[value % 2]},{RACES[value % 7]},{EMOTIONS[value % 7]},{split},sad")
    (tmp_path / "faces.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def add(folder, line, content=None):
    with (folder / "faces.csv").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    if content is not None:
        (folder / line.split(",")[0]).write_bytes(content)


def test_tables_and_json(folder, asked):
    result = run(folder / "faces.csv", "--task", "demographics", "--json", folder / "out.json")
    assert result.exit_code == 0, result.output
    assert asked == [(("age", "gender", "race"), "yunet", False, 1, "embedding")]
    assert result.stderr == ""
    assert "demographics on faces.csv: 5 of 5 rows, 5 labelled, 0 not read" in result.stdout
    for words in (
        ("mean absolute error", "1.00 years", "1.00 to 1.00"),
        ("interval coverage (stated 80%)", "100.0%", "56.6–100.0"),
        ("latino hispanic",),
        ("gender: rows true, columns predicted",),
    ):
        assert any(all(word in line for word in words) for line in result.stdout.splitlines()), words
    content = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    assert (content["task"], content["images"]["n"]) == ("demographics", 5)
    assert list(content["attributes"]) == ["age", "age_group", "gender", "race"]
    assert content["attributes"]["age"]["mae"]["value"] == 1
    assert content["attributes"]["gender"]["accuracy"] == {"value": 1, "n": 5, "low": 0.565518, "high": 1}


def test_json_alone_on_standard_output(folder, asked):
    result = run(folder / "faces.csv", "--task", "emotion", "--json", "-", "--split", "VAL")
    assert result.exit_code == 0
    content = json.loads(result.stdout)
    assert (content["split"], content["images"]["n"]) == ("val", 2)
    assert asked == [(("emotion",), "yunet", False, 1, "embedding")]


def test_crops_limit_detector_and_column(folder, asked):
    options = ("--input", "crops", "--limit", 5, "--detector", "haar", "--threads", 2, "--column", "emotion=mood")
    result = run(folder / "faces.csv", "--task", "emotion", "--json", "-", *options)
    assert result.exit_code == 0, result.output
    assert asked == [(("emotion",), "haar", True, 2, "embedding")]
    content = json.loads(result.stdout)
    assert (content["input"], content["detector"]) == ("crops", "haar")
    assert content["images"]["whole_crop"]["value"] == 0.2
    emotion = content["attributes"]["emotion"]
    assert [one["n"] for one in emotion["classes"]] == [0, 0, 0, 0, 5, 0, 0]  # all are sad


def test_images_in_another_folder(folder, asked):
    (folder / "labels").mkdir()
    moved = (folder / "faces.csv").rename(folder / "labels" / "faces.csv")
    assert run(moved, "--task", "emotion", "--images", folder).exit_code == 0
    with pytest.raises(DatasetError, match=r"none of 5 images could be read; .*no file at .*name the folder"):
        raise run(moved, "--task", "emotion").exception


def test_unreadable_images_and_unknown_words_are_named_and_the_rest_is_measured(folder, asked):
    add(folder, "text.png,30,Female,,,,", b"this is text")
    add(folder, "gone.png,30,Female,,,,")
    add(folder, "nobody.png,30,??,Martian,,,", picture(255))
    result = run(folder / "faces.csv", "--task", "demographics", "--json", folder / "out.json")
    assert result.exit_code == 1
    errors = result.stderr.splitlines()
    assert errors == [
        "gender: skipped 1 labels outside the vocabulary: '??' × 1",
        "race: skipped 1 labels outside the vocabulary: 'Martian' × 1",
        "text.png: not read: not a picture: UnidentifiedImageError",
        f"gone.png: not read: no file at {folder / 'gone.png'}",
    ]
    images = json.loads((folder / "out.json").read_text(encoding="utf-8"))["images"]
    assert (images["n"], images["found"], images["not_found"], len(images["unreadable"])) == (8, 5, 1, 2)
    assert "accuracy, not found as wrong" in result.stdout


def test_a_parquet_file(folder, asked):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    votes = {f"fp_{word}": [0, 0, 5] for word in ("neutral", "surprise", "sadness", "anger", "disgust", "fear")}
    columns = {"image": [picture(21), picture(3), picture(4)], **votes, "fp_happiness": [0, 9, 5]}
    columns |= {"fp_contempt": [9, 1, 0], "usage": ["PublicTest", "PublicTest", "Training"]}
    parquet.write_table(pyarrow.table(columns), folder / "fer.parquet")
    result = run(folder / "fer.parquet", "--task", "emotion", "--input", "crops", "--split", "val", "--json", "-")
    assert result.exit_code == 0, result.output
    assert "emotion: skipped 1 labels outside the vocabulary: 'contempt' × 1" in result.stderr
    content = json.loads(result.stdout)
    assert (content["split"], content["selected"], content["images"]["n"]) == ("PublicTest", 2, 1)
    assert content["attributes"]["emotion"]["accuracy"]["value"] == 1


def test_pictures_and_predictions(folder, asked):
    pytest.importorskip("matplotlib")
    result = run(
        *(folder / "faces.csv", "--task", "demographics"),
        *("--confusion", folder / "new" / "pictures", "--predictions", folder / "out.csv"),
    )
    assert result.exit_code == 0, result.output
    pictures = sorted((folder / "new" / "pictures").iterdir())
    assert [path.name for path in pictures] == ["confusion_age_group.png", "confusion_gender.png", "confusion_race.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)
    assert result.stderr.splitlines() == [f"wrote {folder / 'new' / 'pictures' / path.name}" for path in pictures]
    with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["name"], row["true_age"], row["age"]) for row in rows][:2] == [
        ("0.png", "21.0", "20.0"),
        ("1.png", "32.0", "31.0"),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--task", "moods"],
            "'moods' is not one of 'demographics', 'emotion', 'pose', 'verification', 'identification'.",
        ),
        ([], "Missing option '--task'"),
        (["--task", "emotion", "--limit", "0"], "Invalid value for '--limit'"),
        (["--task", "emotion", "--input", "video"], "Invalid value for '--input'"),
        (["--task", "emotion", "--column", "emotion"], "'emotion'; write it as emotion=name_in_the_file"),
        (["--task", "emotion", "--images", "nowhere"], "Directory 'nowhere' does not exist"),
    ],
)
def test_wrong_use(folder, asked, arguments, message):
    result = run(folder / "faces.csv", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert asked == []


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (["--split", "test"], DatasetError, "has no split 'test'; its splits: train, val"),
        (["--column", "emotions=mood"], UnknownNameError, "unknown column 'emotions'; did you mean emotion"),
        (["--column", "emotion=feeling"], DatasetError, "has no column 'feeling'; its columns: path, age"),
        (["--json", "nowhere/out.json"], OutputError, "nowhere/out.json: its folder is not there; make it first"),
        (["--predictions", "nowhere/out.csv"], OutputError, "nowhere/out.csv: its folder is not there"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_work(folder, asked, arguments, kind, message):
    result = run(folder / "faces.csv", "--task", "emotion", *arguments)
    assert isinstance(result.exception, kind)
    assert message in str(result.exception)
    assert asked == []


def test_a_folder_of_pictures_that_cannot_be_made(folder, asked):
    pytest.importorskip("matplotlib")
    result = run(folder / "faces.csv", "--task", "emotion", "--confusion", folder / "0.png" / "pictures")
    assert isinstance(result.exception, OutputError)
    assert "0.png" in str(result.exception)
    assert asked == []


def test_pictures_without_matplotlib(folder, asked, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    result = run(folder / "faces.csv", "--task", "emotion", "--confusion", folder / "pictures")
    assert isinstance(result.exception, MissingExtraError)
    assert asked == []


def test_help_ends_with_examples_and_tasks_are_those_of_the_table():
    result = run("--help")
    assert result.exit_code == 0
    assert "--input crops --split val" in result.stdout.splitlines()[-1]
    assert "[" + "|".join([*TASKS, "verification", "identification"]) + "]" in result.stdout
    assert mien.cli.evaluate._EMBEDDING == embedding.NAME


def test_help_loads_nothing_heavy():
    heavy = "{'cv2', 'onnxruntime', 'PIL', 'rich', 'pandas', 'pyarrow', 'matplotlib', 'numpy'}"
    code = f"import sys, mien.cli.evaluate; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--predictions", "faces.csv"], r"--predictions \S*faces\.csv: would overwrite a file that is to be read"),
        (["--json", "link.json"], r"--json \S*link\.json: would overwrite a file that is to be read"),
        (["--json", "x", "--predictions", "sub/../x"], r"--json and --predictions both name \S*x; give each a file"),
    ],
)
def test_outputs_that_collide_are_refused_before_any_work(folder, asked, options, told):
    (folder / "sub").mkdir()
    (folder / "link.json").symlink_to("faces.csv")
    before = (folder / "faces.csv").read_bytes()
    options = [option if option.startswith("--") else folder / option for option in options]
    with pytest.raises(OutputError, match=told):
        raise run(folder / "faces.csv", "--task", "emotion", *options).exception
    assert asked == []
    assert (folder / "faces.csv").read_bytes() == before
    assert not (folder / "x").exists()


def test_threads_reach_the_networks(folder):
    with pytest.raises(InputError, match="must be 1 or more, got 0"):
        raise run(folder / "faces.csv", "--task", "emotion", "--threads", 0).exception


def test_paths_that_cannot_be_reached_have_their_own_reason(folder, asked):
    (folder / "loop.png").symlink_to("loop.png")
    add(folder, "loop.png,,,,sad,,")
    add(folder, "x" * 300 + ".png,,,,sad,,")
    result = run(folder / "faces.csv", "--task", "emotion")
    assert result.exit_code == 1
    assert [line.rsplit(": ", 1)[-1] for line in result.stderr.splitlines()] == ["OSError", "OSError"]


def test_json_on_standard_output_is_ascii_which_every_terminal_takes(folder, asked):
    add(folder, "0.png,,,,тоска,,")
    result = run(folder / "faces.csv", "--task", "emotion", "--json", "-")
    assert result.stdout.isascii()
    assert "тоска" in str(json.loads(result.stdout))


def test_pose(folder, asked):
    (folder / "poses.csv").write_text("path,yaw,roll\n0.png,18,0\n1.png,30,-4\n", encoding="utf-8")
    result = run(folder / "poses.csv", "--task", "pose", "--json", folder / "out.json")
    assert result.exit_code == 0, result.output
    assert asked == [(("pose",), "yunet", False, 1, "embedding")]
    assert any("yaw: mean absolute error" in line and "1.50°" in line for line in result.stdout.splitlines())
    pose = json.loads((folder / "out.json").read_text(encoding="utf-8"))["attributes"]["pose"]
    assert (pose["yaw"]["value"], pose["roll"]["value"], pose["pitch"]["value"]) == (1.5, 2, None)


def test_robustness(folder, asked):
    result = run(folder / "faces.csv", "--task", "demographics", "--robustness", "--json", folder / "out.json")
    assert result.exit_code == 0, result.output
    assert len(asked) == 1
    for words in (("gender flips", "%"), ("shift 1 px", "0.0%", "0.00 years"), ("scale ±3 %", "0.0%")):
        assert any(all(word in line for word in words) for line in result.stdout.splitlines()), words
    content = json.loads((folder / "out.json").read_text(encoding="utf-8"))["attributes"]
    assert list(content) == ["age", "age_group", "gender", "race", "robustness"]
    assert (content["robustness"]["images"], content["robustness"]["faces"]) == (5, 5)
    changes = {change["name"]: change for change in content["robustness"]["changes"]}
    assert changes["shift 1 px"]["flips"]["race"] == {"value": 0, "n": 5, "low": 0, "high": 0.434482}
    assert changes["shift 2 px"]["lost"]["value"] == 0.5  # of 8 px, two to the side and two down is too far


@pytest.fixture
def pairs(folder):
    lines = ["fold,a,b,same", "1,0.png,1.png,1", "1,0.png,4.png,0", "2,1.png,2.png,1", "2,1.png,4.png,0"]
    (folder / "pairs.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "pairs.csv"


@pytest.mark.parametrize("manifest", [True, False])
def test_verification(folder, asked, pairs, manifest):
    arguments = [folder / "faces.csv"] if manifest else []
    options = ("--task", "verification", "--pairs", pairs, "--model", "sface", "--json", folder / "out.json")
    result = run(*arguments, *options, "--predictions", folder / "out.csv")
    assert result.exit_code == 0, result.output
    assert asked == [(("embedding",), "yunet", False, 1, "sface")]
    assert "verification on pairs.csv: 4 of 4 rows, 4 images, 0 not read" in result.stdout
    for words in (
        ("area under the ROC curve", "1.0000"),
        ("accuracy, 2 folds", "100.0%"),
        ("similarity, same", "0.983"),
    ):
        assert any(all(word in line for word in words) for line in result.stdout.splitlines()), words
    assert "TAR at FMR 0.01 needs 100 pairs of different people or more, got 2" in result.stderr
    verification = json.loads((folder / "out.json").read_text(encoding="utf-8"))["attributes"]["verification"]
    assert (verification["model"], verification["n"], verification["auc"]["value"]) == ("sface", 4, 1)
    assert verification["mean_same"]["value"] == pytest.approx(np.cos(11 / 60), abs=1e-6)
    with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["fold"], row["a"], row["same"]) for row in rows] == [
        ("1", "0.png", "1"),
        ("1", "0.png", "0"),
        ("2", "1.png", "1"),
        ("2", "1.png", "0"),
    ]
    assert float(rows[0]["similarity"]) == pytest.approx(np.cos(11 / 60), abs=1e-6)


def test_verification_of_crops_by_default_with_our_own_network(folder, asked, pairs):
    result = run("--task", "verification", "--pairs", pairs, "--input", "crops", "--json", "-", "--limit", 2)
    assert result.exit_code == 0, result.output
    assert asked == [(("embedding",), "yunet", True, 1, "embedding")]
    content = json.loads(result.stdout)
    assert (content["selected"], content["images"]["n"]) == (2, 3)
    assert content["images"]["whole_crop"]["value"] == pytest.approx(1 / 3, abs=1e-6)


def test_a_pair_whose_image_is_gone(folder, asked, pairs):
    (folder / "2.png").unlink()
    result = run("--task", "verification", "--pairs", pairs)
    assert result.exit_code == 1
    assert "verification: 1 pairs left out, as an image of theirs could not be read" in result.stderr
    assert f"2.png: not read: no file at {folder / '2.png'}" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--task", "verification"], "--task verification needs --pairs FILE with the columns a, b and same"),
        (["--task", "emotion"], "--task emotion needs MANIFEST, a CSV or Parquet file"),
        (["faces.csv", "--task", "emotion", "--pairs", "pairs.csv"], "--pairs is for --task verification"),
        (["faces.csv", "--task", "pose", "--model", "sface"], "--model is for --task verification"),
        (["faces.csv", "--task", "pose", "--robustness"], "--robustness is for --task demographics and emotion"),
        (
            ["--task", "verification", "--pairs", "pairs.csv", "--confusion", "x"],
            "--confusion is for --task demographics and emotion; leave it out with --task verification",
        ),
    ],
)
def test_options_of_other_tasks(folder, asked, pairs, arguments, message):
    result = run(*(folder / one if one.endswith(".csv") else one for one in arguments))
    assert result.exit_code == 2
    assert message in result.stderr
    assert asked == []


def test_pairs_are_not_overwritten(folder, asked, pairs):
    with pytest.raises(OutputError, match=r"--predictions \S*pairs\.csv: would overwrite a file that is to be read"):
        raise run("--task", "verification", "--pairs", pairs, "--predictions", pairs).exception
    assert asked == []


def test_an_embedding_that_there_is_not(folder, pairs):
    with pytest.raises(UnknownNameError, match="unknown embedding 'faces'; did you mean sface"):
        raise run("--task", "verification", "--pairs", pairs, "--model", "faces").exception


def test_verification_with_sface_itself(tmp_path, draw_faces):
    if not weights.status(sface.CARD).verified:
        pytest.skip("`mien models pull sface` fetches it")
    Image.fromarray(draw_faces(300, 300, [(150, 150, 180)])).save(tmp_path / "a.png")
    Image.fromarray(draw_faces(320, 300, [(140, 160, 180)])).save(tmp_path / "b.png")
    Image.fromarray(draw_faces(300, 300, [(150, 150, 180)])[..., ::-1]).save(tmp_path / "c.png")
    (tmp_path / "pairs.csv").write_text("a,b,same\na.png,b.png,1\na.png,c.png,0\n", encoding="utf-8")
    result = run("--task", "verification", "--pairs", tmp_path / "pairs.csv", "--model", "sface", "--json", "-")
    assert result.exit_code == 0, result.output
    verification = json.loads(result.stdout)["attributes"]["verification"]
    assert (verification["n"], verification["auc"]["value"]) == (2, 1)
    assert 1 > verification["mean_same"]["value"] > verification["mean_different"]["value"] > 0.5


@pytest.mark.skipif(sys.platform == "darwin", reason="names of files are UTF-8 there")
def test_a_folder_whose_name_is_not_utf8(folder, asked):
    images = folder / os.fsdecode(b"caf\xe9")
    images.mkdir()
    (images / "0.png").write_bytes(picture(20))
    result = run(
        *(folder / "faces.csv", "--task", "emotion", "--images", images),
        *("--predictions", folder / "out.csv", "--json", folder / "out.json"),
    )
    assert result.exit_code == 1, result.exception
    with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[1]["reason"].endswith("caf\\udce9/1.png")
    assert json.loads((folder / "out.json").read_text(encoding="utf-8"))["images"]["n"] == 5
