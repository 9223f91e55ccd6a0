from dataclasses import replace

import numpy as np
import pytest

from mien.errors import DatasetError, InputError
from mien.evaluate.identification import Identification
from mien.evaluate.identification_rounds import rounds
from mien.evaluate.searches import NOWHERE, search
from mien.identity.calibration_fit import fit


def faces(people, photos, spread, d=32, seed=0):
    """Embeddings of people and whom they show: each person a direction, each photo that one and some noise."""
    random = np.random.default_rng(seed)
    middle = random.normal(size=(people, d))
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    rows = np.repeat(middle, photos, axis=0) + random.normal(size=(people * photos, d)) * spread / np.sqrt(d)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32), np.repeat(np.arange(people), photos)


@pytest.mark.parametrize("templates", [1, 2, 9])
def test_everybody_is_once_enrolled_and_once_a_stranger(templates):
    people = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 4, 4, 5])  # 3 and 5 have a single photo
    both = list(rounds(people, templates=templates))
    enrolled = [set(people[one.gallery].tolist()) for one in both]
    assert enrolled[0] | enrolled[1] == {0, 1, 2, 4}
    assert not enrolled[0] & enrolled[1]
    for one, there in zip(both, enrolled, strict=True):
        places = np.concatenate([one.gallery, one.mated, one.non_mated])
        assert sorted(places.tolist()) == list(range(13))
        assert set(people[one.mated].tolist()) == there  # a probe of each is left
        assert not set(people[one.non_mated].tolist()) & there
        assert max(np.bincount(people[one.gallery])) <= templates
        assert people[one.gallery].tolist() == sorted(people[one.gallery].tolist())


def test_a_search_finds_the_nearest_people_by_their_best_template():
    people = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    angles = np.deg2rad([0, 20, 90, 100, 12, 200, 180, 190])
    embeddings = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    one = next(iter(rounds(people, templates=1)))
    found = search(embeddings, people, one)
    gallery = embeddings[one.gallery]
    for row, place in enumerate([*one.mated, *one.non_mated]):
        cosines = gallery @ embeddings[place]
        order = np.argsort(-cosines)
        assert found.first[row] == pytest.approx(cosines[order[0]], abs=1e-6)
        assert found.second[row] == pytest.approx(cosines[order[1]], abs=1e-6)
        own = np.flatnonzero(people[one.gallery][order] == people[place])
        assert found.place[row] == (own[0] + 1 if len(own) else NOWHERE)
        assert found.gallery_size[row] == 2


def test_people_that_are_easily_told_apart_are_all_found():
    section = Identification.of(*faces(60, 4, 0.05), model="embedding", templates=2)
    assert (section.people, section.templates, section.mated, section.non_mated) == (60, 60, 120, 240)
    assert [(one.rank, one.share.value) for one in section.ranks] == [(1, 1), (5, 1), (10, 1)]
    assert [(at.fpir, at.fnir.value) for at in section.fnir_at_fpir] == [(0.1, 0), (0.01, 0), (0.001, None)]
    assert section.decided == ()


def test_noise_is_told_from_nobody():
    section = Identification.of(*faces(60, 4, 30.0), model="embedding")
    assert section.ranks[0].share.value < 0.15
    assert section.fnir_at_fpir[0].fnir.value > 0.8


def test_the_threshold_keeps_to_the_rate_that_it_stands_for():
    embeddings, people = faces(80, 3, 1.2)
    section = Identification.of(embeddings, people, model="embedding")
    both = [search(embeddings, people, one) for one in rounds(people, templates=1)]
    strangers = np.concatenate([found.first[found.place == NOWHERE] for found in both])
    for at in section.fnir_at_fpir[:2]:
        assert (strangers >= at.threshold).mean() <= at.fpir
        assert (strangers >= at.threshold - 0.03).mean() > at.fpir
    fpir = [point.fpir for point in section.curve]
    fnir = [point.fnir for point in section.curve]
    assert fpir == sorted(fpir)
    assert fnir == sorted(fnir, reverse=True)
    assert fpir[-1] == 1
    assert fnir[-1] == pytest.approx(1 - section.ranks[0].share.value)


def test_a_calibration_names_about_as_many_strangers_as_asked_for():
    embeddings, people = faces(300, 3, 1.0, d=24)
    first, second = np.triu_indices(900, 1)
    similarity = (embeddings @ embeddings.T)[first, second]
    same = people[first] == people[second]
    calibration = fit(similarity[~same], similarity[same], model="m", sha256="s", data="made up")
    section = Identification.of(embeddings, people, model="m", calibration=calibration)
    assert [found.asked for found in section.decided] == [0.1, 0.01, 0.001]
    for found in section.decided:
        assert found.fpir.value <= 2 * found.asked
        assert found.right.value + found.wrong.value + found.unknown.value == pytest.approx(1)
        assert found.wrong.value < 0.06
    counted = Identification.of(embeddings, people, model="m", calibration=replace(calibration, tail=None))
    assert [found.asked for found in counted.decided] == [0.1]  # 0.01 asks for 7e-5 of one comparison
    assert section.decided[0].right.value > section.decided[2].right.value


@pytest.mark.parametrize("people", [[0], [0, 1, 2, 3, 4], [0, 0, 1, 1, 2, 2, 3]])
def test_too_few_people_are_told(people):
    embeddings = np.eye(len(people), 8, dtype=np.float32)
    with pytest.raises(DatasetError, match="search needs 4 people with two photos"):
        Identification.of(embeddings, np.array(people), model="embedding")


def test_at_least_one_template_is_enrolled():
    with pytest.raises(InputError, match="templates must be at least 1, got 0"):
        list(rounds(np.repeat(np.arange(9), 2), templates=0))
