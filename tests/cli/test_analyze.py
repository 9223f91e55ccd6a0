import csv
import io
import json
import os
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from mien.media.images import ImageLimits, read_image
from mien.pipeline import ATTRIBUTES, DEFAULT_ATTRIBUTES, LONG_SIDE_PX

QUALITY = ("--attributes", "quality")  # needs no network but the detector's


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def png_header(width, height):
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


def jpeg(image):
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=95)
    return stream.getvalue()


# Results


def test_json_lines_hold_what_became_of_every_photo(mien, photos):
    done = mien("analyze", photos, "--json", *QUALITY)
    assert (done.exit_code, done.stderr) == (0, "")
    nobody, one, two = lines(done.stdout)
    assert [result["path"] for result in (nobody, one, two)] == [
        str(photos / name) for name in ("nobody.png", "one.png", "two.jpg")
    ]
    assert (nobody["status"], nobody["faces"]) == ("no_face", [])
    assert (one["status"], one["width"], one["height"], len(one["faces"])) == ("ok", 400, 400, 1)
    assert (two["status"], two["width"], two["height"], len(two["faces"])) == ("ok", 800, 400, 2)
    np.testing.assert_allclose(one["faces"][0]["box"], (132, 105, 272, 295), atol=5)
    assert one["faces"][0]["quality"] == {"score": 0.0, "reasons": ["flat"]}
    assert one["faces"][0]["age"] is None


def test_a_table_is_printed_without_an_output(mien, photos):
    done = mien("analyze", photos, *QUALITY)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "quality" in done.stdout
    assert "age" not in done.stdout
    rows = [row.split("│")[1:3] for row in done.stdout.splitlines() if row.startswith("│")]
    assert [(path.strip().rsplit("/")[-1], number.strip()) for path, number in rows] == [
        ("nobody.png", ""),
        ("one.png", "1"),
        ("two.jpg", "1"),
        ("", "2"),
    ]
    assert "no face" in done.stdout


def test_a_table_of_nobody(mien, photos):
    done = mien("analyze", photos / "nobody.png", *QUALITY)
    assert done.exit_code == 0
    assert "no face" in done.stdout


@pytest.mark.parametrize("ending", ["json", "jsonl", "csv", "parquet"])
def test_the_output_is_written_and_nothing_is_printed(mien, photos, tmp_path, ending):
    output = tmp_path / f"out.{ending}"
    done = mien("analyze", photos, "-o", output, *QUALITY)
    assert (done.exit_code, done.output) == (0, "")
    assert output.stat().st_size > 100


