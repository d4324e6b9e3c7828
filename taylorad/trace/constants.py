"""Constants in programs: plain arrays used with traced values, which must not change under a program's residuals.

Small arrays are copied. Large ones are copied too (once a run, and again after a change) where the code writes into
arrays; where no such code was found they are set read-only until the run ends, so that code that was not found fails
instead of falsifying a derivative; where all code was found and none writes, they are used as they are.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from taylorad.refusals import LostDerivativeError, place_of

SMALL = 4096  # entries
_lock = threading.Lock()
_frozen: dict[int, tuple[np.ndarray, int]] = {}  # arrays, and how many runs hold them


class Watch:
    """The large constants of one run.

    Parameters
    ----------
    writes : whether code was found that writes into arrays
    closed : whether all code was found
    """

    def __init__(self, writes: bool, closed: bool):
        self.writes, self.closed = writes, closed
        self.copies: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self.held: list[np.ndarray] = []

    @classmethod
    def within(cls, outer: Watch | None, writes: bool, closed: bool) -> Watch:
        """The watch of a run within another: what the outer code may do, it may do to the constants of the inner."""
        if outer is not None:
            writes, closed = writes or outer.writes, closed and outer.closed
        return cls(writes, closed) if writes or not closed else NOTHING

    def keep(self, array: np.ndarray) -> np.ndarray:
        """A large array as a program may refer to it."""
        if self.writes or (array.base is not None and not self.closed):
            return self._copy(array)
        if not self.closed and array.flags.writeable:
            self._freeze(array)
        return array

    def _copy(self, array: np.ndarray) -> np.ndarray:
        known = self.copies.get(id(array))
        if known is None or not np.array_equal(array, known[1]):
            known = array, array.copy()
            known[1].flags.writeable = False
            self.copies[id(array)] = known
        return known[1]

    def _freeze(self, array: np.ndarray) -> None:
        with _lock:
            _, runs = _frozen.get(id(array), (array, 0))
            _frozen[id(array)] = array, runs + 1
            array.flags.writeable = False
        self.held.append(array)

    def refusal(self, error: BaseException) -> LostDerivativeError | None:
        """The error for code that was not found, and writes into an array that is read-only for its sake."""
        if not self.held or "read-only" not in str(error):
            return None
        return LostDerivativeError(
            f"{place_of(error)}an array is changed in place after it was used with differentiated values, which need "
            f"it as it was ({error}): write a = a * 2 instead of a *= 2, or change a copy made with np.array(a)"
        )

    def release(self) -> None:
        """Let go of the arrays that were set read-only."""
        for array in self.held:
            with _lock:
                _, runs = _frozen[id(array)]
                if runs > 1:
                    _frozen[id(array)] = array, runs - 1
                else:
                    del _frozen[id(array)]
                    array.flags.writeable = True
        self.held.clear()


NOTHING = Watch(writes=False, closed=True)
"""The watch of runs whose constants nothing can change."""


class _Local(threading.local):
    watch: Watch | None = None


current = _Local()


def kept(constant: Any) -> Any:
    """A constant as a program keeps it."""
    if constant.__class__ is not np.ndarray:
        return constant
    if constant.flags.writeable or constant.base is not None:
        if constant.size > SMALL and current.watch is not None:
            return current.watch.keep(constant)
        constant = constant.copy()
        constant.flags.writeable = False
    return constant
