"""`Backoff`: how long to wait before a lost source is tried again."""

from __future__ import annotations

from dataclasses import dataclass

from mien.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Waits that grow from attempt to attempt, with jitter, so that many clients do not come back all at once.

    Each is drawn evenly from the upper half of a bound that doubles: "equal jitter" in Brooker 2015, "Exponential
    backoff and jitter", AWS Architecture Blog.

    Attributes:
        first_s: bound for the first attempt, in seconds.
        longest_s: bound that is never gone beyond.
        attempts: how many in a row may fail before it is given up; None for no limit, 0 for none at all.
        steady_s: seconds of frames that make an attempt a success: one that is lost again sooner counts as failed.

    Raises:
        InputError: a wait that is not above 0, `longest_s` below `first_s`, or a negative number.
    """

    first_s: float = 0.5
    longest_s: float = 30.0
    attempts: int | None = None
    steady_s: float = 5.0

    def __post_init__(self) -> None:
        if not 0 < self.first_s <= self.longest_s:
            raise InputError(f"waits must be 0 < first_s <= longest_s, got {self.first_s!r} and {self.longest_s!r}")
        if not self.steady_s >= 0:
            raise InputError(f"steady_s must be 0 or more, got {self.steady_s!r}")
        if self.attempts is not None and self.attempts < 0:
            raise InputError(f"attempts must be 0 or more, or None for no limit, got {self.attempts!r}")

    def wait_s(self, attempt: int, chance: float) -> float:
        """Seconds to wait before an attempt.

        Args:
            attempt: its number, from 1.
            chance: a random number, 0 to 1.

        >>> [Backoff(first_s=1, longest_s=10).wait_s(attempt, 1.0) for attempt in range(1, 7)]
        [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
        >>> Backoff(first_s=1).wait_s(1, 0.0)
        0.5
        """
        doublings = min(attempt - 1, 60)  # beyond, any bound is reached, and floats end some day
        bound_s = min(self.first_s * 2.0**doublings, self.longest_s)
        return bound_s * (0.5 + 0.5 * chance)

    def allows(self, attempt: int) -> bool:
        """Whether there may be an attempt of this number, from 1."""
        return self.attempts is None or attempt <= self.attempts
