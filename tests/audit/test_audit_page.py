import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import numpy as np
import pytest

from mien.audit.charts import best_first, group_chart, risk_chart
from mien.audit.groups import Group
from mien.audit.page import page
from mien.audit.selective import risk_coverage
from mien.evaluate.report import Figure
from mien.page.svg import Axis

VOID = {"meta", "br"}
LINKS = {"src", "href", "data", "action", "srcset", "poster", "xlink:href"}


class Outline(HTMLParser):
    """What is on the page, and whether its elements are nested as they should be."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.ids, self.links, self.words = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.ids += [value for name, value in attributes if name == "id"]
        self.links += [value for name, value in attributes if name in LINKS]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


HEADER = "true_gender,true_race,true_age,age,age_low,age_high,gender,gender_female,gender_male"


def rows():
    random = np.random.default_rng(5)
    for i in range(400):
        gender, race = ("female", "male")[i % 2], ("white", "black", "asian")[random.choice(3, p=[0.6, 0.37, 0.03])]
        age = int(random.integers(1, 80))
        sure = float(np.clip(random.normal(0.8 if race == "white" else 0.6, 0.15), 0.01, 0.99))
        female = sure if gender == "female" else 1 - sure
        word = "unsure" if 0.4 < female < 0.6 else "female" if female > 0.5 else "male"
        guess = age + random.normal(0, 6)
        cells = (
            ("", "", "", "", "", "")
            if i % 50 == 0
            else (guess, guess - 5 - age / 9, guess + 9, word, female, 1 - female)
        )
        yield (gender, race, age, *cells)


@pytest.fixture
def whole(audit_of):
    return audit_of(HEADER, rows())


def test_a_page_that_needs_nothing_else(whole):
    text = page(whole)
    outline = Outline(text)
    assert set(outline.links) == {"#age", "#gender"}
    assert "script" not in outline.tags
    assert not re.search(r"url\(|@import|https?://", text)
    assert "default-src 'none'" in text
    assert len(outline.ids) == len(set(outline.ids))


def test_every_chart_is_named_described_and_well_formed(whole):
    text = page(whole)
    charts = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    drawn = [
        one
        for attribute in whole.attributes
        for one in attribute.groupings
        if "mae" in one.gaps or "accuracy" in one.gaps
    ]
    assert len(charts) == len(drawn) + 3  # calibration of gender, risk of both
    for chart in charts:
        root = ElementTree.fromstring(chart)
        title, description = root[0], root[1]
        assert (title.tag, description.tag, root.get("role")) == ("title", "desc", "img")
        assert title.text
        assert description.text.endswith("The table has all values.")
        assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
        _, _, width, height = map(float, root.get("viewBox").split())
        for dot in root.iter("circle"):
            assert 0 <= float(dot.get("cx")) <= width
            assert 0 <= float(dot.get("cy")) <= height
        assert "nan" not in chart


def test_what_the_page_says(whole):
    words = " ".join(Outline(page(whole)).words)
    assert "Audit of predictions.csv" in words
    assert (
        "392 people with a label and a prediction; 8 more are labelled, but have no prediction. Classes: female, male."
        in words
    )
    accuracy = whole.attributes[1].everyone.figures["accuracy"]
    assert f"{accuracy.value:.1%}" in words
    small = [group for group in whole.attributes[1].groupings[1].groups if group.too_small]
    assert [group.name for group in small] == ["asian"]
    assert f"Too small to tell , fewer than 30 people: asian ({small[0].n})." in words


def test_words_of_others_stay_words(audit_of):
    evil = "<script>alert(1)</script>"
    table_rows = [*[("F", "F", evil)] * 30, *[("M", "M", '"&amp; <b>"')] * 30]
    text = page(audit_of("true_gender,gender,camera", table_rows, by=("camera",)))
    assert "<script" not in text
    assert "<b>" not in text
    words = " ".join(Outline(text).words)
    assert evil in words
    assert "&amp; <b>" in words


def test_nothing_to_compare(audit_of):
    text = page(audit_of("true_emotion,emotion", [("happy", "happy")] * 40))
    Outline(text)
    assert "no two groups that are large enough" in text
    assert "Read this first" in text


def group(name, value):
    return Group(
        labels={"g": name}, n=50, figures={"accuracy": Figure(value=value, n=50), "bias": Figure(value=value, n=50)}
    )


def test_the_best_comes_first_and_those_without_a_value_last():
    groups = [group("none", None), group("low", 0.2), group("high", 0.9), group("mid", 0.5)]
    assert [one.name for one in best_first(groups, "accuracy")] == ["high", "mid", "low", "none"]
    assert [one.name for one in best_first(groups, "bias")] == ["low", "mid", "high", "none"]


def test_dots_stand_where_their_values_are():
    chart = group_chart(
        "accuracy", [group("a", 0.25), group("b", 0.5), group("c", 0.75)], Figure(value=0.5, n=9), name="x"
    )
    root = ElementTree.fromstring(chart)
    c, b, a = (float(dot.get("cx")) for dot in root.iter("circle"))
    assert a < b < c
    assert c - b == pytest.approx(b - a, abs=0.2)
    (dashed,) = [one for one in root.iter("line") if one.get("class") == "everyone"]
    assert float(dashed.get("x1")) == b
    assert [text.text for text in root.iter("text") if text.get("class") == "label"] == ["c", "b", "a"]


def test_no_error_at_all_can_be_drawn():
    curve = risk_coverage(np.zeros(60), np.linspace(0.5, 1, 60), least=30, name="error rate", order="it")
    ElementTree.fromstring(risk_chart(curve, name="x"))


@pytest.mark.parametrize(
    ("values", "bounds", "ticks"),
    [
        ([0, 1], {}, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        ([0.871, 0.955], {"least": 0, "most": 1}, [0.86, 0.88, 0.9, 0.92, 0.94, 0.96]),
        ([0.97, 1], {"least": 0, "most": 1}, [0.97, 0.98, 0.99, 1]),
        ([-3.2, 4.1], {}, [-4, -2, 0, 2, 4, 6]),
        ([5, 5], {}, [2, 3, 4, 5, 6, 7, 8]),
        ([0, 0], {}, [-0.6, -0.4, -0.2, 0, 0.2, 0.4, 0.6]),
    ],
)
def test_ticks_are_round_and_hold_the_values(values, bounds, ticks):
    axis = Axis.over(values, 100, 300, **bounds)
    assert axis.ticks() == pytest.approx(ticks)
    assert axis.low <= min(values)
    assert max(values) <= axis.high
    assert (axis(axis.low), axis(axis.high)) == (100, 300)
