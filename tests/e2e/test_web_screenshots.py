"""Every page on a desktop and a phone, light and dark; `make screenshots` keeps the pictures in docs/screenshots."""

from __future__ import annotations

import io
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
SCHEMES = ("light", "dark")
FOLDER = os.environ.get("MIEN_SCREENSHOTS")


@pytest.fixture(scope="module")
def photo(tmp_path_factory, draw_faces):
    """A public-domain portrait where the pictures are kept; drawn people, for which nothing is fetched, otherwise."""
    if FOLDER:
        from mien import samples

        return samples.fetch("astronaut")
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    Image.fromarray(draw_faces(480, 720, [(200, 240, 220), (520, 240, 200)])).save(path)
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory, photo):
    """The photo, over which a camera moves to and fro."""
    picture = np.asarray(Image.open(photo).convert("RGB"))
    height, width = picture.shape[0] & ~1, picture.shape[1] * 3 // 4 & ~1
    path = tmp_path_factory.mktemp("clip") / "clip.webm"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"VP80"), 25.0, (width, height))
    for step in range(250 if FOLDER else 15):
        left = round((picture.shape[1] - width) * (0.5 - 0.5 * np.cos(step / 20)))
        writer.write(np.ascontiguousarray(picture[:height, left : left + width, ::-1]))
    writer.release()
    return path


@pytest.fixture(scope="module")
def guarded(serve):
    with serve("--token", "a token that is long enough") as running:
        yield running


def looks(page):
    """The page in every size and scheme: (name, screenshot)."""
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            yield f"{size}-{scheme}", page.screenshot()


@pytest.fixture(scope="module")
def portrait(tmp_path_factory, photo, draw_person):
    """Good enough to be enrolled."""
    if FOLDER:
        return photo
    path = tmp_path_factory.mktemp("portrait") / "portrait.png"
    Image.fromarray(draw_person(2)).save(path)
    return path


@pytest.fixture(scope="module")
def with_people(serve, tmp_path_factory):
    with serve("--gallery", tmp_path_factory.mktemp("gallery") / "people.db") as running:
        yield running


@pytest.mark.parametrize(
    "name",
    [
        "live",
        "photo",
        "photo-result",
        "video",
        "video-result",
        "people",
        "people-result",
        "report",
        "models",
        "api",
        "enter",
        "nowhere",
    ],
)
def test_a_page_is_not_blank(server, guarded, with_people, open_page, photo, portrait, clip, tmp_path, name):
    url = {"enter": guarded.url, "people": with_people.url, "people-result": with_people.url}.get(name, server.url)
    page = open_page(f"{url}/{name.partition('-')[0]}")
    if name == "photo-result":
        page.set_input_files("#file", photo)
        page.locator("#people tbody tr").first.wait_for()
    elif name == "video-result":
        page.set_input_files("#file", clip)
        page.locator("#strips svg").first.wait_for()
        page.locator("#people .moment").first.click()
    elif name == "people":
        page.get_by_text("Nobody is enrolled yet.").wait_for()
    elif name == "people-result":
        page.set_input_files("#enrol-file", portrait)
        page.locator("#enrol-photos li").wait_for()
        page.get_by_label("Name", exact=True).fill("Eileen Collins" if FOLDER else "Ada")
        page.get_by_label("This person has agreed to be enrolled").check()
        page.locator("#enrol [name=keep_crops]").check(force=True)
        page.locator("#enrol [name=largest]").check(force=True)
        page.get_by_role("button", name="Enrol", exact=True).click()
        page.locator("#members li").wait_for()
        page.set_input_files("#file", portrait)
        page.locator("#matches li").first.wait_for()
    folder = Path(FOLDER or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    for look, data in looks(page):
        picture = np.asarray(Image.open(io.BytesIO(data)).convert("L"))
        width, height = SIZES[look.partition("-")[0]]
        assert picture.shape == (height, width)
        assert picture.std() > 10
        paper = np.median(picture)
        assert paper > 200 if look.endswith("light") else paper < 60, look
        (folder / f"{name}-{look}.png").write_bytes(data)
