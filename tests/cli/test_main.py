import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import mien as package
from mien.cli.main import COMMANDS
from mien.errors import InputError

HEAVY = ("cv2", "onnxruntime", "PIL", "numpy", "rich", "pandas", "pyarrow", "torch", "matplotlib")


def shell(*args, **options):
    return subprocess.run([sys.executable, "-m", "mien", *args], capture_output=True, text=True, check=False, **options)


@pytest.mark.parametrize("args", [["--help"], ["-h"]])
def test_the_help_lists_the_commands_and_ends_with_an_example(mien, args):
    done = mien(*args)
    assert done.exit_code == 0
    for name, line in COMMANDS.items():
        assert f"  {name} " in done.output
        assert line in done.output
    assert done.output.strip().splitlines()[-1].strip().startswith("Example:  mien analyze ")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_that_ends_with_an_example(mien, name):
    done = mien(name, "--help")
    assert done.exit_code == 0
    assert "Example" in done.output.strip().split("\n\n")[-1]


def test_the_version(mien):
    done = mien("--version")
    assert (done.exit_code, done.output) == (0, f"mien, version {package.__version__}\n")


def test_python_m_mien_is_the_command():
    done = shell("--version")
    assert (done.returncode, done.stdout) == (0, f"mien, version {package.__version__}\n")


def test_the_help_loads_nothing_heavy():
    script = f"""
        import sys
        from mien.cli.main import cli
        try:
            cli(["--help"], prog_name="mien")
        except SystemExit:
            print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["anlyze"], "mien: error: unknown command 'anlyze'; did you mean analyze?\n"),
        (["xyz"], f"mien: error: unknown command 'xyz'; known: {', '.join(COMMANDS)}\n"),
        (["analyze"], "Missing argument 'PATH...'"),
        (["analyze", "--nonsense"], "No such option"),
    ],
)
def test_wrong_use_has_status_2(mien, args, told):
    done = mien(*args)
    assert done.exit_code == 2
    assert told in done.stderr
    assert done.stdout == ""


def test_errors_of_mien_become_one_line(mien, monkeypatch):
    def fails():
        raise InputError("this came, that was wanted")

    monkeypatch.setattr("mien.cli.doctor._examine", fails)
    done = mien("doctor")
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", "mien: error: this came, that was wanted\n")


def test_other_errors_are_not_hidden(mien, monkeypatch):
    def fails():
        raise ZeroDivisionError

    monkeypatch.setattr("mien.cli.doctor._examine", fails)
    with pytest.raises(ZeroDivisionError):
        mien("doctor")


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize(
    ("number", "status", "told"),
    [(signal.SIGINT, 130, "mien: interrupted\n"), (signal.SIGTERM, 143, "")],
    ids=["interrupt", "terminate"],
)
def test_a_signal_ends_without_a_traceback_and_leaves_no_half_file(tmp_path, number, status, told):
    """Far more lines than a pipe holds, of which only the first is read: the run is still on when the signal comes."""
    photos = tmp_path / ("photos" * 30)
    photos.mkdir()
    for index in range(2000):
        (photos / f"{index}.jpg").touch()
    output = tmp_path / "out" / "people.csv"
    output.parent.mkdir()
    command = [sys.executable, "-m", "mien", "analyze", photos, "--attributes", "quality", "--json", "-o", output]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (status, told)
    assert list(output.parent.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="pipes")
def test_a_reader_that_has_gone_ends_the_run_quietly(photos):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "mien", "analyze", photos, "--attributes", "quality", "--json"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("args", [["--help"], ["--version"], ["analyze", "--help"], ["models", "list"]])
def test_a_full_disk_is_one_line(args, unbuffered):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mien", *args],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
    assert done.returncode == 2
    assert done.stderr == ("mien: error: the output cannot be written: No space left on device; write it elsewhere\n")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_what_the_terminal_cannot_show_is_a_question_mark(encoding):
    """The remarks on sources have an en dash and the checks a tick."""
    done = subprocess.run(
        [sys.executable, "-m", "mien", "doctor"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )
    assert b"Traceback" not in done.stderr
    assert "python" in done.stdout.decode(encoding)


def test_words_can_be_completed_before_a_command_is_known():
    done = shell(env={**os.environ, "_MIEN_COMPLETE": "bash_complete", "COMP_WORDS": "mien xyz ", "COMP_CWORD": "2"})
    assert (done.returncode, done.stderr) == (0, "")
    done = shell(env={**os.environ, "_MIEN_COMPLETE": "bash_complete", "COMP_WORDS": "mien an", "COMP_CWORD": "1"})
    assert done.stdout == "plain,analyze\n"
