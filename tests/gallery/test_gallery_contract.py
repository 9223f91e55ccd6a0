"""What a gallery does, whatever its database: every test here runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import dataclasses
import hashlib
import multiprocessing
import os
import sqlite3
import threading

import numpy as np
import psycopg
import pytest

from mien.errors import (
    GalleryError,
    InputError,
    ModelError,
    OtherModelError,
    ShapeError,
    UnknownPersonError,
)
from mien.gallery.enrol import Newcomer
from mien.gallery.enrolment import Outcome, Rules
from mien.gallery.gallery import Gallery
from mien.gallery.records import Crop, ModelId
from mien.identity.calibration import default_calibration


def names(gallery):
    return [person.name for person in gallery.people()]


def found(gallery, vector, **settings):
    (match,) = gallery.search_embeddings(vector[None], **settings)
    return match


# Enrolling


def test_a_new_gallery_is_empty(gallery, vectors):
    assert gallery.people() == []
    match = found(gallery, vectors(1)[0])
    assert (match.label, match.decision.reason, match.candidates) == (None, "empty gallery", ())


def test_somebody_enrolled_is_found_in_another_process_too(gallery, place, vectors, put):
    ada, eve = vectors(2)
    report = put(gallery, "Ada", ada, consent="form 1", notes="left-handed")
    put(gallery, "Eve", eve)
    assert [outcome.status for outcome in report.outcomes] == ["enrolled"]
    person = report.person
    assert (person.name, person.consent, person.notes, person.templates, person.crops) == (
        "Ada",
        "form 1",
        "left-handed",
        1,
        0,
    )
    assert person.created_at.endswith("+00:00")
    with Gallery(place, create=False) as other:
        assert names(other) == ["Ada", "Eve"]
        match = found(other, eve)
    assert match.label == "Eve"
    assert match.decision.similarity == pytest.approx(1, abs=1e-6)
    assert match.decision.gallery_size == 2
    assert [candidate.name for candidate in match.candidates] == ["Eve", "Ada"]
    assert match.candidates[1].similarity == pytest.approx(float(ada @ eve), abs=1e-5)


def test_more_templates_are_added_to_the_same_person_whatever_the_letter_case(gallery, vectors, put):
    first, second = vectors(2)
    put(gallery, "Ada Lovelace", first, consent="form 1")
    report = put(gallery, "ADA LOVELACE", second, notes="new")
    assert names(gallery) == ["Ada Lovelace"]
    assert (report.person.templates, report.person.consent, report.person.notes) == (2, "form 1", "new")
    assert [template.photo for template in gallery.templates("ada lovelace")] == ["Ada Lovelace-0", "ADA LOVELACE-0"]


def test_names_of_every_kind_are_kept(gallery, vectors, put):
    wanted = ["AC/DC", "José", "Ωmega", "毛利 衛", "👩‍🚀", "'; DROP TABLE person; --", "100 %", "?", "a?b%s"]
    for name, vector in zip(wanted, vectors(len(wanted)), strict=True):
        put(gallery, name, vector)
    assert sorted(names(gallery)) == sorted(wanted)
    for name in wanted:
        assert gallery.person(name).name == name


def test_the_same_photo_twice_is_known(gallery, vectors, put):
    (vector,) = vectors(1)
    put(gallery, "Ada", vector)
    report = put(gallery, "Ada", vector)
    assert report.outcomes == (Outcome(photo="Ada-0", status="known", reason="enrolled already"),)
    assert report.person.templates == 1


def test_near_duplicates_are_refused_with_their_similarity(gallery, vectors, near, template):
    (vector,) = vectors(1)
    looks = [vector, near(vector, 0.97), near(vector, 0.9)]
    report = gallery.add(Newcomer(name="Ada"), [template(look, f"{place}") for place, look in enumerate(looks)])
    assert [outcome.status for outcome in report.outcomes] == ["enrolled", "refused", "enrolled"]
    assert report.outcomes[1].reason == "nearly the same picture as 0 (similarity 0.970)"
    later = gallery.add(Newcomer(name="Ada"), [template(near(vector, 0.96, 9), "late")])
    assert later.outcomes[0].reason == "nearly the same picture as one enrolled (similarity 0.960)"
    assert later.person.templates == 2


def test_two_names_for_one_face_are_refused(gallery, vectors, near, put, template):
    (vector,) = vectors(1)
    put(gallery, "Ada", vector)
    report = gallery.add(Newcomer(name="Eve"), [template(near(vector, 0.9), "eve.jpg")])
    assert report.person is None
    (outcome,) = report.outcomes
    assert outcome.status == "refused"
    assert outcome.reason.startswith("looks like 'Ada' (similarity 0.900, as one in ")
    assert names(gallery) == ["Ada"]  # and no Eve without a template


def test_twins_can_be_enrolled(gallery, vectors, near, put, template):
    (vector,) = vectors(1)
    put(gallery, "Ada", vector)
    eve = near(vector, 0.9)
    report = gallery.add(Newcomer(name="Eve"), [template(eve, "eve.jpg")], rules=Rules(allow_lookalikes=True))
    assert report.count("enrolled") == 1
    match = found(gallery, eve)
    assert match.label == "Eve"
    between = vector + eve
    match = found(gallery, between / np.linalg.norm(between))
    assert (match.label, match.decision.reason) == (None, "too close to a second person")


def test_one_photo_under_two_names_is_refused_even_among_twins(gallery, vectors, put, template):
    (vector,) = vectors(1)
    put(gallery, "Ada", vector)
    report = gallery.add(
        Newcomer(name="Eve"), [template(vector, "copy.jpg", sha256="Ada-0")], rules=Rules(allow_lookalikes=True)
    )
    assert report.outcomes[0].reason == "the same photo is enrolled as 'Ada'; one face, one name"


def test_a_photo_of_two_people_serves_for_both(gallery, vectors, template):
    ada, eve = vectors(2)
    for name, vector in (("Ada", ada), ("Eve", eve)):
        report = gallery.add(Newcomer(name=name), [template(vector, "both.jpg")])
        assert report.count("enrolled") == 1


def test_a_wrong_template_in_the_middle_leaves_nothing_of_the_others(gallery, vectors, template):
    good, bad = vectors(2)
    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.NotNullViolation)):
        gallery.add(Newcomer(name="Ada"), [template(good, "good"), template(bad, None)])
    assert gallery.people() == []
    assert gallery.store.templates() == 0
    assert found(gallery, good).decision.reason == "empty gallery"
    report = gallery.add(Newcomer(name="Ada"), [template(good, "good")])
    assert report.count("enrolled") == 1
    assert found(gallery, good).label == "Ada"


def test_threads_enrol_and_search_at_once(gallery, vectors, put):
    rows = vectors(24)
    wrong = []

    def work(start):
        for number in range(start, start + 6):
            put(gallery, f"person {number}", rows[number])
            if found(gallery, rows[number]).label != f"person {number}":
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(start,)) for start in range(0, 24, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(gallery.people()) == gallery.store.templates() == 24


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks")
def test_a_forked_process_has_a_connection_of_its_own(gallery, vectors, put):
    """As the workers of a web server that loads the application before it forks."""
    rows = vectors(4)
    put(gallery, "Ada", rows[0])
    forking = multiprocessing.get_context("fork")
    workers = [forking.Process(target=put, args=(gallery, f"worker {place}", rows[place])) for place in (1, 2)]
    for worker in workers:
        worker.start()
    put(gallery, "Eve", rows[3])
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert names(gallery) == ["Ada", "Eve", "worker 1", "worker 2"]
    assert [match.label for match in gallery.search_embeddings(rows)] == ["Ada", "worker 1", "worker 2", "Eve"]


# Searching


@pytest.mark.parametrize("similarity", [0.2, 0.95])
def test_somebody_is_named_above_the_threshold_alone(gallery, vectors, near, put, similarity):
    rows = vectors(20)
    for number, row in enumerate(rows):
        put(gallery, str(number), row)
    match = found(gallery, near(rows[7], similarity, 5))
    assert match.decision.threshold == pytest.approx(default_calibration().threshold(1 - 0.99 ** (1 / 20)))
    assert match.label == ("7" if similarity > match.decision.threshold else None)
    assert match.decision.reason == ("" if match.label else "too far")
    assert match.candidates[0].similarity == pytest.approx(max(rows @ near(rows[7], similarity, 5)), abs=1e-5)


def test_a_persons_best_template_counts_and_a_crowd_of_templates_hides_nobody(gallery, vectors, near, template):
    probe, other = vectors(2)
    crowd = [template(near(probe, 0.5 + 0.004 * step, step), f"crowd {step}") for step in range(100)]
    gallery.add(Newcomer(name="Crowd"), crowd, rules=Rules(allow_lookalikes=True))
    gallery.add(Newcomer(name="Other"), [template(other, "other")])
    match = found(gallery, probe, top=2)
    assert [candidate.name for candidate in match.candidates] == ["Crowd", "Other"]
    assert match.candidates[0].similarity == pytest.approx(0.5 + 0.004 * 99, abs=1e-5)
    assert match.decision.gallery_size == 101


def test_poor_pictures_name_nobody(gallery, vectors, put):
    (vector,) = vectors(1)
    put(gallery, "Ada", vector)
    (match,) = gallery.search_embeddings(vector[None], quality=np.array([0.05]))
    assert (match.label, match.decision.reason) == (None, "poor picture")
    assert match.candidates[0].name == "Ada"  # the evidence is told all the same


def test_many_faces_at_once_and_none(gallery, vectors, put):
    rows = vectors(3)
    for number, row in enumerate(rows):
        put(gallery, str(number), row)
    assert [match.label for match in gallery.search_embeddings(rows[::-1])] == ["2", "1", "0"]
    assert gallery.search_embeddings(rows[:0]) == ()


@pytest.mark.parametrize(
    "embeddings",
    [np.ones(128), np.ones((1, 128)), np.full((1, 128), np.nan), np.zeros((1, 128)), np.eye(64)[:1]],
)
def test_what_is_no_embedding_is_refused(gallery, vectors, put, embeddings):
    put(gallery, "Ada", vectors(1)[0])
    with pytest.raises(ShapeError):
        gallery.search_embeddings(embeddings)


@pytest.mark.parametrize("settings", [{"top": 0}, {"fmr": 0.0}, {"fmr": 2}, {"margin": -1}])
def test_settings_out_of_range_are_refused(gallery, vectors, put, settings):
    put(gallery, "Ada", vectors(1)[0])
    with pytest.raises(InputError):
        gallery.search_embeddings(vectors(1), **settings)


# People


def test_rename_keeps_the_id(gallery, vectors, put):
    (vector,) = vectors(1)
    person = put(gallery, "Ada", vector).person
    assert gallery.rename("ada", "ADA  Byron").name == "ADA Byron"
    assert gallery.person("ada byron").id == person.id
    assert found(gallery, vector).label == "ADA Byron"
    assert gallery.rename("ada byron", "Ada Byron").name == "Ada Byron"  # the case of one's own name may change
    assert gallery.rename(person.id, "Ada").id == person.id


def test_a_name_that_is_taken_is_refused(gallery, vectors, put):
    ada, eve = vectors(2)
    put(gallery, "Ada", ada)
    put(gallery, "Eve", eve)
    with pytest.raises(GalleryError, match="'ADA' is somebody else's name; if both are one person, merge them"):
        gallery.rename("Eve", "ADA")
    assert names(gallery) == ["Ada", "Eve"]


def test_unknown_people_are_told_with_names_that_begin_alike(gallery, vectors, put):
    put(gallery, "Ada", vectors(1)[0])
    with pytest.raises(UnknownPersonError, match=r"nobody is called 'Adda' in .*; did you mean 'Ada'\?"):
        gallery.person("Adda")
    for call in (gallery.templates, gallery.forget, lambda name: gallery.rename(name, "x")):
        with pytest.raises(UnknownPersonError, match="`mien gallery list` shows everybody"):
            call("Zoë")
    with pytest.raises(UnknownPersonError):
        gallery.person("p_000000000000")


def test_merged_people_are_one(gallery, vectors, put):
    ada, eve, other = vectors(3)
    target = put(gallery, "Ada", ada, notes="kept").person
    put(gallery, "Augusta", eve, notes="dropped", consent="form 2")
    put(gallery, "Other", other)
    assert found(gallery, eve).label == "Augusta"
    merged = gallery.merge("Augusta", "Ada")
    assert (merged.id, merged.templates, merged.notes, merged.consent) == (target.id, 2, "kept", "form 2")
    assert names(gallery) == ["Ada", "Other"]
    assert found(gallery, eve).label == found(gallery, ada).label == "Ada"
    with pytest.raises(GalleryError, match="the same person already"):
        gallery.merge("ADA", target.id)


def test_people_without_a_name_get_one(gallery, vectors, template):
    one, two = vectors(2)
    person = gallery.add(Newcomer(name=None), [template(one, "a")]).person
    other = gallery.add(Newcomer(name=None), [template(two, "b")]).person
    assert person.name is None
    assert found(gallery, one).label == person.id
    assert gallery.rename(person.id, "Ada").label == "Ada"
    assert found(gallery, one).label == "Ada"
    assert gallery.merge("Ada", other.id).name == "Ada"  # the one that has a name gives it


def test_notes_and_consent_can_be_changed(gallery, vectors, put):
    put(gallery, "Ada", vectors(1)[0], notes="a")
    assert gallery.describe("Ada", consent="form 3").notes == "a"
    assert gallery.describe("Ada", notes="b").consent == "form 3"
    assert gallery.person("Ada").notes == "b"


def test_forgotten_people_are_gone_with_a_receipt(gallery, vectors, template):
    ada, more, eve = vectors(3)
    crop = Crop(jpeg=b"a picture", keypoints=np.arange(10, dtype=np.float32).reshape(5, 2))
    person = gallery.add(Newcomer(name="Ada"), [template(ada, "1", crop=crop), template(more, "2")]).person
    gallery.add(Newcomer(name="Eve"), [template(eve, "3")])
    assert found(gallery, ada).label == "Ada"
    receipt = gallery.forget("ADA")
    assert (receipt.person_id, receipt.name, receipt.templates, receipt.crops) == (person.id, "Ada", 2, 1)
    assert len(receipt.sha256) == 64
    assert names(gallery) == ["Eve"]
    assert found(gallery, ada).decision.gallery_size == 1
    assert found(gallery, ada).candidates[0].name == "Eve"
    assert gallery.store.forgotten() == {person.id: receipt.forgotten_at}
    assert gallery.store.database.rows("SELECT count(*) FROM crop") == [(0,)]
    again = gallery.add(Newcomer(name="Ada"), [template(ada, "1")])
    assert again.person.id != person.id


def test_the_receipts_hash_is_of_what_was_removed(gallery, vectors, put):
    first, second = vectors(2)
    person = put(gallery, "Ada", first, second).person
    wanted = hashlib.sha256(person.id.encode() + first.tobytes() + second.tobytes()).hexdigest()
    assert gallery.forget("Ada").sha256 == wanted


# Networks and calibrations


def test_another_network_is_refused_with_the_remedy(gallery, place, vectors, put):
    put(gallery, "Ada", vectors(1)[0])
    with Gallery(place, embedding="sface") as other:
        told = r"holds templates of embedding [0-9a-f]{8}, and sface 0ba9fbfa was asked for.*re-embed --embedding sface"
        with pytest.raises(OtherModelError, match=told):
            other.search_embeddings(vectors(1))
        with pytest.raises(OtherModelError, match=told):
            put(other, "Eve", vectors(1, 1)[0])
        assert names(other) == ["Ada"]


def test_a_newer_file_of_the_same_network_is_another_one(gallery, vectors, put, template):
    put(gallery, "Ada", vectors(1)[0])
    newer = ModelId("embedding", "f" * 64)
    with (
        pytest.raises(
            OtherModelError, match=r"holds templates of embedding \w{8}, and embedding ffffffff was asked for"
        ),
        gallery.store.database.writing(),
    ):
        gallery.store.add_template(1, template(vectors(1, 1)[0]), newer)


def test_every_template_tells_its_network(gallery, vectors, put):
    put(gallery, "Ada", vectors(1)[0])
    (template,) = gallery.templates("Ada")
    assert template.model == ModelId.of("embedding")


def test_a_calibration_is_stored_and_used(gallery, place, vectors, near, put):
    put(gallery, "Ada", vectors(1)[0])
    usual = gallery.calibration
    assert usual == default_calibration()
    stricter = dataclasses.replace(
        usual,
        thresholds=dataclasses.replace(
            usual.thresholds, similarity=tuple(round(0.9 + 0.1 * value, 6) for value in usual.thresholds.similarity)
        ),
        tail=None,
    )
    gallery.set_calibration(stricter)
    with Gallery(place) as other:
        assert other.calibration == stricter
        match = found(other, near(vectors(1)[0], 0.8))
    assert (match.label, match.decision.threshold) == (None, pytest.approx(stricter.threshold(0.01)))
    with pytest.raises(ModelError, match="the calibration is of other"):
        gallery.set_calibration(dataclasses.replace(usual, model="other"))
    with Gallery(place, calibration=usual) as given:
        assert found(given, near(vectors(1)[0], 0.8)).label == "Ada"


def test_a_gallery_that_is_not_there_is_not_made_by_looking(tmp_path, server_place):
    for place in (str(tmp_path / "no.db"), server_place):
        with pytest.raises(UnknownPersonError, match=r"no gallery at .*; enrol somebody first"):
            Gallery(place, create=False)
    assert list(tmp_path.iterdir()) == []
