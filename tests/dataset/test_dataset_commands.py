"""`mien dataset`, `mien compare` and `mien report` on a data set, as users call them."""

import json
import shutil

import pytest
from click.testing import CliRunner

from mien.cli.main import cli


def mien(*arguments):
    return CliRunner(catch_exceptions=False).invoke(cli, [str(one) for one in arguments], prog_name="mien")


@pytest.fixture
def copied(finished_run, tmp_path):
    shutil.copytree(finished_run, tmp_path / "copy")
    return tmp_path / "copy"


def test_dataset_prints_a_table_and_says_what_failed(pictures, finished_run):
    result = mien("dataset", pictures, "-o", finished_run)
    assert result.exit_code == 1
    assert "│ 10 " in result.stdout
    assert "3 of 10 files could not be read" in result.stderr
    assert "was complete already" in result.stderr


def test_dataset_as_json(pictures, tmp_path):
    result = mien("dataset", pictures, "-o", tmp_path / "out", "--workers", "1", "--attributes", "age", "--json")
    told = json.loads(result.stdout)
    assert (told["pictures"], told["ok"], told["error"], told["before"]) == (10, 6, 3, 0)
    assert told["pictures_per_s"] > 0


def test_nothing_that_can_be_read(tmp_path):
    (tmp_path / "list.csv").write_text("path\nno.jpg\n")
    result = mien("dataset", tmp_path / "list.csv", "-o", tmp_path / "out", "--workers", "1")
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "-o", "out"], "no such file or folder"),
        ([".", "-o", "out", "--attributes", "agee"], "unknown attribute 'agee'; did you mean age"),
        ([".", "-o", "out", "--column", "gender=x"], "unknown column 'gender'"),
        ([".", "-o", "out", "--address", "auto"], "give --engine ray with it"),
        ([".", "-o", "out", "--keep", "a,,b"], "write it as age,gender"),
        ([".", "-o", ""], "an empty path names nothing"),
        ([".", "-o", "out", "--workers", "0"], "--workers"),
    ],
)
def test_wrong_use_of_dataset(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    result = mien("dataset", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "out").exists()


def test_report_writes_page_tables_and_figures(finished_run, tmp_path):
    page, tables, figures = tmp_path / "page.html", tmp_path / "tables", tmp_path / "figures.json"
    result = mien("report", finished_run, "-o", page, "--csv", tables, "--json", figures)
    assert result.exit_code == 0
    assert "8 people in 10 pictures" in result.stdout
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert json.loads(figures.read_text())["corrected"]["gender"]["source"].startswith("the card of demographics")
    assert (tables / "gender.csv").read_text().startswith("label,share,low,high,n,corrected")


def test_report_with_a_labelled_sample(finished_run, pictures, tmp_path):
    (tmp_path / "labelled.csv").write_text("path,gender\na.png,female\nd.png,male\nb.png,female\n")
    result = mien(
        "report", finished_run, "--validation", tmp_path / "labelled.csv", "--images", pictures, "--json", "-"
    )
    content = json.loads(result.stdout)
    told = [*content["notes"], *(one["source"] for one in content["corrected"].values())]
    assert any("labelled.csv, 3 faces" in one for one in told)


@pytest.mark.parametrize("option", [["--since", "2026-01-01"], ["--min-cell", "3"], ["--source", "door"]])
def test_options_of_a_store_are_refused_for_a_data_set(finished_run, option):
    result = mien("report", finished_run, *option)
    assert result.exit_code == 2
    assert f"{option[0]} is for a store of `mien watch`" in result.stderr


def test_options_of_a_data_set_are_refused_for_a_store(tmp_path):
    result = mien("report", tmp_path / "store.db", "--validation", "x.csv")
    assert result.exit_code == 2
    assert "--validation is for a folder of `mien dataset`" in result.stderr


def test_compare_prints_tables_and_writes_json(finished_run, copied, tmp_path):
    result = mien("compare", finished_run, copied, "--json", tmp_path / "found.json")
    assert result.exit_code == 0
    assert "the same pictures, compared one by one" in result.stdout
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["paired"] is True
    assert all(one["difference"] == 0 for one in found["differences"])


def test_compare_two_groups(made_run):
    people = [[{"gender": "female", "age": 30.0}], [{"gender": "male", "age": 41.5}]] * 10
    result = mien("compare", made_run(people).text, "--by", "gender", "--groups", "female,male")
    assert result.exit_code == 0
    assert "A: gender female" in result.stdout
    assert "+11.5" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give OUT1 and OUT2, or OUT1 with --by COLUMN and --groups A,B"),
        (["--by", "gender"], "give OUT1 and OUT2"),
        (["--by", "gender", "--groups", "female"], "write two groups, as female,male"),
        (["elsewhere"], "is no data set's results: it has no manifest.json"),
    ],
)
def test_wrong_use_of_compare(finished_run, arguments, message):
    result = mien("compare", finished_run, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is damaged"),
        ("{}", "is damaged .KeyError"),
        ('{"format": 99, "mien": "9.9"}', "is of a newer version of Mien, 9.9; install that"),
    ],
)
def test_damaged_manifests(copied, content, message):
    import re

    (copied / "manifest.json").write_text(content)
    result = mien("report", copied)
    assert result.exit_code == 2
    assert re.search(message, result.stderr)


def test_missing_ray_is_told(pictures, tmp_path):
    import importlib.util

    if importlib.util.find_spec("ray") is not None:
        pytest.skip("Ray is installed")
    result = mien("dataset", pictures, "-o", tmp_path / "out", "--engine", "ray")
    assert result.exit_code == 2
    assert "the engine ray needs ray, which is not installed; pip install 'mien[ray]'" in result.stderr
