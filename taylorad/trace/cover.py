"""What a traced array is besides its program: a cover over plain numbers, while nothing traces it.

As long as no traced value was written into it, it can be read, printed, viewed and handed to libraries like the array
it covers; from then on it is refused to whoever asks for plain numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from taylorad.algebras.arraylike import ArrayMethods
from taylorad.dispatch import call, unwrapped
from taylorad.refusals import LostDerivativeError, place, user_frame
from taylorad.rules import TABLE
from taylorad.trace import operations as ops

_LAYOUT = frozenset(("flags", "itemsize", "nbytes", "strides", "device"))


class Cover(ArrayMethods):
    """The part of a `Tracer` that stands for plain numbers."""

    __slots__ = ()

    @property
    def bare(self) -> Any:
        """The plain array or number of a tracer that no program, series or interval has a part in; else None."""
        value = unwrapped(self)
        return None if hasattr(value, "level") else value

    @property
    def plain_number(self) -> Any:
        """The same, and what a guarded program knows: that the value is this one becomes a guard."""
        program = self.live  # type: ignore[attr-defined]
        return self.concrete() if program is not None and program.guarded else self.bare  # type: ignore[attr-defined]

    def __bool__(self) -> bool:
        known = self.plain_number
        return ArrayMethods.__bool__(self) if known is None else bool(known)

    def __float__(self) -> float:
        known = self.plain_number
        return ArrayMethods.__float__(self) if known is None else float(known)

    def __int__(self) -> int:
        program = self.live  # type: ignore[attr-defined]
        if program is not None and program.guarded:
            return int(np.trunc(self).concrete())  # type: ignore[call-overload, attr-defined]
        known = self.plain_number
        return ArrayMethods.__int__(self) if known is None else int(known)

    def __complex__(self) -> complex:
        known = self.plain_number
        return ArrayMethods.__complex__(self) if known is None else complex(known)

    def __index__(self) -> int:
        known = self.plain_number
        return ArrayMethods.__index__(self) if known is None else known.__index__()

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        known = self.plain_number
        return ArrayMethods.__array__(self, dtype, copy) if known is None else np.array(known, dtype, copy=copy)

    def __getattr__(self, name: str) -> Any:
        """Of an array that nothing differentiates: what else it has; of a traced one what says how it is laid out."""
        if name in type(self).__slots__ or name.startswith("__") or (name not in _LAYOUT and self.bare is None):
            raise AttributeError(f"a traced array has no attribute {name!r}")
        return getattr(self._innermost, name)

    @property
    def _innermost(self) -> Any:
        value = self.value  # type: ignore[attr-defined]
        return getattr(value, "primal", value)

    def __repr__(self) -> str:
        return repr(self._innermost)

    def view(self, dtype: Any = None) -> Any:
        """The same entries under another name."""
        if dtype is not None and dtype is not np.ndarray and np.dtype(dtype) != self.dtype:
            raise LostDerivativeError(
                f"{place(user_frame())}the memory of an array that may hold differentiated values cannot be viewed as "
                f"{dtype}: use astype"
            )
        return self[...]  # type: ignore[index]

    @property
    def real(self) -> Any:
        """The real part; of a real array the array itself."""
        return self._part("real") if self.dtype.kind == "c" else self[...]  # type: ignore[index]

    @real.setter
    def real(self, values: Any) -> None:
        self[...] = values + 1j * self.imag if self.dtype.kind == "c" else values

    @property
    def imag(self) -> Any:
        """The imaginary part."""
        return self._part("imag")

    @imag.setter
    def imag(self, values: Any) -> None:
        self[...] = self.real + values * 1j

    def _part(self, name: str) -> Any:
        """Real or imaginary part: what is written into it or the array is seen in the other."""
        value = getattr(np, name)(self.value)
        if value.shape == ():
            return call(TABLE[name], (self,), {})
        return self.as_view(ops.LINEAR, (TABLE[name], (), {}), value)
