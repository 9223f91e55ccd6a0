import os
import signal
import subprocess
import sys
import textwrap

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
        (["xyz"], "mien: error: unknown command 'xyz'; known: analyze, demo, models, evaluate, audit, train, doctor\n"),
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
def test_an_interrupt_ends_without_a_traceback(photos):
    """The second photo is a pipe that nobody writes to, so the run is still on when the signal comes."""
    pipe = photos / "zz.png"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "mien", "analyze", photos / "one.png", pipe, "--attributes", "quality", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        writer = pipe.open("wb")  # waits until the command opens the pipe
        process.send_signal(signal.SIGINT)
        writer.close()
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "mien: interrupted\n"


@pytest.mark.skipif(os.name == "nt", reason="pipes")
def test_a_reader_that_has_gone_ends_the_run_quietly(photos):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "mien", "analyze", photos, "--attributes", "quality", "--json"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert done.stderr == ""
