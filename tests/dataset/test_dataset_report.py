"""The report on a data set: one page that needs nothing else, tables, figures."""

import csv
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from mien.dataset.report import page
from mien.dataset.summary import summarize
from mien.dataset.validation import Confusion

COUNTS = np.array([[90, 10], [20, 80]])


@pytest.fixture
def summary(made_run):
    face = {"gender": "female", "emotion": "happy", "race": "black", "age": 31.0, "unsure": "race"}
    other = {"gender": "male", "emotion": "neutral", "race": "white", "age": 90.0, "quality": 0.2, "reasons": "small"}
    out = made_run([[face], [face, other], [], None] * 10)
    return summarize(out, confusions={"gender": Confusion(counts=COUNTS, source="<labelled> & co.csv")})


class _Reader(HTMLParser):
    """Notes every element, and what is left open."""

    def __init__(self):
        super().__init__()
        self.elements, self.open, self.text = [], [], []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in ("meta", "br", "link", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_is_whole_and_needs_nothing_from_outside(summary):
    text = page(summary)
    reader = _Reader()
    reader.feed(text)
    assert reader.open == []
    tags = [tag for tag, _ in reader.elements]
    assert "script" not in tags
    assert not [
        attributes for _, attributes in reader.elements if {"src", "href"} & set(attributes) and "href" in attributes
    ]
    assert "default-src 'none'" in text
    assert not re.search(r"url\(|@import|https?://", text)


def test_every_chart_is_named_and_described(summary):
    reader = _Reader()
    reader.feed(page(summary))
    charts = [attributes for tag, attributes in reader.elements if tag == "svg"]
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert len(charts) == 7  # coverage, ages, four attributes, quality
    assert len(ids) == len(set(ids))
    for chart in charts:
        assert chart["role"] == "img"
        assert set(chart["aria-labelledby"].split()) <= set(ids)


def test_counted_and_corrected_shares_stand_side_by_side(summary):
    text = page(summary)
    assert summary.classes["gender"].figures[0].value == pytest.approx(2 / 3)
    assert summary.corrected["gender"].shares[0] == pytest.approx((2 / 3 - 0.2) / 0.7)
    assert "66.7 %" in text
    assert "95.2 %" not in text
    assert f"{100 * (2 / 3 - 0.2) / 0.7:.1f} %" in text
    assert "&lt;labelled&gt; &amp; co.csv" in text
    assert "<labelled>" not in text


def test_what_is_missing_is_told_first(summary):
    text = page(summary)
    assert "10 files could not be read" in text
    assert text.index("Read this first") < text.index("Coverage")


def test_figures(summary):
    content = json.loads(json.dumps(summary.to_dict(), allow_nan=False))
    assert (content["pictures"], content["people"]) == (40, 30)
    assert content["coverage"]["shares"]["ok"]["value"] == 0.5
    assert content["means"]["faces"]["value"] == 0.75
    assert content["means"]["age"]["value"] == pytest.approx((31 * 20 + 90 * 10) / 30, abs=1e-6)
    assert content["histograms"]["age"]["shares"]["85+"]["value"] == pytest.approx(1 / 3, abs=1e-6)
    assert content["quality_reasons"]["shares"]["small"]["value"] == pytest.approx(1 / 3, abs=1e-6)
    assert content["unsure"]["shares"]["race"]["value"] == pytest.approx(2 / 3, abs=1e-6)
    assert content["corrected"]["gender"]["confusion"] == COUNTS.tolist()


def test_tables(summary):
    files = summary.csv_files()
    assert set(files) == {
        *("coverage.csv", "age_group.csv", "gender.csv", "race.csv", "emotion.csv"),
        *("quality_reasons.csv", "unsure.csv", "age_histogram.csv", "quality_histogram.csv"),
    }
    rows = list(csv.DictReader(io.StringIO(files["gender.csv"])))
    assert [row["label"] for row in rows] == ["female", "male"]
    assert float(rows[0]["corrected"]) == pytest.approx((2 / 3 - 0.2) / 0.7, abs=1e-6)
    assert "corrected" not in files["race.csv"]


def test_a_run_without_some_attributes(made_run):
    summary = summarize(made_run([[{"age": 30.0}]] * 3))
    assert set(summary.classes) == {"age_group"}
    text = page(summary)
    assert 'id="gender"' not in text
    assert text.count("<section") == text.count("<h2>") == 4  # coverage, ages, age groups, certainty
    assert "How to read this" in text


def test_nobody_at_all(made_run):
    summary = summarize(made_run([[], None]))
    assert summary.classes == {}
    reader = _Reader()
    reader.feed(page(summary))
    assert reader.open == []
