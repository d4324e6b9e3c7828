"""`Comparison`: what ``x < y`` is for intervals, a relation that holds for all pairs of points, for some or none."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, ClassVar

import numpy as np

from taylorad.dispatch import DuckArray
from taylorad.rules import TABLE, Primitive


class UndecidedError(ValueError):
    """A branch was to be taken on a relation that holds for some points of an interval and not for others."""


class Comparison(DuckArray):
    """An array of relations between numbers that are only known to lie in intervals.

    Attributes
    ----------
    certainly : boolean array
        Whether the relation holds for all pairs of points.
    possibly : boolean array
        Whether it holds for at least one pair. Never less than `certainly`.
    undefined : boolean array
        Whether a number in it may not exist: where an interval is empty, or decorated as trv, such as the square root
        of one with negative points. There the relation counts as undecided.

    Examples
    --------
    >>> import taylorad as ta
    >>> x = ta.Interval(0, 2)
    >>> bool(x < 3), bool(x > 5)
    (True, False)
    >>> (x < 1).certainly, (x < 1).possibly
    (np.False_, np.True_)
    >>> bool(x < 1)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    taylorad.algebras.interval.comparisons.UndecidedError: the relation x < y of x = [0.0, 2.0], y = [1.0, 1.0] holds...
    """

    __slots__ = ("certainly", "decorated", "possibly", "said", "series", "undefined")

    level = (-2, 0)  # whatever it chooses between is further out
    choose: ClassVar[Callable]  # `numpy.where`, see `taylorad.algebras.interval.moving`

    def __init__(
        self, certainly: Any, possibly: Any, said: Callable[[], str] | None = None, undefined: Any = np.False_
    ):
        self.certainly, self.possibly, self.said = certainly, possibly, said
        self.undefined = np.broadcast_to(undefined, np.shape(certainly))
        self.decorated = False  # whether intervals in it had decorations, so that what it chooses has them
        self.series: tuple = ()  # what it depends on, where that is being differentiated

    def like(self, *sources: Any) -> Comparison:
        """Itself, depending on what other comparisons do."""
        for source in sources:
            if isinstance(source, Comparison):
                self.decorated = self.decorated or source.decorated
                self.series = (*self.series, *source.series)
        return self

    def attached(self, *branches: Any) -> tuple:
        """Itself and the branches, those as series in all variables on which the choice depends: it may jump."""
        result = Comparison(self.certainly, self.possibly, self.said, self.undefined)
        result.decorated = self.decorated
        zeros = [series.zeros(()) for series in self.series]
        return result, *(sum(zeros, branch) for branch in branches)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of relations."""
        return np.shape(self.certainly)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of entries."""
        return int(np.prod(self.shape, dtype=int))

    @property
    def dtype(self) -> np.dtype:
        """NumPy's type of truth values."""
        return np.dtype(bool)

    @property
    def undecided(self) -> Any:
        """Where the relation holds for some points only, or is between numbers that may not exist."""
        return (self.certainly != self.possibly) | self.undefined

    def settled(self) -> Any:
        """The plain boolean array, if every entry is decided; else itself."""
        return self if np.any(self.undecided) else self.certainly

    def decided(self) -> Any:
        """The plain boolean array; UndecidedError where an entry depends on the points."""
        if np.any(self.undecided):
            relation = "a relation" if self.said is None else f"the relation {self.said()}"
            raise UndecidedError(
                f"{relation} holds for some points {'' if self.said else 'of the intervals '}and not for others: "
                "split the intervals, use np.where (its result encloses both branches), or ask for .certainly or "
                ".possibly"
            )
        return self.certainly

    def __bool__(self) -> bool:
        return bool(self.decided())

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.asarray(self.decided(), dtype)

    def __repr__(self) -> str:
        words = np.where(self.undecided, "undecided", np.where(self.certainly, "True", "False"))
        return f"Comparison({words if words.ndim else str(words)})"

    def __getitem__(self, key: Any) -> Comparison:
        return Comparison(self.certainly[key], self.possibly[key], None, self.undefined[key]).like(self)

    def __len__(self) -> int:
        return len(self.certainly)

    def any(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Whether any of the relations holds."""
        return self._reduced(np.any, axis, keepdims)

    def all(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Whether all of the relations hold."""
        return self._reduced(np.all, axis, keepdims)

    def _reduced(self, function: Callable, axis: Any, keepdims: bool) -> Comparison:
        parts = self.certainly & ~self.undefined, self.possibly | self.undefined
        certainly, possibly = (function(part, axis=axis, keepdims=keepdims) for part in parts)
        undefined = (certainly != possibly) & np.any(self.undefined, axis=axis, keepdims=keepdims)
        return Comparison(certainly, possibly, None, undefined).like(self)

    def known(self, name: str, args: tuple) -> Primitive | None:
        """Bitwise operators too."""
        return Primitive(name, "constant", None) if name in _LOGIC else TABLE.get(name)

    def apply(self, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
        name = primitive.name
        if name in _LOGIC:
            return _combined(_LOGIC[name], args)
        if name in ("any", "all"):
            return getattr(self, name)(*args[1:], **kwargs)
        if name in ("shape", "ndim", "size"):
            return getattr(self, name)
        if name == "where" and len(args) == 3:
            if isinstance(args[0], Comparison) and args[0].series:
                return np.where(*args[0].attached(*args[1:]))
            return self.choose(*args)
        if name == "where":
            return np.nonzero(args[0].decided())
        if primitive.kind == "composite":
            return primitive.function(*args, **kwargs)
        function = getattr(np, name)
        if primitive.kind == "gather" and isinstance(args[0], Comparison):
            found = [function(part, *args[1:], **kwargs) for part in (*_parts(args[0]), args[0].undefined)]
            return Comparison(found[0], found[1], None, found[2]).like(args[0])
        return function(*map(_plain, args), **{key: _plain(value) for key, value in kwargs.items()})


def _plain(x: Any) -> Any:
    if isinstance(x, list | tuple):
        return type(x)(map(_plain, x))
    return x.decided() if isinstance(x, Comparison) else x


def _parts(x: Any) -> tuple[Any, Any]:
    return (x.certainly, x.possibly) if isinstance(x, Comparison) else (x, x)


def _combined(function: Callable, args: tuple) -> Comparison:
    """A logical function; what may be undefined counts as undecided, and shows where the result is."""
    undefined = [x.undefined if isinstance(x, Comparison) else np.False_ for x in args]
    parts = [(c & ~u, p | u) for (c, p), u in zip(map(_parts, args), undefined, strict=True)]
    certainly, possibly = function(*parts)
    found = Comparison(certainly, possibly, None, (certainly != possibly) & reduce(np.logical_or, undefined))
    return found.like(*args)


_LOGIC: dict[str, Callable] = {
    "logical_not": lambda a: (~np.asarray(a[1], bool), ~np.asarray(a[0], bool)),
    "logical_and": lambda a, b: (np.logical_and(a[0], b[0]), np.logical_and(a[1], b[1])),
    "logical_or": lambda a, b: (np.logical_or(a[0], b[0]), np.logical_or(a[1], b[1])),
    "logical_xor": lambda a, b: (
        (a[0] == a[1]) & (b[0] == b[1]) & np.logical_xor(a[0], b[0]),
        (a[0] != a[1]) | (b[0] != b[1]) | np.logical_xor(a[1], b[1]),
    ),
}
_LOGIC |= {
    "invert": _LOGIC["logical_not"],
    "bitwise_and": _LOGIC["logical_and"],
    "bitwise_or": _LOGIC["logical_or"],
    "bitwise_xor": _LOGIC["logical_xor"],
}