def test_csv_and_json_lines_at_once(mien, photos, tmp_path):
    done = mien("analyze", photos, "-o", tmp_path / "out.csv", "--json", *QUALITY)
    with (tmp_path / "out.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["status"] for row in rows] == ["no_face", "ok", "ok", "ok"]
    assert len(lines(done.stdout)) == 3


def test_a_dash_is_standard_output_once(mien, photos):
    assert len(lines(mien("analyze", photos, "-o", "-", *QUALITY).stdout)) == 3
    assert len(lines(mien("analyze", photos, "-o", "-", "--json", *QUALITY).stdout)) == 3


def test_a_photo_named_twice_is_profiled_once(mien, photos, monkeypatch):
    monkeypatch.chdir(photos)
    done = mien("analyze", "one.png", photos, "*.png", "--json", *QUALITY)
    assert [result["path"] for result in lines(done.stdout)] == [
        "one.png",
        str(photos / "nobody.png"),
        str(photos / "two.jpg"),
    ]


def test_no_attributes_give_boxes_alone(mien, photos):
    (result,) = lines(mien("analyze", photos / "one.png", "--json", "--attributes", "").stdout)
    face = result["faces"][0]
    assert (len(face["box"]), face["quality"], face["age"]) == (4, None, None)


def test_the_classic_detector_finds_the_face_too(mien, photos):
    (result,) = lines(mien("analyze", photos / "one.png", "--json", "--detector", "haar", *QUALITY).stdout)
    assert len(result["faces"]) == 1


def test_the_defaults_in_the_help_are_those_of_python(mien):
    text = " ".join(mien("analyze", "--help").stdout.split())
    defaults = ImageLimits()
    for value in (
        ",".join(DEFAULT_ATTRIBUTES),
        "embedding",
        LONG_SIDE_PX,
        f"{defaults.max_pixels}; x",
        f"{defaults.max_bytes}; x",
    ):
        assert f"[default: {value}" in text
    assert all(name in text for name in ATTRIBUTES)


def test_pose_and_measures_have_columns_in_the_table(mien, photos, tiny_networks):
    done = mien("analyze", photos / "one.png", "--attributes", "pose,landmarks")
    assert done.exit_code == 0
    header, row = (line for line in done.stdout.splitlines() if line[:1] in "┃│")
    assert [cell.strip() for cell in header.split("┃")[3:-1]] == [
        "yaw, pitch, roll",
        "eyes open",
        "mouth open",
        "smile",
    ]
    pose, *shares = (cell.strip() for cell in row.split("│")[3:-1])
    assert pose.startswith("+10° +5° ")
    assert all(share.endswith(" %") for share in shares)


def test_landmarks_and_embeddings_are_in_the_json_when_asked_for(mien, photos, tiny_networks):
    (result,) = lines(mien("analyze", photos / "one.png", "--json", "--attributes", "landmarks,embedding").stdout)
    (face,) = result["faces"]
    assert np.shape(face["landmarks"]) == (478, 3)
    assert np.shape(face["embedding"]) == (128,)
    assert face["pose"] is None
    assert face["measures"]["facing"] is None
    assert 0 <= face["measures"]["smile"] <= 1


@pytest.mark.parametrize(
    ("attributes", "output", "lacking"),
    [
        ("landmarks,embedding", "out.csv", "landmarks and embedding"),
        ("embedding,quality", "out.parquet", "embedding"),
        ("embedding", None, "embedding"),
        ("embedding", "out.json", ""),
        ("landmarks", "out.JSONL", ""),
        ("landmarks", "-", ""),
        ("pose", "out.csv", ""),
    ],
)
def test_what_tables_have_no_columns_for_is_told(mien, photos, tmp_path, tiny_networks, attributes, output, lacking):
    target = output if output in (None, "-") else tmp_path / output
    options = () if target is None else ("-o", target)
    done = mien("analyze", photos / "one.png", "--attributes", attributes, *options)
    note = f"mien: note: {lacking} have no columns in tables; write JSON: -o FILE.json or --json\n"
    assert (done.exit_code, done.stderr) == (0, note if lacking else "")


def test_measures_of_unsure_landmarks_are_unsure_in_the_table(mien, photos, tiny_networks):
    """The tiny network takes a face for present where its crop is bright."""
    Image.fromarray(read_image(photos / "one.png") // 5).save(photos / "one.png")
    done = mien("analyze", photos / "one.png", "--attributes", "pose,landmarks")
    (row,) = (line for line in done.stdout.splitlines() if line.startswith("│"))
    assert [cell.strip() for cell in row.split("│")[3:-1]] == ["unsure"] * 4


# Drawing


def test_annotated_copies_are_written(mien, photos, tmp_path, drawn_face):
    (photos / "sub").mkdir()
    Image.fromarray(drawn_face[:, ::-1]).save(photos / "sub" / "one.png")
    Image.fromarray(drawn_face).save(photos / "anim.gif", save_all=True, append_images=[Image.new("RGB", (400, 400))])
    out = tmp_path / "new" / "out"
    done = mien("analyze", photos, "--draw", out, "--json", *QUALITY)
    assert (done.exit_code, done.stderr) == (0, "")
    copies = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert copies == ["anim.gif.png", "nobody.png", "one.png", "sub/one.png", "two.jpg"]
    np.testing.assert_array_equal(read_image(photos / "one.png"), drawn_face)
    drawn = read_image(out / "one.png")
    rows, columns = np.nonzero((drawn != drawn_face).any(axis=2))
    np.testing.assert_allclose((columns.min(), rows.min(), columns.max(), rows.max()), (132, 105, 272, 295), atol=8)
    np.testing.assert_array_equal(read_image(out / "nobody.png"), read_image(photos / "nobody.png"))


def test_an_annotated_copy_never_overwrites_its_photo(mien, photos):
    before = (photos / "one.png").read_bytes()
    done = mien("analyze", photos, "--draw", photos, *QUALITY)
    assert done.exit_code == 2
    assert "the annotated copy would overwrite a picture; name another folder" in done.stderr
    assert (photos / "one.png").read_bytes() == before


def test_a_second_run_does_not_take_the_copies_for_photos(mien, photos):
    out = photos / "ann"
    assert mien("analyze", photos, "--draw", out, *QUALITY).exit_code == 0
    before = (out / "one.png").read_bytes()
    done = mien("analyze", photos, "--draw", out, *QUALITY)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"mien: error: {out / 'nobody.png'}: is there already, and the annotated copy would replace it; "
        "name another folder, or allow it with --overwrite\n"
    )
    done = mien("analyze", photos, "--draw", out, "--overwrite", "--json", *QUALITY)
    assert (done.exit_code, done.stderr, len(lines(done.stdout))) == (0, "", 3)
    assert (out / "one.png").read_bytes() == before
    assert len(list(out.iterdir())) == 3


def test_a_photo_elsewhere_is_not_replaced_by_an_annotated_copy(mien, photos, tmp_path):
    other = tmp_path / "cur"
    other.mkdir()
    (other / "one.png").write_text("not yours")
    assert mien("analyze", photos / "one.png", "--draw", other, *QUALITY).exit_code == 2
    assert (other / "one.png").read_text() == "not yours"


def test_copies_of_photos_with_odd_sizes_and_names(mien, tmp_path, drawn_face):
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.new("RGB", (65_536, 2)).save(folder / "wide.png")
    (folder / "wide.png").rename(folder / "wide.jpg")
    Image.new("RGB", (2, 16_384)).save(folder / "high.png")
    (folder / "high.png").rename(folder / "high.webp")
    long = "n" * 250 + ".bmp"
    Image.fromarray(drawn_face).save(folder / long)
    done = mien("analyze", folder, "--draw", tmp_path / "out", *QUALITY)
    assert (done.exit_code, done.stderr) == (0, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "high.webp.png",
        "n" * 250 + "..png",
        "wide.jpg.png",
    ]


# Bad input


def test_odd_paths_are_rows_with_their_reason(mien, photos):
    (photos / "loop.jpg").symlink_to("loop.jpg")
    os.mkfifo(photos / "pipe.jpg")
    long = "a" * 300
    done = mien("analyze", photos, long, "--json", *QUALITY)
    assert done.exit_code == 1
    reasons = {result["path"]: result["reason"] for result in lines(done.stdout) if result["status"] == "error"}
    assert reasons.keys() == {str(photos / "loop.jpg"), str(photos / "pipe.jpg"), long}
    assert "Too many levels of symbolic links" in reasons[str(photos / "loop.jpg")]
    assert reasons[str(photos / "pipe.jpg")].startswith("a pipe or device, not a file")
    assert "File name too long" in reasons[long]


def test_a_folder_that_cannot_be_searched_is_a_row(mien, photos):
    """Its path is longer than the system takes, so that not even root can list it."""
    here = os.open(photos, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=here)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    done = mien("analyze", photos, "--json", *QUALITY)
    assert done.exit_code == 1
    (deep, *rest) = lines(done.stdout)
    assert [result["status"] for result in (deep, *rest)] == ["error", "no_face", "ok", "ok"]
    assert deep["path"].endswith("/" + "d" * 250)
    assert deep["reason"] == "this folder cannot be searched: File name too long"


@pytest.mark.parametrize("args", [("",), ("one.png", ""), ("one.png", "-o", ""), ("one.png", "--draw", "")])
def test_empty_paths_are_refused(mien, photos, monkeypatch, args):
    monkeypatch.chdir(photos)
    done = mien("analyze", *args, *QUALITY)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "an empty path names nothing" in done.stderr
    assert len(list(photos.iterdir())) == 3


def test_an_output_that_is_an_input_is_refused(mien, tmp_path):
    (tmp_path / "people.csv").write_text("precious")
    (tmp_path / "link.csv").symlink_to("people.csv")
    done = mien("analyze", tmp_path / "people.csv", "-o", tmp_path / "link.csv", *QUALITY)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.endswith("link.csv: would overwrite a file that is to be read; name another output\n")
    assert (tmp_path / "people.csv").read_text() == "precious"


def test_an_output_that_is_a_link_stays_one(mien, photos, tmp_path):
    (tmp_path / "out.csv").symlink_to("real.csv")
    assert mien("analyze", photos, "-o", tmp_path / "out.csv", *QUALITY).exit_code == 0
    assert (tmp_path / "out.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text().startswith("path,status")


def test_a_run_goes_on_over_files_that_cannot_be_read(mien, photos, drawn_face, tmp_path):
    (photos / "empty.png").touch()
    (photos / "text.jpg").write_text("hello there")
    (photos / "truncated.jpg").write_bytes(jpeg(drawn_face)[:5000])
    (photos / "bomb.png").write_bytes(png_header(30_000, 30_000))
    Image.new("RGB", (1, 1)).save(photos / "dot.png")
    output = tmp_path / "out.csv"
    done = mien("analyze", photos, photos / "gone.jpg", "-o", output, *QUALITY)
    assert done.exit_code == 1
    assert "Traceback" not in done.output
    with output.open(newline="") as stream:
        rows = {row["path"].rsplit("/")[-1]: row for row in csv.DictReader(stream)}
    assert {name: row["status"] for name, row in rows.items()} == {
        "bomb.png": "error",
        "dot.png": "no_face",
        "empty.png": "error",
        "gone.jpg": "error",
        "nobody.png": "no_face",
        "one.png": "ok",
        "text.jpg": "error",
        "truncated.jpg": "error",
        "two.jpg": "ok",
    }
    reasons = {name: row["reason"] for name, row in rows.items() if row["status"] == "error"}
    assert reasons["empty.png"] == "empty (0 bytes); copy or download it again"
    assert reasons["gone.jpg"] == "no such file or folder"
    assert reasons["text.jpg"].startswith("not a picture; it begins with b'hello th'")
    assert reasons["truncated.jpg"].startswith("damaged or cut off")
    assert reasons["bomb.png"].startswith("30,000 × 30,000 = 900,000,000 pixels, and the limit is 100,000,000")
    told = done.stderr.splitlines()
    assert told[0] == "mien: error: 5 of 9 files could not be read:"
    assert sorted(told[1:]) == sorted(f"  {row['path']}: {row['reason']}" for row in rows.values() if row["reason"])


def test_the_table_has_a_row_for_a_file_that_cannot_be_read(mien, photos):
    (photos / "text.jpg").write_text("hello there")
    done = mien("analyze", photos, *QUALITY)
    assert done.exit_code == 1
    assert "could not be read" in next(row for row in done.stdout.splitlines() if "text.jpg" in row)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.jpg", b"", "empty (0 bytes)"),
        ("a.jpg", b"just some text", "not a picture; it begins with b'just som', and JPEG"),
        ("a.png", png_header(30_000, 30_000), "30,000 × 30,000 = 900,000,000 pixels"),
        ("missing.jpg", None, "no such file or folder"),
    ],
)
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_nothing_that_can_be_read_has_status_2(mien, tmp_path, name, content, told, options):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    done = mien("analyze", path, *options, *QUALITY)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"mien: error: 1 of 1 files could not be read:\n  {path}: {told}")
    if options:
        assert lines(done.stdout)[0]["status"] == "error"
    else:
        assert done.stdout == ""


