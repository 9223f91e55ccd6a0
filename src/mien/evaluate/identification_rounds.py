"""Who is enrolled and who is looked for: open-set search made of photos that are labelled with people.

People with two photos or more are dealt out to two halves, at random, once and for all. In one round the first half is
enrolled and in the other the second, so that everybody is once somebody known and once a stranger. Of those enrolled,
the first photos are templates and the others mated probes; photos of everybody else are non-mated probes (ISO/IEC
19795-1). People with a single photo are strangers in both rounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import DatasetError, InputError

_LEAST_PEOPLE: Final = 4  # with two photos: two to enrol in either round
_SEED: Final = 0


@dataclass(frozen=True, kw_only=True)
class Round:
    """Places of photos.

    Attributes:
        gallery: the templates, in the order of their people.
        mated: probes whose person is enrolled.
        non_mated: probes whose person is not.
    """

    gallery: NDArray[np.int64]
    mated: NDArray[np.int64]
    non_mated: NDArray[np.int64]


def rounds(people: NDArray[Any], *, templates: int) -> Iterator[Round]:
    """The two rounds.

    Args:
        people: (n,) whom each photo shows.
        templates: photos enrolled of each person, at most; one is always kept as a probe.

    Raises:
        InputError: `templates` is below one.
        DatasetError: there are too few people with two photos.
    """
    if templates < 1:
        raise InputError(f"templates must be at least 1, got {templates}")
    names, whose, count = np.unique(people, return_inverse=True, return_counts=True)
    several = np.flatnonzero(count > 1)
    if len(several) < _LEAST_PEOPLE:
        raise DatasetError(
            f"search needs {_LEAST_PEOPLE} people with two photos of a face or more, got {len(several)} of {len(names)}"
        )
    shuffled = np.random.default_rng(_SEED).permutation(several)
    for half in (shuffled[::2], shuffled[1::2]):
        enrolled = np.sort(half)
        photos = [np.flatnonzero(whose == person) for person in enrolled]
        kept = [min(templates, len(own) - 1) for own in photos]
        yield Round(
            gallery=np.concatenate([own[:first] for own, first in zip(photos, kept, strict=True)]),
            mated=np.concatenate([own[first:] for own, first in zip(photos, kept, strict=True)]),
            non_mated=np.flatnonzero(~np.isin(whose, enrolled)),
        )
