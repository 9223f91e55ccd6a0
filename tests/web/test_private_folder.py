import os
import signal
import stat
import subprocess
import sys
import tempfile

import pytest

from mien.web import private_folder
from mien.web.private_folder import PREFIX, PrivateFolder, remove_orphans

SCRIPT = """
import os, sys, time
from mien.web.private_folder import PrivateFolder

folder = PrivateFolder()
path = folder.make()
(path / "clip").write_bytes(b"x")
print(path, flush=True)
{rest}
"""
posix = pytest.mark.skipif(os.name != "posix", reason="forks and signals")


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield tmp_path
    tempfile.tempdir = None


def folders(temporary):
    return sorted(temporary.glob(f"{PREFIX}*"))


def started(rest):
    """A process that makes a folder and then does the rest, and the folder."""
    process = subprocess.Popen([sys.executable, "-c", SCRIPT.format(rest=rest)], stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


def test_nobody_else_can_look_into_it(temporary):
    folder = PrivateFolder()
    path = folder.make()
    assert folder.make() == path
    assert path.parent == temporary
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_it_goes_with_its_owner(temporary):
    folder = PrivateFolder()
    (folder.make() / "clip").write_bytes(b"x")
    del folder
    assert folders(temporary) == []


def test_what_is_in_it_can_be_removed_at_once(temporary):
    folder = PrivateFolder()
    folder.empty()
    job = folder.make() / "job"
    job.mkdir()
    (job / "clip").write_bytes(b"x")
    folder.empty()
    assert not job.exists()
    remove_orphans()
    assert folders(temporary) == [folder.make()]


def test_it_goes_at_the_end_of_the_process(temporary):
    process, path = started("")
    with process:
        assert process.wait(60) == 0
    assert path
    assert folders(temporary) == []


@posix
def test_a_killed_process_leaves_it_to_the_next(temporary):
    process, path = started("time.sleep(600)")
    with process:
        remove_orphans()
        assert [str(one) for one in folders(temporary)] == [path]  # its process lives
        process.send_signal(signal.SIGKILL)
        process.wait(60)
    assert [str(one) for one in folders(temporary)] == [path]
    folder = PrivateFolder()
    made = folder.make()
    assert folders(temporary) == [made]


@posix
def test_a_fork_leaves_it_to_its_parent(temporary):
    process, _ = started(
        "if os.fork() == 0: sys.exit()\n_, status = os.wait()\nprint(status, path.exists(), flush=True)"
    )
    with process:
        assert process.stdout.read() == "0 True\n"
    assert folders(temporary) == []


@posix
def test_other_folders_are_left_alone(temporary):
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".lock").touch()
    (temporary / f"{PREFIX}link").symlink_to(elsewhere)
    (temporary / f"{PREFIX}new").mkdir()  # another process has made it and not yet its lock
    remove_orphans()
    assert elsewhere.exists()
    assert (temporary / f"{PREFIX}new").exists()


def test_a_folder_that_cannot_be_made(temporary, monkeypatch):
    def refuse(prefix):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(private_folder.tempfile, "mkdtemp", refuse)
    with pytest.raises(PermissionError):
        PrivateFolder().make()
