"""`Interval`: arrays of closed intervals of real numbers, with rounding outward (IEEE 1788, set-based flavour).

The ends are two arrays of doubles; the empty set has nan in both. Arithmetic on ends is in
`taylorad.rings.interval`; how each kind of function of the table treats intervals is in `kinds`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar, NoReturn, Self

import numpy as np

from taylorad.algebras.arraylike import ArrayMethods
from taylorad.algebras.interval import decorations
from taylorad.algebras.interval.sets import Sets
from taylorad.algebras.interval.standard import Standard
from taylorad.dispatch import DuckArray
from taylorad.refusals import place, user_frame
from taylorad.rings.interval import arithmetic, text
from taylorad.rings.interval.environment import check
from taylorad.rules import Primitive

FLOAT64 = np.dtype(np.float64)
_ONE_INTERVAL = re.compile(r"\[[^\[\]]*\](_\w+)?")  # in the text of an array of them


class Interval(Standard, Sets, ArrayMethods, DuckArray):
    """An array of closed intervals ``[inf, sup]`` of real numbers.

    Every operation and function encloses: its result contains all values at points of the operands. Floats in an
    expression are the doubles they are; decimal numbers go in as text, ``Interval("0.1")``.

    Parameters
    ----------
    inf, sup : numbers, text, or arrays of them
        The ends; floats, integers and Fractions of any size, Decimals, mpmath numbers, or text such as ``"0.1"`` and
        ``"1/3"``: rounded outward where they are no doubles. With `sup` left out, the interval of one number, the
        literal of a text such as ``"[1, 2]"``, or another interval.
    decoration : {"com", "dac", "def", "trv"}, optional
        What is known of the function it is the range of, see `decoration`. Without one, intervals are bare and no
        decorations are computed. One that says too much of the set is lowered.

    Raises
    ------
    ValueError
        For ends that are nan, that make no interval (``Interval(2, 1)``: an IEEE 1788 system may return the empty set
        here; write ``Interval.empty()`` for it), or for text that is no number or interval.

    Examples
    --------
    >>> import numpy as np, taylorad as ta
    >>> x = ta.Interval(1, 2)
    >>> x * x - x
    Interval("[-1, 3]")
    >>> np.sqrt(x) + ta.Interval("0.1")
    Interval("[1.0999999999999998, 1.5142135623730953]")
    """

    __slots__ = ("_decoration", "_inf", "_sup")

    level = (-1, 0)  # the innermost ring: whatever differentiates is further out
    dtype = FLOAT64
    alone = "one interval; its ends are .inf and .sup"
    namespace: ClassVar[Any]  # the ring's functions and constants, see `ring`
    kinds: ClassVar[dict[str, Callable]]  # how functions of the table are done, see `kinds`

    _inf: np.ndarray
    _sup: np.ndarray
    _decoration: np.ndarray | None

    def __init__(self, inf: Any, sup: Any = None, decoration: Any = None):
        known = None
        if sup is None:
            self._inf, self._sup, known = _whole(inf)
        else:
            _check_infinite(inf, sup)
            low, high = _whole(inf), _whole(sup)
            self._inf, self._sup = (a.copy() for a in np.broadcast_arrays(low[0], high[1]))
            _check_ends(self._inf, self._sup)
        known = known if decoration is None else decorations.codes_of(decoration)
        self._decoration = None
        if known is not None:
            self._decoration = decorations.limited(np.broadcast_to(known, self.shape), self._inf, self._sup)

    @classmethod
    def _make(cls, inf: Any, sup: Any, decoration: Any = None) -> Self:
        """From ends, nan for the empty set, and decoration codes that are known to fit."""
        self = object.__new__(cls)
        self._inf = inf if inf.__class__ is np.ndarray else np.asarray(inf)
        self._sup = sup if sup.__class__ is np.ndarray else np.asarray(sup)
        self._decoration = decoration
        return self

    @classmethod
    def empty(cls, shape: Any = ()) -> Self:
        """Empty sets."""
        return cls._make(np.full(shape, np.nan), np.full(shape, np.nan))

    @classmethod
    def entire(cls, shape: Any = ()) -> Self:
        """Intervals of all real numbers."""
        return cls._make(np.full(shape, -np.inf), np.full(shape, np.inf))

    def _new(self, ends: tuple[Any, Any]) -> Self:
        """Bare intervals with the given ends."""
        return self._make(*ends)

    # ------------------------------------------------------------------------------------------- as an array

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """Shape of the array of intervals."""
        return self._inf.shape

    @property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """The arrays of lower and upper ends, nan for empty sets. Not copied."""
        return self._inf, self._sup

    @property
    def decoration(self) -> Any:
        """Name of the decoration, or an array of names: com, dac, def, trv or ill; None for bare intervals."""
        return None if self._decoration is None else decorations.names_of(self._decoration)

    @property
    def codes(self) -> np.ndarray | None:
        """The decoration as numbers, None for bare intervals; see `taylorad.algebras.interval.decorations`."""
        return self._decoration

    def decorated(self, decoration: Any = "com") -> Self:
        """The same sets with a decoration, which is lowered where it says too much of a set."""
        codes = np.broadcast_to(decorations.codes_of(decoration), self.shape)
        return self._make(self._inf, self._sup, decorations.limited(codes, self._inf, self._sup))

    @property
    def bare(self) -> Self:
        """The same sets without decorations."""
        return self._make(self._inf, self._sup)

    def describe(self) -> str:
        """What it is, in words."""
        return "an Interval"

    def zeros(self, shape: tuple[int, ...], dtype: Any = None) -> Self:
        """Intervals of the number 0."""
        return self._make(np.zeros(shape), np.zeros(shape), self._zero_codes(shape))

    def _zero_codes(self, shape: tuple[int, ...]) -> Any:
        return None if self._decoration is None else np.full(shape, decorations.COM, np.uint8)

    def lift(self, constant: Any) -> Interval:
        """A number or array as intervals."""
        return as_interval(constant)

    def copy(self, order: Any = "C") -> Self:
        """A copy."""
        codes = None if self._decoration is None else self._decoration.copy()
        return self._make(self._inf.copy(), self._sup.copy(), codes)

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """Intervals have ends in double precision; no other type is offered."""
        if np.dtype(dtype) != FLOAT64:
            self._refuse("array")
        return self.copy() if copy else self

    @property  # type: ignore[misc]  # nothing to assign to
    def real(self) -> Any:
        """Themselves."""
        return self

    @property  # type: ignore[misc]
    def imag(self) -> Any:
        """Zero."""
        return self.zeros(self.shape)

    def __getitem__(self, key: Any) -> Self:
        codes = self._decoration
        return self._make(self._inf[key], self._sup[key], None if codes is None else np.asarray(codes[key]))

    def __setitem__(self, key: Any, value: Any) -> None:
        value = as_interval(value)
        self._inf[key], self._sup[key] = value._inf, value._sup
        if value._decoration is not None and self._decoration is None:
            self._decoration = natural_codes(self)
        if self._decoration is not None:
            self._decoration[key] = natural_codes(value) if value._decoration is None else value._decoration

    def __bool__(self) -> bool:
        return bool(self != 0)

    def _refuse(self, kind: str) -> NoReturn:
        raise TypeError(
            f"{place(user_frame())}{kind}() of an Interval would make one number of it, and prove nothing: use "
            "functions of NumPy, SciPy and math that taylorad knows, or take .midpoint, .inf or .sup"
        )

    def __float__(self) -> float:
        self._refuse("float")

    def __int__(self) -> int:
        self._refuse("int")

    def __complex__(self) -> complex:
        self._refuse("complex")

    def __index__(self) -> int:
        self._refuse("index")

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        """An array of objects, one an entry; refused where NumPy wants plain numbers."""
        if dtype is not None and np.dtype(dtype) != object:
            self._refuse("array")
        return super().__array__(dtype, copy)

    def text(self, form: str = "decimal", digits: int | None = None) -> str:
        """The intervals as text that `Interval` reads.

        Parameters
        ----------
        form : {"decimal", "exact", "uncertain", "hexadecimal"}
            Decimal ends, rounded outward where they are not exact; ends that give the same doubles again, decimal if
            that is short; a middle and an uncertain last digit, ``1.414213565?6``; or exact ends in hexadecimal.
        digits : int, optional
            Significant digits of the ends, rounded outward.

        Examples
        --------
        >>> import numpy as np, taylorad as ta
        >>> x = np.sqrt(ta.Interval(2))
        >>> x.text(digits=5), x.text("hexadecimal")
        ('[1.4142, 1.4143]', '[0x1.6a09e667f3bccp+0, 0x1.6a09e667f3bcdp+0]')
        """
        return text.formatted(self._inf, self._sup, self.decoration, digits, form)

    def __format__(self, spec: str) -> str:
        """With a precision, as in ``f"{x:.3g}"``, so many significant digits, rounded outward."""
        digits = re.fullmatch(r"\.(\d+)g?", spec)
        if spec and digits is None:
            raise ValueError(f"an Interval is formatted with '.<digits>g', its significant digits, not with {spec!r}")
        return text.formatted(self._inf, self._sup, self.decoration, digits=int(digits[1])) if digits else str(self)

    def __repr__(self) -> str:
        """As text that `Interval` reads: the sets that come out contain these."""
        shown = _ONE_INTERVAL.sub(r'"\g<0>"', str(self)) if self.size else "[]"
        return f"Interval({shown})" if not self.ndim else f"Interval(\n{shown})"

    def __str__(self) -> str:
        return text.formatted(self._inf, self._sup, self.decoration)

    def __reduce__(self) -> tuple:
        return Interval._make, (self._inf, self._sup, self._decoration)

    def _broadcast(self, shape: tuple[int, ...]) -> Self:
        codes = self._decoration
        inf, sup = (np.broadcast_to(end, shape) for end in self.ends)
        return self._make(inf, sup, None if codes is None else np.broadcast_to(codes, shape))

    # ---------------------------------------------------------------------------------------------- arithmetic

    def apply(self, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
        return self.kinds[primitive.kind](self, primitive, args, kwargs)

    def constant_power(self, exponent: Any) -> Any:
        """``x ** exponent`` for a constant exponent."""
        return np.power(self, exponent)

    def sum_of_products(self, other: Any) -> Any:
        """``Σ_j x_j y_j`` over the leading axis."""
        return self.kinds["dot"](self, as_interval(other))

    def contract(self, subscripts: str, *arrays: Any) -> Any:
        """``numpy.einsum`` over one or two arrays."""
        return self.kinds["contraction"](subscripts, *arrays)

    def _is_plain(self, other: Any) -> bool:
        """Whether both are bare intervals: straight to their ends, past NumPy's dispatch."""
        return other.__class__ is Interval and self._decoration is None and other._decoration is None

    def __add__(self, other: Any) -> Any:
        return self._new(arithmetic.add(*self.ends, *other.ends)) if self._is_plain(other) else super().__add__(other)

    def __sub__(self, other: Any) -> Any:
        if not self._is_plain(other):
            return super().__sub__(other)
        return self._new(arithmetic.subtract(*self.ends, *other.ends))

    def __mul__(self, other: Any) -> Any:
        if not self._is_plain(other) or other is self:
            return super().__mul__(other)
        return self._new(arithmetic.multiply(*self.ends, *other.ends))

    def __truediv__(self, other: Any) -> Any:
        if not self._is_plain(other):
            return super().__truediv__(other)
        return self._new(arithmetic.divide(*self.ends, *other.ends))


