"""Whether a fused value should be relied on, from its own confidence and the frames' flags."""

from __future__ import annotations

from mien.live.hysteresis import HeldLabel, Hold


class FlagRule:
    """Carries the frames' "unsure" over to the fused value.

    A network's calibration flags a frame whose confidence is too low. Fused, many doubtful frames that agree can become
    a sure value, and so it is the fused confidence that is held against the limit. Where the limit is not told, it is
    learned from the frames on either side of it: the fused value is unsure where its confidence is nearer to the mean
    of the flagged frames than to that of the others (a nearest-mean classifier); with all frames flagged it is, with
    none it is not.

    Frames that are flagged in spite of their confidence, such as poor pictures, are not outweighed by any confidence:
    where they have more weight than those that are not flagged, the fused value is unsure.

    A value that is about as sure as the limit would flicker between its label and "unsure": the flag is held, as labels
    are, until the opposite has been true for some time.

    Args:
        limit: confidence below which the calibration flags; None where that is not known.
        seconds: for which the opposite must be true without a break; 0 changes the flag at once.
    """

    def __init__(self, limit: float | None = None, *, seconds: float = 0.0) -> None:
        self._limit = limit
        self._held = HeldLabel(Hold(margin=0.0, seconds=seconds))
        self._sums = {True: 0.0, False: 0.0}
        self._weights = {True: 0.0, False: 0.0}

    def add(self, confidence: float, flagged: bool, weight: float) -> None:
        """Takes in one frame.

        Args:
            confidence: any measure that is higher for surer values.
            flagged: the frame is unsure.
            weight: 0–1.
        """
        if flagged and self._limit is not None and confidence < self._limit:
            return  # the flag says no more than the confidence does
        self._sums[flagged] += weight * confidence
        self._weights[flagged] += weight

    def hold(self, confidence: float, time_s: float) -> None:
        """Takes note of the fused value's confidence at that time."""
        if (told := self(confidence)) is not None:
            self._held.update(int(told), 0.0, time_s)

    @property
    def unsure(self) -> bool | None:
        """Whether the fused value is unsure, held; None where neither a limit nor any frame's flag told."""
        return None if self._held.place is None else bool(self._held.place)

    def absorb(self, other: FlagRule) -> None:
        """Takes in the frames of another rule of the same limit; the flag held here stays."""
        if self._held.place is None:
            self._held = other._held
        for flagged in (True, False):
            self._sums[flagged] += other._sums[flagged]
            self._weights[flagged] += other._weights[flagged]

    def __call__(self, confidence: float) -> bool | None:
        """Whether a fused value of this confidence is unsure; None where neither a limit nor any frame's flag tells."""
        mostly_flagged = self._weights[True] > self._weights[False]
        if self._limit is not None:
            return confidence < self._limit or mostly_flagged
        if not any(self._weights.values()):
            return None
        if not all(self._weights.values()):
            return mostly_flagged
        flagged, sure = (self._sums[kind] / self._weights[kind] for kind in (True, False))
        return mostly_flagged if flagged >= sure else confidence < (flagged + sure) / 2
