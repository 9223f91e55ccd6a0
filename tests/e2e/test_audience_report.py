"""The audience's report in a real browser: as a file, and in the web app."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files

import pytest

from mien.audience import schema, writer
from mien.audience.session_log import Batch
from mien.audience.store import Store

MONDAY = 1_780_272_000  # 1 June 2026, 0:00 UTC
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 360, "height": 740}}


def rows():
    """Three days of a shop: visits and their samples."""
    nothing = {column.name: None for column in schema.visits.c if column.name != "session_id"}
    ages = ("child", "teenager", "young adult", "middle-aged", "senior")
    for number in range(300):
        began_at = MONDAY + number % 3 * 86400 + (9 + number % 8) * 3600 + number * 11
        yield nothing | {
            "track_id": number + 1,
            "began_at": float(began_at),
            "last_at": began_at + 6.0,
            "ended": True,
            "seen_s": 6.0,
            "attention_s": None if number % 29 == 0 else float(number % 5),
            "returns": 0,
            "settled": True,
            "age_group": ages[number * number % 5],
            "gender": ("female", "male", "unsure")[number % 3],
            **{f"emotion_{name}": float(name == ("happy", "neutral")[number % 2]) for name in ("happy", "neutral")},
            **dict.fromkeys((f"emotion_{name}" for name in ("angry", "disgust", "fear", "sad", "surprise")), 0.0),
            "visitor": number + 1,
            "compared": min(number, 40),
            "best_similarity": 0.4,
        }


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "audience.db"
    visits = list(rows())
    nothing = {column.name: None for column in schema.samples.c if column.name != "session_id"}
    samples = [
        nothing
        | {
            "track_id": visit["track_id"],
            "second": int(visit["began_at"]) + second,
            "seen_s": 1.0,
            "attention_s": None if visit["attention_s"] is None else visit["attention_s"] / 6,
            "emotion": "happy" if visit["track_id"] % 2 else "neutral",
        }
        for visit in visits
        for second in range(6)
    ]
    minutes = {(MONDAY + day * 86400) // 60 + minute: 60.0 for day in range(3) for minute in range(9 * 60, 18 * 60)}
    with Store(path, create=True) as made, made.writing() as connection:
        session = writer.begin_session(
            connection,
            source_id=writer.source_id(connection, "shop window", is_live=True),
            began_at=float(MONDAY),
            last_at=MONDAY + 3 * 86400.0,
            mien_version="0.1.0",
            attributes="age, gender, emotion, pose",
            networks="demographics 0.1.0",
            return_s=30.0,
            revisit_s=3600.0,
            thresholds='[{"similarity": 0.25, "fmr": 0.5}, {"similarity": 0.8, "fmr": 1e-5}]',
        )
        end = {"ended_at": MONDAY + 3 * 86400.0}
        writer.write(connection, session, Batch(session=end, visits=visits, samples=samples, observed=minutes))
    return path


@pytest.fixture(scope="module")
def page_file(store):
    path = store.with_name("report.html")
    command = [sys.executable, "-m", "mien", "report", store, "-o", path, "--time-zone", "UTC"]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.fixture(scope="module")
def keeping(serve, store):
    with serve("--store", store) as server:
        yield server


@pytest.fixture(scope="module")
def axe():
    pytest.importorskip("axe_playwright_python")
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def objections(page, axe):
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [(one["id"], node["target"]) for one in found["violations"] for node in one["nodes"]]


def is_as_wide_as_the_screen(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_file(page_file, open_page, axe, size, scheme):
    page = open_page(f"file://{page_file}", viewport=SIZES[size], color_scheme=scheme)
    assert page.locator("dt", has_text="opportunity to see").first.is_visible()
    assert page.locator("svg").count() == 9
    for summary in page.locator("summary").all():
        summary.click()
    assert objections(page, axe) == []
    assert is_as_wide_as_the_screen(page)


def test_the_file_asks_for_nothing_and_prints(page_file, open_page, tmp_path):
    page = open_page("about:blank")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"file://{page_file}")
    assert asked == [f"file://{page_file}"]
    assert len(page.pdf(format="A4")) > 10_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_page_of_the_web_app(keeping, open_page, axe, size, scheme):
    look = {"viewport": SIZES[size], "color_scheme": scheme, "reduced_motion": "reduce"}
    page = open_page(f"{keeping.url}/report?period=all", **look)
    assert page.locator("#report svg").count() == 9
    assert objections(page, axe) == []
    assert is_as_wide_as_the_screen(page)


def test_the_page_stays_fresh_and_what_is_unfolded_stays_so(keeping, open_page):
    page = open_page("about:blank")
    page.clock.install()
    page.goto(f"{keeping.url}/report?period=all")
    page.get_by_text("By hour of the day", exact=True).click()
    page.locator("h1").click()  # nothing of the report is in use any more
    page.evaluate("document.activeElement.blur()")
    page.evaluate("document.querySelector('#report .big').textContent = 'stale'")
    page.clock.run_for(10_500)
    page.get_by_text("as of").wait_for()
    assert page.locator("#report .big").first.text_content() == "300"
    assert page.locator("details[open]").count() == 1


def test_choosing_and_downloading(keeping, open_page):
    page = open_page(f"{keeping.url}/report")
    page.get_by_text("Nothing was recorded in that time.").wait_for()
    page.get_by_label("Time").select_option("all")
    page.locator("#report").wait_for()
    page.get_by_label("Source").select_option("shop window")
    page.locator("#report").wait_for()
    assert "source=shop+window" in page.url
    with page.expect_download() as started:
        page.get_by_role("link", name="Download").click()
    assert started.value.suggested_filename == "report.html"