def natural_codes(x: Interval) -> np.ndarray:
    """The best decorations of sets that are nothing but themselves."""
    return decorations.limited(np.uint8(decorations.COM), x._inf, x._sup)


def as_interval(value: Any) -> Interval:
    """An interval as it is; numbers and text as the smallest intervals that contain them."""
    if isinstance(value, Interval):
        return value
    if isinstance(value, float | int) and -(2**53) <= value <= 2**53:  # most constants, quickly
        return Interval._make(np.array(value, np.float64), np.array(value, np.float64))
    return Interval(value)


def _whole(value: Any) -> tuple[np.ndarray, np.ndarray, Any]:
    """Ends, and decoration codes if the value says them, of anything that stands for an interval."""
    if isinstance(value, Interval):
        codes = value._decoration
        return value._inf.copy(), value._sup.copy(), None if codes is None else codes.copy()
    array = value if isinstance(value, np.ndarray) else _array_of(value)
    if array.dtype.kind in "biu" or array.dtype.char in "efd":
        low = np.asarray(array, np.float64)
        exact = array.dtype.itemsize < 8 or array.dtype.kind not in "iu" or bool(np.all(np.abs(low) < 2**53))
        if exact:
            if np.any(np.isnan(low)):
                raise ValueError("nan is no number an interval could hold: write Interval.empty() for the empty set")
            return *_finite_ends(low, low), None
    return _entry_by_entry(array)


