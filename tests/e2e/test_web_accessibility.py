"""axe-core finds nothing to object to, on any page, at any size, light or dark."""

from __future__ import annotations

from importlib.resources import files

import cv2
import pytest
from click.testing import CliRunner
from PIL import Image

from mien.cli.main import cli
from mien.gallery.gallery import Gallery

SIZES = {"desktop": (1280, 900), "phone": (360, 740)}


@pytest.fixture(scope="module")
def axe():
    pytest.importorskip("axe_playwright_python")
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def guarded(serve):
    with serve("--token", "a token that is long enough") as server:
        yield server


@pytest.fixture(scope="module")
def photo(tmp_path_factory, draw_faces):
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    Image.fromarray(draw_faces(400, 800, [(200, 200, 200), (600, 200, 180)])).save(path)
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory, draw_faces):
    path = tmp_path_factory.mktemp("clip") / "clip.webm"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"VP80"), 25.0, (480, 240))
    for _ in range(20):
        writer.write(draw_faces(240, 480, [(120, 120, 140), (360, 120, 140)])[..., ::-1])
    writer.release()
    return path


def objections(page, axe):
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [(one["id"], node["target"]) for one in found["violations"] for node in one["nodes"]]


@pytest.fixture
def check(axe):
    """`check(page)`: nothing to object to, in any size and scheme."""

    def check(page):
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                assert objections(page, axe) == [], (page.url, size, scheme)

    return check


def test_photo(server, open_page, check, photo):
    page = open_page(f"{server.url}/photo")
    check(page)
    page.set_input_files("#file", photo)
    page.locator("#people tbody tr").nth(1).wait_for()
    check(page)
    page.get_by_role("button", name="Take a picture").click()
    page.locator("#camera-problem").wait_for()
    check(page)


def test_video(server, open_page, check, photo, clip):
    page = open_page(f"{server.url}/video")
    check(page)
    page.set_input_files("#file", clip)
    page.locator("#work").wait_for()
    check(page)
    page.locator("#strips svg").nth(1).wait_for()
    check(page)
    page.set_input_files("#file", photo)
    page.locator("#problem").wait_for()
    check(page)


def test_people(serve, open_page, check, photo, draw_person, tmp_path):
    one = tmp_path / "one.png"
    Image.fromarray(draw_person(2)).save(one)
    place = tmp_path / "people.db"
    with serve("--gallery", place) as server:
        page = open_page(f"{server.url}/people")
        page.get_by_text("Nobody is enrolled yet.").wait_for()
        check(page)
        with Gallery(place) as opened, opened.store.database.writing():
            opened.store.add_person("Eve")
        page.set_input_files("#enrol-file", [photo, one])
        page.get_by_label("Name", exact=True).fill("Ada")
        page.get_by_label("This person has agreed to be enrolled").check()
        page.get_by_role("button", name="Enrol", exact=True).click()
        page.locator("#enrol-photos .tag").wait_for()
        page.locator("#members li").nth(1).wait_for()
        page.set_input_files("#file", photo)
        page.locator("#matches li").nth(1).wait_for()
        check(page)
        for what in ("Rename", "Merge", "Forget"):
            page.evaluate(
                "document.querySelector('#members [data-does=merge]').disabled = false"
            )  # as if there were two
            page.get_by_role("button", name=f"{what} Ada").click()
            page.locator("dialog[open]").wait_for()
            check(page)
            if what != "Forget":
                page.keyboard.press("Escape")
        page.get_by_role("button", name="Forget for good").click()
        page.locator("#receipt").wait_for()
        check(page)


@pytest.fixture(scope="module")
def store(tmp_path_factory, film):
    """Of an audience of one."""
    path = str(tmp_path_factory.mktemp("store") / "audience.db")
    options = ["--attributes", "quality,emotion,pose", "--no-reidentify", "--recorded-at", "2020-06-01T09:00"]
    done = CliRunner(catch_exceptions=False).invoke(cli, ["watch", str(film), "--store", path, *options])
    assert done.exit_code == 0, done.output
    return path


def test_report(serve, open_page, check, store):
    with serve("--store", store) as server:
        page = open_page(f"{server.url}/report?period=all")
        page.locator("#report h2").first.wait_for()
        check(page)


@pytest.mark.parametrize("path", ["/live", "/report", "/models", "/api", "/nowhere"])
def test_pages_to_be_read(server, open_page, check, path):
    page = open_page(server.url + path)
    for summary in page.locator("summary").all():
        summary.click()
    check(page)


def test_enter(guarded, open_page, check):
    page = open_page(f"{guarded.url}/enter")
    check(page)
    page.get_by_label("Token").fill("wrong")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    check(page)


def test_axe_would_object(server, open_page, axe):
    page = open_page(f"{server.url}/photo")
    page.evaluate("document.querySelector('nav').insertAdjacentHTML('beforeend', '<a href=/photo></a>')")
    assert [name for name, _ in objections(page, axe)] == ["link-name"]
