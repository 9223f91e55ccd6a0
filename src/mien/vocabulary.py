"""The labels, in the order of the networks' outputs, and the age groups."""

from __future__ import annotations

from typing import Final

GENDERS: Final = ("female", "male")
EMOTIONS: Final = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Perceived expressions, in FER2013's order (Goodfellow et al. 2013)."""
RACES: Final = ("white", "black", "latino_hispanic", "east_asian", "southeast_asian", "indian", "middle_eastern")
"""FairFace's seven (Kärkkäinen and Joo 2021)."""
RACES5: Final = ("white", "black", "asian", "indian", "others")
"""UTKFace's five (Zhang et al. 2017)."""
RACE5_OF_RACE7: Final = (0, 1, 4, 2, 2, 3, 4)
"""For each of `RACES`, its place in `RACES5`."""

AGE_GROUPS: Final = ("child", "teenager", "young adult", "middle-aged", "senior")
AGE_GROUP_STARTS: Final = (0, 13, 20, 40, 65)
"""First whole year of each of `AGE_GROUPS`."""
FAIRFACE_AGE_GROUPS: Final = ("0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70+")
FAIRFACE_AGE_STARTS: Final = (0, 3, 10, 20, 30, 40, 50, 60, 70)
"""First whole year of each of `FAIRFACE_AGE_GROUPS`."""


def age_group(years: float) -> str:
    """The age group that an age in years falls into.

    >>> age_group(12.9), age_group(13.0), age_group(70)
    ('child', 'teenager', 'senior')
    """
    index = sum(years >= start for start in AGE_GROUP_STARTS) - 1
    return AGE_GROUPS[max(index, 0)]


def fairface_age_group(years: float) -> int:
    """The place in `FAIRFACE_AGE_GROUPS` of an age in years.

    Groups count completed years, as `age_group` does: at 9.9 years one is nine still, in 3-9.

    >>> [FAIRFACE_AGE_GROUPS[fairface_age_group(years)] for years in (2.9, 3, 9.9, 10, 104)]
    ['0-2', '3-9', '3-9', '10-19', '70+']
    """
    return max(sum(years >= start for start in FAIRFACE_AGE_STARTS) - 1, 0)