def _finite_ends(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Copies; an infinite number stands for all that are larger than every double."""
    check()
    largest = np.finfo(np.float64).max
    return np.asarray(np.minimum(low, largest)), np.asarray(np.maximum(high, -largest))


def _array_of(value: Any) -> np.ndarray:
    """An array of numbers, or of objects each of which stands for one interval."""
    if isinstance(value, list | tuple):
        parts = [_array_of(v) for v in value]
        if all(part.dtype.kind in "biuf" for part in parts):
            array = np.asarray(value)
            if array.dtype.kind != "f" or not any(map(_has_large_integers, parts)):
                return array
        result = np.empty((len(parts), *(parts[0].shape if parts else ())), dtype=object)
        for i, part in enumerate(parts):
            result[i] = part if part.ndim else part.item()
        return result
    if isinstance(value, str) or not isinstance(value, float | int | np.generic):
        single = np.empty((), dtype=object)
        single[()] = value
        return single
    array = np.asarray(value)
    return array


def _has_large_integers(array: np.ndarray) -> bool:
    """Whether integers would be rounded among floats."""
    return array.dtype.kind in "iu" and bool(np.any(np.abs(array.astype(np.float64)) >= 2**53))


def _entry_by_entry(array: np.ndarray) -> tuple[np.ndarray, np.ndarray, Any]:
    low, high = np.empty(array.shape), np.empty(array.shape)
    codes, any_codes = np.empty(array.shape, np.uint8), False
    for index in np.ndindex(array.shape):
        low[index], high[index], name = _one(array[index])
        codes[index] = decorations.CODES[name] if name else decorations.COM
        any_codes = any_codes or bool(name)
    return low, high, codes if any_codes else None


def _one(value: Any) -> tuple[float, float, str | None]:
    """Ends and decoration name of one object."""
    if isinstance(value, str):
        return text.parse(value)
    if isinstance(value, Interval):
        return float(value._inf), float(value._sup), value.decoration
    return *text.enclosing_doubles(value), None


def _check_infinite(inf: Any, sup: Any) -> None:
    """ValueError for a lower end of +inf or an upper one of -inf, which leave no numbers between them."""
    for end, value, wrong in (("lower", inf, np.inf), ("upper", sup, -np.inf)):
        array = value if isinstance(value, np.ndarray) else _array_of(value)
        if any(not isinstance(v, str | Interval) and v == wrong for v in _candidates(array)):
            raise ValueError(
                f"the {end} end of an interval cannot be {wrong}: infinity is no member of an interval. Interval(a, "
                "inf) are the numbers from a on, and Interval.empty() is the empty set"
            )


def _candidates(array: np.ndarray) -> Any:
    """The entries of an array that may be infinite."""
    return array[np.isinf(array)] if array.dtype.kind == "f" else array.flat if array.dtype == object else ()


def _check_ends(inf: np.ndarray, sup: np.ndarray) -> None:
    """ValueError for ends that make no interval."""
    wrong = ~(inf <= sup)
    if not np.any(wrong):
        return
    at = np.unravel_index(int(np.argmax(wrong)), inf.shape)
    where = "" if inf.ndim == 0 else f" (entry {', '.join(map(str, at))})"
    raise ValueError(
        f"[{inf[at]}, {sup[at]}]{where} is no interval: the lower end must not exceed the upper one. Interval.empty() "
        "is the empty set, and Interval(a).hull(b) takes ends in any order"
    )
