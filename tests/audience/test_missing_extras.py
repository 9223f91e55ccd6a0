from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("sqlalchemy", "the audience store needs sqlalchemy, which is not installed; pip install 'mien[store]'"),
        ("psycopg", "a store in PostgreSQL needs psycopg, which is not installed; pip install 'mien[postgres]'"),
    ],
)
def test_what_is_not_installed_is_told_with_its_extra(module, told):
    program = f"import sys; sys.modules[{module!r}] = None; from mien.cli.main import main; main()"
    command = [sys.executable, "-c", program, "store", "info", "postgresql://nobody@nowhere/db"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, f"mien: error: {told}\n")
