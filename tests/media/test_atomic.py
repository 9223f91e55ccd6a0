from pathlib import Path

import pytest

from mien.errors import OutputError
from mien.media.atomic import PartialFile, make_folder, output_errors, write_bytes


def test_the_target_is_untouched_until_the_end(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    partial = PartialFile(target)
    partial.path.write_text("new")
    assert target.read_text() == "old"
    partial.finish()
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_discarding_leaves_nothing(tmp_path):
    partial = PartialFile(tmp_path / "a.txt")
    partial.discard()
    partial.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_and_a_target_that_is_no_file(tmp_path):
    with pytest.raises(OutputError, match=r"a\.txt: its folder is not there; make it first"):
        PartialFile(tmp_path / "no" / "a.txt")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(OutputError, match=r"folder\.csv: not an ordinary file"):
        PartialFile(tmp_path / "folder.csv")
    with pytest.raises(OutputError, match="/dev/null: not an ordinary file"):
        write_bytes(Path("/dev/null"), b"")


def test_a_folder_below_a_file_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"out: .*Not a directory|out: its folder is not there"):
        make_folder(tmp_path / "file" / "out")
    make_folder(tmp_path / "new" / "deep")
    make_folder(tmp_path / "new" / "deep")
    assert list((tmp_path / "new" / "deep").iterdir()) == []


def test_a_closed_pipe_is_no_output_error(tmp_path):
    with pytest.raises(BrokenPipeError), output_errors(tmp_path / "a"):
        raise BrokenPipeError
    with pytest.raises(OutputError, match="on device; make room there, or"), output_errors(tmp_path / "a"):
        raise OSError(28, "No space left on device")


def test_a_link_stays_and_its_target_is_written(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "old.txt").write_text("old")
    for name in ("old.txt", "new.txt"):
        (tmp_path / name).symlink_to(Path("there", name))
        write_bytes(tmp_path / name, b"new")
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / "there" / name).read_text() == "new"
    assert len(list((tmp_path / "there").iterdir())) == 2


def test_the_longest_file_name(tmp_path):
    write_bytes(tmp_path / ("a" * 255), b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a" * 255]


def test_targets_that_the_system_refuses(tmp_path):
    with pytest.raises(OutputError, match="cannot be written: File name too long"):
        PartialFile(tmp_path / ("a" * 256))
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OutputError, match="loop: not an ordinary file"):
        PartialFile(tmp_path / "loop")
    with pytest.raises(OutputError, match="its folder is not there"):
        PartialFile(tmp_path / ("a" * 256) / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["loop"]
