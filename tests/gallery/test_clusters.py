from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import InputError, ShapeError
from mien.gallery import clusters
from mien.gallery.clusters import cluster


def unit(*angles_deg):
    angles = np.radians(angles_deg)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


@pytest.mark.parametrize(
    ("angles", "photos", "threshold", "groups"),
    [
        ([], [], 0.5, []),
        ([0], [1], 0.5, [0]),
        ([0, 10], [1, 2], 0.9, [0, 0]),
        ([0, 10], [1, 2], 0.99, [0, 1]),
        ([0, 10], [1, 1], 0.9, [0, 1]),  # one photo: two people, however alike
        ([0, 90, 10, 100, 5], [1, 1, 2, 2, 3], 0.9, [0, 1, 0, 1, 0]),
        ([90, 0, 10, 5], [1, 2, 3, 4], 0.9, [1, 0, 0, 0]),  # the largest group comes first
        ([0, 30, 60, 90], [1, 2, 3, 4], 0.8, [0, 0, 1, 1]),  # a chain is cut: the mean counts, not the nearest
        # The two of photo 1 keep the groups apart that their friends have joined.
        ([0, 4, 1, 5], [1, 1, 2, 2], 0.9, [0, 1, 0, 1]),
    ],
)
def test_groups_of_faces_in_the_plane(angles, photos, threshold, groups):
    assert cluster(unit(*angles), np.array(photos), threshold).tolist() == groups


def slowly(embeddings, photos, threshold):
    """The same by the definition: the best allowed pair of groups is merged until none is good enough."""
    groups = [[face] for face in range(len(embeddings))]
    while True:
        best = (threshold, None)
        for one in range(len(groups)):
            for two in range(one):
                apart = set(photos[groups[one]]) & set(photos[groups[two]])
                mean = (embeddings[groups[one]] @ embeddings[groups[two]].T).mean()
                if not apart and mean >= best[0]:
                    best = (mean, (one, two))
        if best[1] is None:
            return {frozenset(group) for group in groups}
        one, two = best[1]
        groups[two] += groups.pop(one)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 25), st.integers(1, 12), st.sampled_from([0.3, 0.6, 0.8]))
def test_it_is_average_linkage_with_photos_kept_apart(seed, count, photos, threshold):
    rng = np.random.default_rng(seed)
    embeddings = rng.normal(size=(count, 4))
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    photo = rng.integers(0, photos, count)
    groups = cluster(embeddings, photo, threshold)
    found = {frozenset(np.flatnonzero(groups == group).tolist()) for group in set(groups.tolist())}
    assert found == slowly(embeddings.astype(np.float32), photo, threshold)
    sizes = np.bincount(groups)
    assert sorted(sizes, reverse=True) == sizes.tolist()


def test_the_order_of_the_faces_does_not_matter(vectors):
    rng = np.random.default_rng(1)
    people = np.repeat(vectors(12), 5, axis=0) + 0.4 * vectors(60, 1)
    people /= np.linalg.norm(people, axis=1, keepdims=True)
    photos = np.arange(60)
    groups = cluster(people, photos, 0.6)
    assert len(set(groups.tolist())) == 12
    order = rng.permutation(60)
    again = cluster(people[order], photos[order], 0.6)
    same = groups[order][:, None] == groups[order][None]
    np.testing.assert_array_equal(again[:, None] == again[None], same)


def test_what_cannot_be_grouped_is_told(monkeypatch):
    monkeypatch.setattr(clusters, "LARGEST", 3)
    with pytest.raises(InputError, match="4 faces hang together, and 3 can be grouped at once"):
        cluster(unit(0, 1, 2, 3), np.arange(4), 0.5)
    with pytest.raises(ShapeError, match="length 1"):
        cluster(np.ones((3, 2)), np.arange(3), 0.5)
