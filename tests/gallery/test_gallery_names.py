from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import InputError
from mien.gallery.names import LONGEST_NAME, LONGEST_TEXT, clean_name, clean_text, is_id, name_key, new_id


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("Ada", "Ada"),
        ("  Ada \t Lovelace\n", "Ada Lovelace"),
        ("AC/DC: Angus..\\Young", "AC/DC: Angus..\\Young"),
        ("José", "José"),  # composed
        ("👩‍🚀 Eileen", "👩‍🚀 Eileen"),  # joined by U+200D, which is to stay
        ("毛利 衛", "毛利 衛"),
        ("عائشة", "عائشة"),
        ("x" * LONGEST_NAME, "x" * LONGEST_NAME),
    ],
)
def test_names_are_kept_as_they_read(name, clean):
    assert clean_name(name) == clean


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "must not be empty"),
        (" \n\t", "must not be empty"),
        ("x" * 10_000, "has 10,000 characters, the limit is 200"),
        ("Ada\0", "'\\x00', which cannot be shown"),
        ("Ada\x1b[31m", "'\\x1b', which cannot be shown"),
        ("\ud800", "'\\ud800', which cannot be shown"),
        ("Ada\u202eevE", "'\\u202e', which cannot be shown"),
        ("p_0123456789ab", "written as ids are"),
        (7, "must be text, got 7"),
    ],
)
def test_names_that_cannot_be_used_are_refused_and_shown_short(name, told):
    with pytest.raises(InputError) as caught:
        clean_name(name)
    assert told in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("one", "other"), [("Ada", "ADA"), ("Straße", "STRASSE"), ("Ａda", "ada"), ("José", "JOSÉ"), ("ﬁona", "Fiona")]
)
def test_letter_case_and_ways_of_writing_make_no_other_person(one, other):
    assert name_key(one) == name_key(other)


@given(st.text(max_size=300))
def test_a_clean_name_stays_as_it_is(name):
    try:
        clean = clean_name(name)
    except InputError:
        return
    assert clean_name(clean) == clean
    assert clean.encode()
    assert name_key(name_key(clean)) == name_key(clean)


def test_ids_are_told_from_names():
    ids = {new_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(map(is_id, ids))
    assert not is_id("Ada")
    assert not is_id("p_0123456789AB")


def test_notes_are_text_of_a_limited_length():
    assert clean_text("notes", None) is None
    assert clean_text("notes", "  \n ") is None
    assert clean_text("notes", " two\nlines ") == "two\nlines"
    with pytest.raises(InputError, match=f"notes has {LONGEST_TEXT + 1:,} characters"):
        clean_text("notes", "x" * (LONGEST_TEXT + 1))
    with pytest.raises(InputError, match="consent must be text, got True"):
        clean_text("consent", True)
    with pytest.raises(InputError, match="no database takes"):
        clean_text("notes", "a\0b")