def test_a_truncated_jpeg_alone(mien, tmp_path, drawn_face):
    (tmp_path / "cut.jpg").write_bytes(jpeg(drawn_face)[:5000])
    done = mien("analyze", tmp_path / "cut.jpg", *QUALITY)
    assert done.exit_code == 2
    assert "cut.jpg: damaged or cut off: image file is truncated" in done.stderr


def test_a_dot_is_a_photo_of_nobody(mien, tmp_path):
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    done = mien("analyze", tmp_path / "dot.png", "--json", *QUALITY, "--draw", tmp_path / "out")
    assert (done.exit_code, done.stderr) == (0, "")
    (result,) = lines(done.stdout)
    assert (result["status"], result["width"], result["height"], result["faces"]) == ("no_face", 1, 1, [])


def test_an_animated_gif_is_its_first_frame(mien, tmp_path, drawn_face):
    frames = [Image.new("RGB", (400, 400)) for _ in range(3)]
    Image.fromarray(drawn_face).save(tmp_path / "a.gif", save_all=True, append_images=frames)
    (result,) = lines(mien("analyze", tmp_path / "a.gif", "--json", *QUALITY).stdout)
    assert len(result["faces"]) == 1


def test_a_folder_without_photos(mien, tmp_path):
    (tmp_path / "notes.txt").touch()
    done = mien("analyze", tmp_path, *QUALITY)
    assert done.exit_code == 2
    assert f"{tmp_path}: no pictures in this folder or below it" in done.stderr


