"""`Handover`: what one thread hands to the next, in order or only the latest."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Handover(Generic[Item]):
    """A line between two threads that never holds more than a few items.

    The thread that puts does so inside `with handover:`. However that block ends, the line is closed by it, and an
    exception goes on to the thread that takes, after what was put before: no thread ends unnoticed, and none waits for
    one that has ended.

    Args:
        room: items that may wait; whoever puts one more waits too.
        replace: given for a line of which only the latest item counts: putting never waits, and takes the place of the
            one waiting. Called with the item that is replaced and the new one, it makes of them what is put.
    """

    def __init__(self, *, room: int, replace: Callable[[Item, Item], Item] | None = None) -> None:
        self._room, self._replace = room, replace
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()  # guards all
        self._closed = self._abandoned = False
        self._error: BaseException | None = None
        self.replaced = 0

    def put(self, item: Item, *, latest: bool = False) -> bool:
        """Hand an item over.

        Args:
            item: the next.
            latest: whether it takes the place of one that waits; `replace` must be given then.

        Returns:
            False where nobody takes any more.
        """
        with self._changed:
            if latest and self._items:
                assert self._replace is not None
                item = self._replace(self._items.pop(), item)
                self.replaced += 1
            self._changed.wait_for(lambda: len(self._items) < self._room or self._abandoned)
            if not self._abandoned:
                self._items.append(item)
                self._changed.notify_all()
            return not self._abandoned

    def get(self, timeout_s: float | None = None) -> Item | None:
        """The next item.

        Args:
            timeout_s: how long to wait for one; None for ever.

        Returns:
            None where none came in time, and where none will come: then `ended` is true.

        Raises:
            BaseException: what the thread that puts has met, once all items are taken.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._closed or self._abandoned, timeout_s)
            if self._items:
                item = self._items.popleft()
                self._changed.notify_all()
                return item
            if self._error is not None and not self._abandoned:
                raise self._error
        return None

    @property
    def ended(self) -> bool:
        """Whether all items that there will be are taken, and nothing is left to be raised."""
        with self._changed:
            return self._abandoned or (self._closed and not self._items and self._error is None)

    def abandon(self) -> tuple[Item, ...]:
        """Take no more: who waits in `put` or `get` goes on at once. The items not taken."""
        with self._changed:
            left, self._abandoned = tuple(self._items), True
            self._items.clear()
            self._changed.notify_all()
        return left

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        with self._changed:
            self._closed, self._error = True, error
            self._changed.notify_all()
        return True
