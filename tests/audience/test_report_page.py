from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from mien.audience.audience import audience_of
from mien.audience.measures import DEFINITIONS
from mien.audience.periods import time_zone
from mien.audience.read import read
from mien.audience.report.page import page
from mien.audience.report.tables import csv_files
from mien.page.document import page_style

VOID = {"meta", "br"}
SAD = [0.1, 0.0, 0.0, 0.0, 0.9, 0.0, 0.0]
HAPPY = [0.0, 0.0, 0.0, 0.75, 0.0, 0.0, 0.25]


class Outline(HTMLParser):
    """What is on the page, and whether its elements are nested as they should be."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.ids, self.classes, self.links, self.words, self.charts = (
            [],
            [],
            [],
            set(),
            [],
            [],
            [],
        )
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        self.tags.append(tag)
        self.ids += [told["id"]] if "id" in told else []
        self.classes.update(told.get("class", "").split())
        self.links += [value for name, value in attributes if name in ("src", "href", "data", "action", "srcset")]
        if tag == "svg":
            self.charts.append(told["aria-labelledby"].split())
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.classes.update(dict(attributes).get("class", "").split())

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture
def audience(file_store, record, stays, now):
    """120 people on three days, a third of them men of 50, the others women of 30; one child."""
    for day in range(3):
        people = [
            (
                4.0 + i % 5,
                (1.5 if i % 2 else 0.0),
                HAPPY if i % 3 else SAD,
                3 * i,
                {} if i % 3 else {"age": 50.0, "female": 0.1},
            )
            for i in range(40)
        ]
        if day == 1:
            people[0] = (4.0, 0.0, HAPPY, 0, {"age": 8.0})
        record(file_store, stays(*people), began_at=now + 86400 * day, source="<i>shop & co")
    return lambda least=5: audience_of(read(file_store), zone=time_zone("UTC"), zone_name="UTC", least=least)


def test_a_page_that_needs_nothing_else(audience):
    text = page(audience())
    outline = Outline(text)
    assert set(outline.links) == {"#time", "#people", "#attention", "#expressions", "#tables", "#method"}
    assert {link[1:] for link in outline.links} <= set(outline.ids)
    assert len(outline.ids) == len(set(outline.ids))
    assert not {"script", "img", "link", "iframe", "object"} & set(outline.tags)
    assert not re.search(r"url\(|@import|https?://|style=", text)
    assert "default-src 'none'" in text


def test_every_chart_is_named_and_described(audience):
    text = page(audience())
    outline = Outline(text)
    assert len(outline.charts) == 9
    for ids in outline.charts:
        for name in ids:
            (told,) = re.findall(rf'id="{name}">([^<]+)<', text)
            assert told
    assert text.count('role="img"') == 9


def test_every_colour_has_its_rule(audience):
    style = page_style() + files("mien.audience.report").joinpath("report.css").read_text(encoding="utf-8")
    known = set(re.findall(r"\.([a-z]+\d?)", style))
    plain = {"label", "much", "worst"}  # in the colour of the text around them
    assert Outline(page(audience())).classes <= known | plain


def test_what_the_store_says_is_text_and_no_markup(audience):
    text = page(audience())
    assert "<i>" not in text
    assert "<h1>Audience of &lt;i&gt;shop &amp; co</h1>" in text


def test_figures_definitions_and_limits_are_told(audience):
    words = " ".join(Outline(page(audience())).words)
    for name, meaning in DEFINITIONS.items():
        assert name in words
        assert meaning in words
    for told in (
        "120", "60", "50.0%",  # in view, watchers, conversion ratio
        "Only faces are counted. People who never turn toward the camera",
        "within 30° of the camera until it is more than 40° away",
        "Figures of fewer than 5 people are hidden",
        "Mon 1 June 2026, 10:00 to Wed 3 June 2026",
        "Times are those of UTC",
    ):  # fmt: skip
        assert told in words, told


def test_small_counts_are_on_no_part_of_the_page(audience):
    """One child; it can be told neither directly nor by subtraction."""
    told = audience()
    assert told.groups["age_group"]["child"].visits is None
    assert [one.visits for one in told.groups["age_group"].values()].count(None) == 2
    assert told.ages_of["female"]["child"] is None
    assert [visits for ages in told.ages_of.values() for visits in ages.values()].count(None) >= 2
    assert ">hidden<" in page(told)
    assert ">hidden<" not in page(audience(least=1))


def test_tables_as_csv(audience):
    told = audience()
    tables = {name: list(csv.DictReader(io.StringIO(text))) for name, text in csv_files(told).items()}
    assert set(tables) == {
        "everyone.csv", "over_time.csv", "hours.csv", "attention.csv", "age_by_gender.csv", "by_age_group.csv",
        "by_gender.csv", "by_emotion.csv", "by_day.csv", "by_hour_of_day.csv", "expressions.csv",
        "expressions_over_time.csv",
    }  # fmt: skip
    (everyone,) = tables["everyone.csv"]
    assert (everyone["visits"], everyone["watchers"], everyone["conversion"]) == ("120", "60", "0.5")
    ages = {row["age_group"]: row["visits"] for row in tables["by_age_group.csv"]}
    assert ages["child"] == ""  # hidden
    assert [row["visits"] for row in tables["by_day.csv"]] == ["40", "40", "40"]
    assert sum(int(row["visits"] or 0) for row in tables["hours.csv"]) == 120
    assert len(tables["hours.csv"]) == 72
    assert tables["by_hour_of_day.csv"][10]["start"] == "10:00"


def test_notes_come_first(file_store, record, stays, now):
    record(file_store, stays(*[(2.0, None, HAPPY, i) for i in range(6)]), began_at=now)
    with file_store.writing() as connection:
        connection.exec_driver_sql("UPDATE sessions SET ended_at = NULL, clock_steps = 2, lost_samples = 7")
    words = " ".join(Outline(page(audience_of(read(file_store)))).words)
    for told in (
        "1 session was ended by a power cut or a kill; the last second of each may be missing",
        "clock was set 2 times",
        "7 seconds of people could not be written",
        "The head pose of 100% of the people could not be read",
    ):
        assert told in words


@pytest.mark.parametrize("visits", [0, 1, 4, 5])
def test_a_page_of_hardly_anybody(file_store, record, stays, frame, now, visits):
    people = stays(*[(2.0, 1.0, HAPPY, minute) for minute in range(visits)])
    record(file_store, [*people, frame(600.0), frame(601.0)], began_at=now)
    words = " ".join(Outline(page(audience_of(read(file_store)))).words)
    assert ("Fewer than 5 people were in view" in words) == (0 < visits < 5)
