"""`mien watch --store`, `mien store` and `mien report`."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

FEW = ("--attributes", "quality,emotion,pose", "--no-reidentify")


@pytest.fixture(scope="module")
def watched(tmp_path_factory, film):
    """A store of one face that walks for half a second, on the first of June."""
    from click.testing import CliRunner

    from mien.cli.main import cli

    path = tmp_path_factory.mktemp("store") / "audience.db"
    arguments = ["watch", str(film), "--store", str(path), "--recorded-at", "2026-06-01T09:00", *FEW]
    done = CliRunner(catch_exceptions=False).invoke(cli, arguments, prog_name="mien")
    assert done.exit_code == 0, done.output
    return path


def test_what_was_watched_is_in_the_store(mien, watched, film):
    done = mien("store", "info", watched, "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert (told["store"], told["version"]) == (str(watched), 1)
    one = told["sources"][str(film)]
    assert (one["sessions"], one["killed"], one["visits"]) == (1, 0, 1)
    assert one["watched_s"] == pytest.approx(13 / 25, abs=0.05)
    assert "sessions" in mien("store", "info", watched).stdout


def test_a_report_as_page_tables_and_json(mien, watched, tmp_path):
    page, tables, figures = tmp_path / "report.html", tmp_path / "tables", tmp_path / "figures.json"
    done = mien("report", watched, "-o", page, "--csv", tables, "--json", figures, "--min-cell", 1)
    assert done.exit_code == 0, done.output
    assert "opportunity to see" in done.stdout
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    told = json.loads(figures.read_text(encoding="utf-8"))
    assert told["everyone"]["visits"] == 1
    assert told["peak_hour"] == {"start": "2026-06-01T09:00:00", "visits": 1}
    assert told["unique_visitors"] is None  # nobody was to be known again
    with (tables / "everyone.csv").open(encoding="utf-8") as file:
        assert next(csv.DictReader(file))["visits"] == "1"


def test_json_on_standard_output_is_nothing_but_json(mien, watched):
    done = mien("report", watched, "--json", "-")
    assert json.loads(done.stdout)["everyone"]["visits"] is None  # one person is too few to be told
    assert "Fewer than 5 people were in view" in done.stderr


def test_the_store_is_left_as_it_was(mien, watched):
    before = watched.read_bytes()
    mien("report", watched)
    mien("store", "info", watched)
    assert watched.read_bytes() == before
    assert [path.name for path in watched.parent.iterdir()] == [watched.name]


@pytest.mark.parametrize(
    ("options", "visits"),
    [
        (["--since", "2026-06-01"], 1),
        (["--since", "2026-06-01T08:59", "--until", "2026-06-01T09:01"], 1),
        (["--time-zone", "UTC"], 1),
    ],
)
def test_a_part_of_the_time(mien, watched, options, visits):
    done = mien("report", watched, "--json", "-", "--min-cell", 1, *options)
    assert json.loads(done.stdout)["everyone"]["visits"] == visits


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["report", "nowhere.db"], "nowhere.db: there is no such file; `mien watch SOURCE --store FILE` makes one"),
        (["report", "."], ".: this folder is neither a store, which is a file, nor made by `mien dataset`"),
        (["report", "text.db"], "text.db: file is not a database; it is no store of Mien; name another file"),
        (["report", "STORE", "--since", "2030-01-01"], "nothing was recorded in the time asked for"),
        (
            ["report", "STORE", "--since", "2026-06-02", "--until", "2026-06-01"],
            "--since 2026-06-02 is not before --until 2026-06-01; exchange them",
        ),
        (["report", "STORE", "--since", "soon"], "'soon' is no time; write it as 2026-03-31"),
        (["report", "STORE", "--time-zone", "Mars"], "there is no time zone 'Mars' here"),
        (["report", "STORE", "--source", "attic"], "unknown source 'attic'; known: "),
        (["report", "STORE", "-o", "STORE"], "would overwrite a file that is to be read"),
        (["report", "STORE", "-o", "nowhere/report.html"], "its folder is not there; make it first"),
        (["store", "info", "mysql://host/db"], "a store is an SQLite file or a PostgreSQL database"),
        (["report", "postgresql://me:secret@localhost:1/db"], "postgresql://me:***@localhost:1/db: connection failed"),
        (["store", "info", "nowhere.db"], "there is no such file"),
        (["store", "purge", "nowhere.db", "--all"], "there is no such file"),
        (["store", "purge", "STORE", "--older-than", "forever"], "'forever' is no duration; write it as 90s"),
        (["store", "purge", "STORE", "--all", "--source", "attic"], "unknown source 'attic'"),
        (["watch", "FILM", "--store", "text.db"], "text.db: file is not a database"),
        (["watch", "FILM", "--store", "nowhere/new.db"], "its folder is not there; make it first"),
        (["watch", "FILM", "--store", "new.db", "--keep", "long"], "'long' is no duration"),
        (["watch", "FILM", "--store", "FILM"], "would overwrite a file that is to be read"),
    ],
)
def test_what_is_wrong_is_told_with_the_remedy(mien, watched, film, tmp_path, monkeypatch, arguments, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.db").write_text("not a database, but a text that is long enough to be taken for one" * 20)
    before = mien("store", "info", watched, "--json").stdout
    options = FEW if arguments[0] == "watch" else ()
    done = mien(*[{"STORE": watched, "FILM": film}.get(part, part) for part in arguments], *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr
    assert "secret" not in done.stderr
    assert mien("store", "info", watched, "--json").stdout == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["store", "purge", "STORE"],
        ["store", "purge", "STORE", "--all", "--before", "2026-01-01"],
        ["watch", "FILM", "--keep", "30d"],
        ["watch", "FILM", "--recorded-at", "2026-01-01"],
        ["report", "STORE", "--min-cell", "0"],
        ["report", ""],
    ],
)
def test_wrong_use(mien, watched, film, arguments):
    options = FEW if arguments[0] == "watch" else ()
    done = mien(*[{"STORE": watched, "FILM": film}.get(part, part) for part in arguments], *options)
    assert done.exit_code == 2
    assert "Error: " in done.stderr


def test_purging(mien, film, tmp_path):
    path = tmp_path / "audience.db"
    for day in ("2026-06-01", "2026-06-20"):
        assert mien("watch", film, "--store", path, "--recorded-at", f"{day}T12:00", *FEW).exit_code == 0
    done = mien("store", "purge", path, "--before", "2026-06-10")
    assert (done.exit_code, done.stdout) == (0, "purged 1 visits and 1 sessions\n")
    assert mien("store", "purge", path, "--before", "2026-06-15").stdout == "purged 0 visits and 0 sessions\n"
    assert mien("store", "purge", path, "--all").stdout == "purged 1 visits and 1 sessions\n"
    assert json.loads(mien("store", "info", path, "--json").stdout)["sources"] == {}
    done = mien("report", path)
    assert (done.exit_code, "nothing was recorded" in done.stderr) == (2, True)


def test_visitors_are_known_again_by_default(mien, film, tmp_path):
    path = tmp_path / "audience.db"
    done = mien("watch", film, "--store", path, "--revisit", "10m", "--attributes", "quality,pose")
    assert done.exit_code == 0, done.output
    told = json.loads(mien("report", path, "--json", "-", "--min-cell", 1).stdout)
    assert told["unique_visitors"] == {"value": 1, "low": 1, "high": 1, "visits": 1}


def test_the_program_in_the_documentation(watched, monkeypatch, tmp_path, capsys):
    page = Path(__file__).parents[2] / "docs" / "audience.md"
    (program,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    shutil.copy(watched, tmp_path / "audience.db")
    monkeypatch.chdir(tmp_path)
    exec(compile(program, str(page), "exec"), {})
    assert capsys.readouterr().out.startswith("None Figure(")  # one person is too few to be told


def test_everything_goes_with_postgresql_too(mien, film, postgres_url):
    assert mien("watch", film, "--store", postgres_url, *FEW).exit_code == 0
    told = json.loads(mien("report", postgres_url, "--json", "-", "--min-cell", 1).stdout)
    assert told["everyone"]["visits"] == 1
    assert json.loads(mien("store", "info", postgres_url, "--json").stdout)["size_bytes"] is None
    assert mien("store", "purge", postgres_url, "--all").stdout == "purged 1 visits and 1 sessions\n"
