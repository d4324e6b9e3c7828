"""What makes a series look like an ndarray: attributes, methods, iteration, and refusals that name the way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from taylorad.refusals import forced, formats


def _method(name: str) -> Callable:
    function = getattr(np, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__name__, method.__doc__ = name, f"``numpy.{name}`` of this array."
    return method


def number(x: Any) -> Any:
    """The number behind one that is differentiated; plain numbers are their own."""
    value = getattr(x, "primal", x)
    value = value.concrete() if hasattr(value, "concrete") else value
    return value.item() if isinstance(value, np.ndarray | np.generic) else value


class Flat:
    """What ``x.flat`` gives: the entries of an array of any shape under one running index."""

    __slots__ = ("array",)

    def __init__(self, array: Any):
        self.array = array

    def _places(self, key: Any) -> tuple:
        numbers = np.arange(self.array.size)[np.asarray(getattr(key, "primal", key)) if hasattr(key, "level") else key]
        return tuple(map(np.asarray, np.unravel_index(numbers, self.array.shape)))

    def __getitem__(self, key: Any) -> Any:
        return self.array[self._places(key)]

    def __setitem__(self, key: Any, values: Any) -> None:
        places = self._places(key)
        count = places[0].size if places else 1
        values = np.reshape(values, -1) if np.ndim(values) else values
        if np.size(values) not in (1, count):  # as NumPy: repeated, or cut off
            values = values[np.arange(count) % np.size(values)]
        self.array[places] = values if np.ndim(places[0]) else np.reshape(values, ())

    def __iter__(self) -> Iterator:
        return iter(np.ravel(self.array))

    def __len__(self) -> int:
        return self.array.size


class ArrayMethods:
    """NumPy's attributes and methods, for a class with `shape` and `coefficients`."""

    __slots__ = ()
    coefficients: Any
    alone = "a series of shape (): it is one number; see .order and .coefficients"  # for errors

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of series."""
        return self.coefficients.shape[1:]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of entries."""
        return int(np.prod(self.shape, dtype=int))

    @property
    def T(self) -> Any:
        """The transpose."""
        return np.transpose(self)  # type: ignore[call-overload]

    @property
    def mT(self) -> Any:
        """The transpose of the last two axes."""
        return np.swapaxes(self, -1, -2)  # type: ignore[call-overload]

    @property
    def real(self) -> Any:
        """Real part of every coefficient."""
        return np.real(self)  # type: ignore[call-overload]

    @real.setter
    def real(self, values: Any) -> None:
        self[...] = values + 1j * self.imag if self.dtype.kind == "c" else values  # type: ignore[attr-defined, index]

    @property
    def imag(self) -> Any:
        """Imaginary part of every coefficient."""
        return np.imag(self)  # type: ignore[call-overload]

    @imag.setter
    def imag(self, values: Any) -> None:
        self[...] = self.real + values * 1j  # type: ignore[index]

    @property
    def flat(self) -> Flat:
        """Entries in row-major order, to read and to write."""
        return Flat(self)

    @flat.setter
    def flat(self, values: Any) -> None:
        Flat(self)[:] = values

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        """``numpy.reshape`` of this array."""
        return np.reshape(self, shape[0] if len(shape) == 1 else shape, order=order)  # type: ignore[call-overload]

    def transpose(self, *axes: Any) -> Any:
        """``numpy.transpose`` of this array."""
        return np.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)  # type: ignore[call-overload]

    def flatten(self, order: str = "C") -> Any:
        """A copy in one axis."""
        return np.ravel(self, order=order).copy()  # type: ignore[call-overload]

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """The series with coefficients of another type."""
        return self._new(self.coefficients.astype(dtype))  # type: ignore[attr-defined]

    def conj(self) -> Any:
        """Complex conjugate of every coefficient."""
        return np.conjugate(self)  # type: ignore[call-overload]

    def copy(self, order: str = "C") -> Any:
        """A copy."""
        return self._new(self.coefficients.copy())  # type: ignore[attr-defined]

    def item(self, *index: Any) -> Any:
        """One entry, as a series of shape ()."""
        if not index:
            return self.reshape(())
        return self.reshape(-1)[index[0]] if len(index) == 1 else self[index]  # type: ignore[index]

    def tolist(self) -> Any:
        """Nested lists of series of shape ()."""
        return [part.tolist() for part in self] if self.shape else self.copy()

    def compress(self, condition: Any, axis: int | None = None) -> Any:
        """``numpy.compress`` of this array."""
        return np.compress(condition, self, axis)  # type: ignore[call-overload]

    def fill(self, value: Any) -> None:
        """Set every entry."""
        self[...] = value  # type: ignore[index]

    def put(self, indices: Any, values: Any, mode: Any = "raise") -> None:
        """Set entries by their number in row-major order."""
        np.put(self, indices, values, mode)  # type: ignore[arg-type]

    def sort(self, axis: int = -1, **options: Any) -> None:
        """Sort in place."""
        self[...] = np.sort(self, axis=axis, **options)  # type: ignore[index, call-overload]

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError(f"len() of {self.alone}")
        return self.shape[0]

    def __iter__(self) -> Iterator:
        if not self.shape:
            raise TypeError(f"cannot iterate over {self.alone}")
        return (self[i] for i in range(self.shape[0]))  # type: ignore[index]

    def __bool__(self) -> bool:
        return bool(self.primal)  # type: ignore[attr-defined]

    def __float__(self) -> float:
        if formats():
            return float(self.primal)  # type: ignore[attr-defined]
        raise forced("float", self.describe())  # type: ignore[attr-defined]

    def __int__(self) -> int:
        if formats():
            return int(self.primal)  # type: ignore[attr-defined]
        raise forced("int", self.describe())  # type: ignore[attr-defined]

    def __format__(self, spec: str) -> str:
        """Numbers as their value is formatted; arrays as they are printed."""
        if spec and self.shape == ():
            return format(number(self), spec)
        return format(str(self), spec)

    def __complex__(self) -> complex:
        raise forced("complex", self.describe())  # type: ignore[attr-defined]

    def __index__(self) -> int:
        raise forced("index", self.describe())  # type: ignore[attr-defined]

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        """An array of objects, one an entry; refused where NumPy wants plain numbers."""
        if dtype is not None and np.dtype(dtype) != object:
            raise forced("array", self.describe())  # type: ignore[attr-defined]
        entries = np.empty(self.shape, dtype=object)
        for index in np.ndindex(self.shape):
            entries[index] = self[index] if index else self  # type: ignore[index]
        return entries

    def __round__(self, digits: int = 0) -> Any:
        return np.round(self, digits)  # type: ignore[call-overload]

    def __floor__(self) -> Any:
        return np.floor(self)  # type: ignore[call-overload]

    def __ceil__(self) -> Any:
        return np.ceil(self)  # type: ignore[call-overload]

    def __trunc__(self) -> Any:
        return np.trunc(self)  # type: ignore[call-overload]

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()


_METHODS = (
    "sum prod mean std var min max ptp argmin argmax argsort any all cumsum cumprod dot clip round "
    "trace diagonal repeat take squeeze swapaxes ravel nonzero searchsorted conjugate"
)
# NumPy computes np.exp of an array of objects, such as np.array([x[0], x[1]]), by calling their methods
_ON_OBJECTS = (
    "exp exp2 expm1 log log2 log10 log1p sqrt cbrt square sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh "
    "arccosh arctanh deg2rad rad2deg radians degrees floor ceil trunc rint sign "
    "arctan2 hypot fmod"
)
for _name in (_METHODS + " " + _ON_OBJECTS).split():
    setattr(ArrayMethods, _name, _method(_name))