def test_an_address(mien):
    done = mien("analyze", "https://example.org/a.jpg", *QUALITY)
    assert done.exit_code == 2
    assert "https://example.org/a.jpg: an address, not a file; download it first" in done.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--attributes", "qualty"], "unknown attribute 'qualty'; did you mean quality?"),
        (["--attributes", "quality,gendr"], "unknown attribute 'gendr'; did you mean gender"),
        (
            ["--attributes", "zzz"],
            "unknown attribute 'zzz'; known: age, gender, race, emotion, pose, quality, landmarks, embedding",
        ),
        (["--detector", "yunnet", *QUALITY], "unknown detector 'yunnet'; did you mean yunet?"),
        (["-o", "out.cvs", *QUALITY], "unknown ending of an output file '.cvs'; did you mean .csv?"),
        (["--threads", "0", *QUALITY], "must be 1 or more, got 0"),
        (["--long-side", "3", *QUALITY], "long_side must be at least 32 pixels, got 3"),
    ],
)
def test_a_wrong_option_stops_before_anything_is_done(mien, photos, options, told):
    done = mien("analyze", photos, *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"mien: error: {done.stderr.removeprefix('mien: error: ')}"
    assert told in done.stderr


@pytest.mark.parametrize(
    ("option", "name", "told"),
    [
        ("-o", "no/out.json", "no/out.json: its folder is not there; make it first or name another output"),
        ("-o", "file/out.csv", "file/out.csv: its folder is not there"),
        ("-o", "folder.jsonl", "folder.jsonl: not an ordinary file"),
        ("--draw", "file/out", "file/out: "),
        ("--draw", "file", "file: cannot be written: File exists"),
    ],
)
def test_an_output_that_cannot_be_written_stops_before_any_photo_is_read(mien, photos, tmp_path, option, name, told):
    (tmp_path / "file").touch()
    (tmp_path / "folder.jsonl").mkdir()
    done = mien("analyze", photos, option, tmp_path / name, *QUALITY)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("mien: error: ")
    assert told in done.stderr


def test_limits_can_be_set(mien, photos):
    done = mien("analyze", photos, "--max-pixels", "100000", "--json", *QUALITY)
    assert done.exit_code == 1
    assert [result["status"] for result in lines(done.stdout)] == ["no_face", "error", "error"]
    assert "400 × 400 = 160,000 pixels, and the limit is 100,000" in done.stderr
    done = mien("analyze", photos / "one.png", "--max-bytes", "10", *QUALITY)
    assert done.exit_code == 2
    assert "more than 10 bytes" in done.stderr


# The real command


def shell(*args):
    command = [sys.executable, "-m", "mien", "analyze", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_itself(photos):
    done = shell(photos, "--json", *QUALITY)
    assert (done.returncode, done.stderr) == (0, "")
    assert [len(result["faces"]) for result in lines(done.stdout)] == [0, 1, 2]


def test_the_command_itself_with_a_bad_file(photos):
    (photos / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    done = shell(photos, "--json", *QUALITY)
    assert done.returncode == 1
    assert done.stderr.startswith("mien: error: 1 of 4 files could not be read:\n")
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_the_command_itself_with_damaged_metadata(photos, drawn_face):
    """Pillow warns of this one: an orientation that claims to be a text of 4000 bytes, in a block of 26."""
    tag = struct.pack(">HHII", 0x0112, 2, 4000, 0x4000)
    block = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + tag + bytes(4)
    Image.fromarray(drawn_face).save(photos / "one.jpg", exif=block)
    done = shell(photos / "one.jpg", "--json", *QUALITY)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(lines(done.stdout)[0]["faces"]) == 1


def test_the_command_itself_with_nothing_to_do(tmp_path):
    done = shell(tmp_path / "nowhere.jpg", *QUALITY)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"mien: error: 1 of 1 files could not be read:\n  {tmp_path / 'nowhere.jpg'}: no such file or folder\n"
    )


def test_a_full_disk_is_no_traceback(photos):
    for options in ((), ("--json",)):
        with open("/dev/full", "w") as full:  # noqa: PTH123
            command = [sys.executable, "-m", "mien", "analyze", str(photos), *options, *QUALITY]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 2
        assert done.stderr == (
            "mien: error: standard output: cannot be written: No space left on device; make room there, or name "
            "another output\n"
        )


def read_terminal(side):
    """What was written to a terminal whose other side is closed by now."""
    text = b""
    try:
        while block := os.read(side, 65536):
            text += block
    except OSError:  # Linux says "Input/output error" at the end
        pass
    return text.decode()


@pytest.mark.skipif(os.name == "nt", reason="terminals")
@pytest.mark.parametrize("options", [("--json",), ("--json", "-o", "people.csv"), ("-o", "-")])
def test_lines_reach_a_pipe_although_a_bar_is_on_the_terminal(photos, tmp_path, options):
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "mien", "analyze", photos / "one.png", photos / "two.jpg", *options, *QUALITY]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, text=True, check=False, cwd=tmp_path)
    os.close(theirs)
    told = read_terminal(ours)
    os.close(ours)
    assert done.returncode == 0
    assert [len(result["faces"]) for result in lines(done.stdout)] == [1, 2]
    assert "photos" in told
    assert '"faces"' not in told


@pytest.mark.skipif(os.name == "nt", reason="terminals")
@pytest.mark.parametrize(("options", "bar"), [(("--json",), False), ((), True)])
def test_the_bar_keeps_off_lines_on_the_same_terminal(photos, options, bar):
    ours, theirs = os.openpty()
    errors, their_errors = os.openpty()
    command = [sys.executable, "-m", "mien", "analyze", photos / "nobody.png", photos / "gone.png", *options, *QUALITY]
    done = subprocess.run(command, stdout=theirs, stderr=their_errors, check=False)
    os.close(theirs)
    os.close(their_errors)
    out, told = read_terminal(ours), read_terminal(errors)
    os.close(ours)
    os.close(errors)
    assert done.returncode == 1
    assert "nobody.png" in out
    assert ("photos " in told) == bar


@pytest.mark.skipif(os.name == "nt", reason="pipes")
def test_the_file_is_written_although_the_reader_of_the_lines_has_gone(photos, tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "mien", "analyze", photos, "-o", tmp_path / "keep.csv", "--json", *QUALITY]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")
    with (tmp_path / "keep.csv").open(newline="") as stream:
        assert [row["status"] for row in csv.DictReader(stream)] == ["no_face", "ok", "ok", "ok"]
