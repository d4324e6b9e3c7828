"""Entries of interval arrays, moved and chosen: NumPy does the same with lower ends, upper ends and decorations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.algebras.interval import decorations
from taylorad.algebras.interval.comparisons import Comparison
from taylorad.algebras.interval.interval import as_interval
from taylorad.rings.interval import arithmetic
from taylorad.rules import Primitive


def gathered(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    gather = primitive.function
    if primitive.name == "where":
        return choose(*args)
    parts = [_with_intervals(a) if i in gather.data else a for i, a in enumerate(args)]
    options = {key: _plain(value) for key, value in kwargs.items()}
    bare = all(x.codes is None for x in _intervals(parts))

    def moved(get: Callable) -> Any:
        return gather.function(
            *(_picked(p, get) if i in gather.data else _plain(p) for i, p in enumerate(parts)), **options
        )

    ends = moved(lambda x: x.ends[0]), moved(lambda x: x.ends[1])
    codes = None if bare else moved(known_codes)
    if isinstance(ends[0], list | tuple):
        rows = zip(*ends, [None] * len(ends[0]) if codes is None else map(_filled, codes), strict=True)
        return (
            type(ends[0])(owner._make(*row) for row in rows)
            if type(ends[0]) in (list, tuple)
            else [owner._make(*row) for row in rows]
        )
    return owner._make(*ends, codes if codes is None else _filled(codes))


def _filled(codes: np.ndarray) -> np.ndarray:
    """Codes of moved entries; NumPy fills with zeros, and the number 0 is com."""
    return np.where(codes == 0, np.uint8(decorations.COM), codes - 1).astype(np.uint8)


def known_codes(x: Any) -> np.ndarray:
    return (decorations.limited(np.uint8(decorations.COM), *x.ends) if x.codes is None else x.codes) + np.uint8(1)


def _with_intervals(x: Any) -> Any:
    if isinstance(x, list | tuple):
        return type(x)(map(_with_intervals, x))
    return x if x is None else as_interval(x)


def _intervals(parts: Any) -> list:
    found = []
    for x in parts:
        found += _intervals(x) if isinstance(x, list | tuple) else [x] if hasattr(x, "ends") else []
    return found


def _picked(x: Any, get: Callable) -> Any:
    if isinstance(x, list | tuple):
        return type(x)(_picked(part, get) for part in x)
    return get(x) if hasattr(x, "ends") else x


def _plain(x: Any) -> Any:
    return x.decided() if isinstance(x, Comparison) else x


def choose(condition: Any, *branches: Any) -> Any:
    """Each branch where the condition decides for it, the hull of both elsewhere."""
    if not branches:
        return np.nonzero(condition != 0)
    if hasattr(condition, "ends"):
        condition = condition != 0
    x, y = map(as_interval, branches)
    if not isinstance(condition, Comparison):
        condition = Comparison(np.asarray(condition, bool), np.asarray(condition, bool))
    hull = arithmetic.hull(*x.ends, *y.ends) if np.any(condition.undecided) else x.ends
    yes, open_ = condition.certainly, condition.undecided
    inf, sup = (np.where(open_, h, np.where(yes, a, b)) for h, a, b in zip(hull, x.ends, y.ends, strict=True))
    bare = x.codes is None and y.codes is None
    if bare and not (np.any(open_) and (condition.decorated or np.any(condition.undefined))):
        return x._make(inf, sup)
    codes = np.where(yes, known_codes(x), known_codes(y)) - np.uint8(1)
    most = np.where(condition.undefined, np.uint8(decorations.TRV), np.uint8(decorations.DEF))
    both = np.minimum(np.minimum(known_codes(x), known_codes(y)) - np.uint8(1), most)
    return x._make(inf, sup, decorations.limited(np.where(open_, both, codes), inf, sup))


def created(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    array = primitive.function(owner.ends[0], *args[1:], **kwargs)
    if array.dtype.kind in "iub":
        return array
    array = np.ones_like(array) if primitive.name == "ones_like" else np.zeros_like(array)
    return owner._make(array, array.copy(), None if owner.codes is None else np.full(array.shape, 16, np.uint8))
