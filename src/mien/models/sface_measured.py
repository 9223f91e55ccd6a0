"""What was measured of SFace: thresholds, and figures on people and groups.

`mien.train.identity_card` says on which pairs; `python benchmarks/identity.py` measures it anew.
"""

from __future__ import annotations

from typing import Any, Final

from mien.models.card import Metric
from mien.models.measured import GroupFigure

CALIBRATION: Final[dict[str, Any]] = {
    "thresholds": [
        {"similarity": 0.15396, "fmr": 0.5},
        {"similarity": 0.243923, "fmr": 0.2},
        {"similarity": 0.291112, "fmr": 0.1},
        {"similarity": 0.330105, "fmr": 0.05},
        {"similarity": 0.374226, "fmr": 0.02},
        {"similarity": 0.403942, "fmr": 0.01},
        {"similarity": 0.431162, "fmr": 0.005},
        {"similarity": 0.464375, "fmr": 0.002},
        {"similarity": 0.487865, "fmr": 0.0009998},
        {"similarity": 0.50985, "fmr": 0.0004999},
        {"similarity": 0.539247, "fmr": 0.0001998},
        {"similarity": 0.561257, "fmr": 9.98e-05},
        {"similarity": 0.582737, "fmr": 4.99e-05},
        {"similarity": 0.613798, "fmr": 1.996e-05},
        {"similarity": 0.647092, "fmr": 9.98e-06},
    ],
    "pairs": {
        "data": "strangers of UTKFace and FairFace val, from 3 years; pairs of one person of LAG, both adult",
        "different": 4408965,
        "same": 1714,
    },
    "tail": {"slope": 0.111353},
    "probability": {"slope": 26.575, "intercept": -9.57896},
}

_METRICS: Final = (
    ("tar_at_fmr_0.01", "LAG adults, all pairs; threshold of strangers", 0.9376, (0.9158, 0.9575), 1714),
    ("tar_at_fmr_0.01", "LAG young, all pairs; threshold of strangers", 0.6737, (0.6305, 0.7144), 1756),
    ("tar_at_fmr_0.01", "LAG, all pairs; threshold of strangers", 0.4883, (0.4689, 0.5079), 8494),
    ("fmr_of_threshold_0.01", "LAG, all pairs of strangers", 0.004581, (0.003757, 0.005487), 7270526),
    ("tar_at_fmr_0.001", "LAG adults, all pairs; threshold of strangers", 0.8349, (0.7999, 0.868), 1714),
    ("tar_at_fmr_0.001", "LAG young, all pairs; threshold of strangers", 0.5313, (0.4905, 0.573), 1756),
    ("tar_at_fmr_0.001", "LAG, all pairs; threshold of strangers", 0.3547, (0.3385, 0.3713), 8494),
    ("fmr_of_threshold_0.001", "LAG, all pairs of strangers", 0.0007147, (0.0005327, 0.0009355), 7270526),
    ("tar_at_fmr_0.0001", "LAG adults, all pairs; threshold of strangers", 0.6861, (0.6403, 0.7291), 1714),
    ("tar_at_fmr_0.0001", "LAG young, all pairs; threshold of strangers", 0.4089, (0.368, 0.4499), 1756),
    ("tar_at_fmr_0.0001", "LAG, all pairs; threshold of strangers", 0.2542, (0.2396, 0.2699), 8494),
    ("fmr_of_threshold_0.0001", "LAG, all pairs of strangers", 8.087e-05, (5.192e-05, 0.0001168), 7270526),
)
METRICS: Final = tuple(
    Metric(name=name, of="embedding", data=data, value=value, interval=interval, n=n)
    for name, data, value, interval, n in _METRICS
)

_GROUPS: Final = (
    ("UTKFace val", "gender", "female", 502, 0.004485, (0.003276, 0.005849)),
    ("UTKFace val", "gender", "male", 530, 0.001548, (0.001015, 0.002216)),
    ("UTKFace val", "race", "asian", 120, 0.007983, (0.003383, 0.01484)),
    ("UTKFace val", "race", "black", 219, 0.004734, (0.002736, 0.007492)),
    ("UTKFace val", "race", "indian", 166, 0.01124, (0.006613, 0.01706)),
    ("UTKFace val", "race", "others", 73, 0.01598, (0.006182, 0.02864)),
    ("UTKFace val", "race", "white", 454, 0.001391, (0.0008183, 0.002164)),
    ("UTKFace val", "age_group", "0-2", 79, 0.5252, (0.4428, 0.6112)),
    ("UTKFace val", "age_group", "3-9", 69, 0.06863, (0.03742, 0.111)),
    ("UTKFace val", "age_group", "10-19", 57, 0.006266, (0.0006357, 0.01594)),
    ("UTKFace val", "age_group", "20-29", 366, 0.004626, (0.003197, 0.006379)),
    ("UTKFace val", "age_group", "30-39", 201, 0.001841, (0.0007502, 0.003252)),
    ("UTKFace val", "age_group", "40-49", 101, 0.0009901, (0.0, 0.002996)),
    ("UTKFace val", "age_group", "50-59", 113, 0.0006321, (0.0, 0.002069)),
    ("UTKFace val", "age_group", "60-69", 64, 0.000496, (0.0, 0.003023)),
    ("UTKFace val", "age_group", "70+", 61, 0.0005464, (0.0, 0.003315)),
    ("FairFace val", "gender", "female", 921, 0.001853, (0.001403, 0.002377)),
    ("FairFace val", "gender", "male", 1017, 0.0009872, (0.0007324, 0.00131)),
    ("FairFace val", "race", "black", 276, 0.005349, (0.003094, 0.008676)),
    ("FairFace val", "race", "east_asian", 254, 0.001681, (0.0008121, 0.002936)),
    ("FairFace val", "race", "indian", 287, 0.003825, (0.002445, 0.005575)),
    ("FairFace val", "race", "latino_hispanic", 292, 0.002189, (0.001158, 0.00352)),
    ("FairFace val", "race", "middle_eastern", 231, 0.00143, (0.0006426, 0.002458)),
    ("FairFace val", "race", "southeast_asian", 243, 0.002483, (0.001298, 0.004028)),
    ("FairFace val", "race", "white", 355, 0.001353, (0.000766, 0.002108)),
    ("FairFace val", "age_group", "0-2", 50, 0.1731, (0.1053, 0.2502)),
    ("FairFace val", "age_group", "3-9", 229, 0.02268, (0.0154, 0.03181)),
    ("FairFace val", "age_group", "10-19", 215, 0.002434, (0.001136, 0.003932)),
    ("FairFace val", "age_group", "20-29", 579, 0.001022, (0.0006466, 0.001473)),
    ("FairFace val", "age_group", "30-39", 431, 0.0007554, (0.0004218, 0.001169)),
    ("FairFace val", "age_group", "40-49", 251, 0.0009243, (0.0003201, 0.001794)),
    ("FairFace val", "age_group", "50-59", 144, 0.000777, (0.0, 0.002055)),
    ("FairFace val", "age_group", "60-69", 64, 0.001984, (0.0, 0.006036)),
    ("FairFace val", "age_group", "70+", 25, None, None),
)
GROUPS: Final = tuple(
    GroupFigure(
        name="fmr", of="embedding at FMR 0.001", data=data, by=by, group=group, n=n, value=value, interval=interval
    )
    for data, by, group, n, value, interval in _GROUPS
)
