"""Start values as nodes: the start formula of a rule, run on `Start` numbers, records what it does at degree 0."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.compile.series.nodes import BOOL, SeriesProgram
from taylorad.rings.floats import FloatNamespace

COMPARISONS = ("<", "<=", "==", "!=", ">", ">=")


class Unsupported(Exception):
    """A graph has no native recurrences; the message is the reason."""


class Start:
    """A number of degree 0 in a program under construction; arithmetic on it adds nodes."""

    __slots__ = ("index", "program")
    __hash__ = None  # type: ignore[assignment]
    __array_ufunc__ = None

    def __init__(self, program: SeriesProgram, index: int):
        self.program, self.index = program, index

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array it stands for."""
        return self.program[self.index].shape

    def _lift(self, other: Any) -> int:
        if isinstance(other, Start):
            return other.index
        dtype = self.program[self.index].dtype
        array = np.array(other, dtype=BOOL if isinstance(other, bool | np.bool) else dtype)
        return self.program.add("constant", (), array, (), array.dtype, 0)

    def made(self, operation: str, *operands: Any, more: Any = None) -> Start:
        """The node of an elementwise operation."""
        given = [self._lift(x) for x in operands]
        shape = np.broadcast_shapes(*(self.program[i].shape for i in given))
        logical = operation in ("compare", "and", "or", "not")
        dtype = BOOL if logical else self.program[given[-1]].dtype
        return Start(self.program, self.program.add("value", given, (operation, more), shape, dtype, 0))

    def __add__(self, other: Any) -> Start:
        return self.made("add", self, other)

    def __sub__(self, other: Any) -> Start:
        return self.made("subtract", self, other)

    def __rsub__(self, other: Any) -> Start:
        return self.made("subtract", other, self)

    def __mul__(self, other: Any) -> Start:
        return self.made("multiply", self, other)

    def __truediv__(self, other: Any) -> Start:
        return self.made("divide", self, other)

    def __rtruediv__(self, other: Any) -> Start:
        return self.made("divide", other, self)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Start:
        return self.made("negative", self)

    def __abs__(self) -> Start:
        return self.made("call", self, more="absolute")

    def __pow__(self, exponent: int) -> Start:
        if exponent == 1:
            return self
        half = self ** (exponent // 2)
        return half * half * self if exponent % 2 else half * half

    def __lt__(self, other: Any) -> Start:
        return self.made("compare", self, other, more="<")

    def __le__(self, other: Any) -> Start:
        return self.made("compare", self, other, more="<=")

    def __gt__(self, other: Any) -> Start:
        return self.made("compare", self, other, more=">")

    def __ge__(self, other: Any) -> Start:
        return self.made("compare", self, other, more=">=")

    def __eq__(self, other: Any) -> Start:  # type: ignore[override]
        return self.made("compare", self, other, more="==")

    def __ne__(self, other: Any) -> Start:  # type: ignore[override]
        return self.made("compare", self, other, more="!=")

    def __and__(self, other: Any) -> Start:
        return self.made("and", self, other)

    def __or__(self, other: Any) -> Start:
        return self.made("or", self, other)

    __rand__, __ror__ = __and__, __or__

    def __invert__(self) -> Start:
        return self.made("not", self)

    def where(self, x: Any, y: Any) -> Start:
        """x where this condition holds, else y."""
        like = x if isinstance(x, Start) else y
        return self.made("select", self, Start(self.program, like._lift(x)), Start(self.program, like._lift(y)))

    @property
    def finite(self) -> Start:
        """Whether it is neither infinite nor nan."""
        return abs(self) < math.inf

    @property
    def real(self) -> Start:
        """Itself: what `numpy.real` gives."""
        return self

    @property
    def imag(self) -> float:
        """Nothing: what `numpy.imag` gives."""
        return 0.0


class StartNamespace:
    """The functions a start formula may use: recorded for `Start` numbers, computed at once for plain ones."""

    def __init__(self, known: Callable[[str], bool]):
        self._plain = FloatNamespace.of(np.dtype(np.float64))
        self._known = known

    @property
    def pi(self) -> float:
        """π."""
        return math.pi

    def has(self, name: str) -> bool:
        """Whether the values of a function can be computed."""
        return self._known(name) or name in _FORMULAS

    def where(self, condition: Any, x: Any, y: Any) -> Any:
        """x where the condition holds, else y."""
        return condition.where(x, y)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def function(*args: Any) -> Any:
            first = next((a for a in args if isinstance(a, Start)), None)
            if first is None:
                return getattr(self._plain, name)(*args)
            if name in _FORMULAS and not self._known(name):
                return _FORMULAS[name](self, *args)
            if not self._known(name):
                raise Unsupported(f"there is no native code for the values of {name}")
            return first.made("call", *args, more=name)

        return function


def _sinpi(xp: Any, x: Any) -> Any:
    nearest = xp.rint(x)
    return _signed(xp, nearest, xp.sin(math.pi * (x - nearest)))


def _cospi(xp: Any, x: Any) -> Any:
    nearest = xp.rint(x)
    return _signed(xp, nearest, xp.sin(math.pi * (0.5 - abs(x - nearest))))


def _signed(xp: Any, integer: Any, x: Any) -> Any:
    half = integer * 0.5
    return (half == xp.floor(half)).where(x, -x)


def _logit(xp: Any, x: Any) -> Any:
    s = 2 * (x - 0.5)
    middle = abs(s) <= 0.4
    return middle.where(xp.log1p(s) - xp.log1p(-s), xp.log(x / (1 - x)))


def _power_of_two(xp: Any, x: Any, y: Any) -> Any:
    first, second = abs(x), abs(y)
    larger = (first > second).where(first, second)
    return xp.exponent(xp.sqrt(larger))


_FORMULAS: dict[str, Callable[..., Any]] = {
    "sinpi": _sinpi,
    "cospi": _cospi,
    "logit": _logit,
    "common_scale": _power_of_two,
    "expit": lambda xp, x: 1 / (1 + xp.exp(-x)),
    "log_expit": lambda xp, x: (x < 0).where(x, 0 * x) - xp.log1p(xp.exp(-abs(x))),
    "ndtr": lambda xp, x: 0.5 * xp.erfc(x * -math.sqrt(0.5)),
    "deg2rad": lambda xp, x: x * (math.pi / 180),
    "rad2deg": lambda xp, x: x * (180 / math.pi),
    "sign": lambda xp, x: (x == 0).where(x * 0, (x > 0).where(x * 0 + 1, (x < 0).where(x * 0 - 1, x))),
    "square": lambda xp, x: x * x,
    "positive": lambda xp, x: x,
    "isnan": lambda xp, x: x != x,
    "isfinite": lambda xp, x: x.finite,
    "isinf": lambda xp, x: abs(x) == math.inf,
    "reciprocal": lambda xp, x: 1 / x,
    "xlogy": lambda xp, x, y: x * xp.log(y),
}
