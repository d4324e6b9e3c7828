"""Enclosures of derivatives over boxes: dual and hyperdual numbers with interval coefficients, and reverse sweeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.algebras import Dual, HyperDual
from taylorad.algebras.interval import Interval, UndecidedError, as_interval
from taylorad.algebras.interval.decorations import limited
from taylorad.dispatch import UnsupportedFunctionError
from taylorad.trace import joined, plain
from taylorad.trace.everyday import followed
from taylorad.transforms import jacobian as jacobian_of
from taylorad.transforms.series import as_series, fresh_tag

FEW = 32  # inputs up to which derivatives are computed forwards as well: another enclosure, often a narrower one


def as_box(box: Any) -> Interval:
    """A box as decorated intervals: what is defined and continuous on it shows in the decoration of what comes out.

    Raises
    ------
    ValueError
        If an interval is empty.
    """
    box = as_interval(box)
    if np.any(box.is_empty):
        raise ValueError("the box is empty: there is no point in it to enclose anything of")
    return box.decorated("com")


def value(f: Callable, box: Any) -> Interval:
    """f by interval arithmetic, as a decorated interval array."""
    result = as_interval(plain(joined(followed(f, as_box(box)))))
    return result if result.codes is not None else result.decorated("com")


def jet(f: Callable, box: Interval, order: int) -> list[Interval]:
    """Value, gradient and Hessian up to an order ≤ 2, in one evaluation with dual or hyperdual numbers.

    Shapes ``f(x).shape``, then with one and two axes of length ``box.size`` more.
    """
    box = box.bare
    every = np.eye(box.size).reshape(box.size, *box.shape)
    if order == 0:
        return [as_interval(plain(joined(followed(f, box))))]
    algebra = Dual if order == 1 else HyperDual
    seed = algebra.seeded(box, *[every] * order, tag=fresh_tag())
    result = as_series(followed(f, seed), seed)
    blocks = [result.block(*range(1, k + 1)) for k in range(1, order + 1)]
    return [result.value, *(np.moveaxis(b, tuple(range(k + 1)), tuple(range(-k - 1, 0))) for k, b in enumerate(blocks))]


def jacobian(f: Callable, box: Any) -> Interval:
    """Enclosures of all first derivatives of f, at all points of a box.

    Parameters
    ----------
    f : callable (x) -> array
        A function of one array, as for `taylorad.jacobian`.
    box : Interval, shape (n,) or any other

    Returns
    -------
    Interval, shape ``f(x).shape + box.shape``
        Entry (i, j) contains ``∂f_i/∂x_j`` at every point of the box at which it exists. Where f is continuous but has
        kinks, it contains the slopes of all secants as well. The decoration is that of f on the box: com or dac
        where f is proved continuous, def where it may jump, trv where it may be undefined.

    Raises
    ------
    ValueError
        For an empty box.
    UndecidedError
        If f takes a branch (``if x > 0``) that depends on the point of the box.

    Examples
    --------
    >>> import numpy as np, taylorad as ta
    >>> ta.verified.jacobian(lambda x: np.stack([x[0] * x[1], np.exp(x[0])]), ta.Interval([0, 1], [1, 2]))
    Interval(
    [["[1, 2]_com", "[0, 1]_com"],
     ["[1, 2.7182818284590456]_com", "[0]_com"]])
    """
    box = as_box(box)
    least = value(f, box)
    found = [_tried(f, box, mode) for mode in (("forward", "reverse") if box.size <= FEW else ("reverse",))]
    enclosures = [j for j in found if j is not None] or [jacobian_of(f, mode="forward")(box)]
    result = enclosures[0].bare
    for other in enclosures[1:]:
        result = result.intersection(other.bare)
    return _qualified(result, least)


def _tried(f: Callable, box: Interval, mode: str) -> Interval | None:
    """The Jacobian in one mode; None where its branches, or its functions, cannot be used on intervals."""
    try:
        return as_interval(jacobian_of(f, mode=mode)(box))
    except (UndecidedError, UnsupportedFunctionError):
        if mode == "forward":
            raise
        return None


def _qualified(derivatives: Interval, values: Interval) -> Interval:
    """Derivatives with the decorations of the function's values."""
    assert values.codes is not None
    codes = np.reshape(values.codes, (*values.shape, *(1,) * (derivatives.ndim - values.ndim)))
    return Interval._make(*derivatives.ends, limited(np.broadcast_to(codes, derivatives.shape), *derivatives.ends))


def gradient(f: Callable, box: Any) -> Interval:
    """Enclosures of the first derivatives of a scalar function, at all points of a box; see `jacobian`.

    >>> import numpy as np, taylorad as ta
    >>> ta.verified.gradient(lambda x: x[0] ** 3 * x[1], ta.Interval([-1, 2], [1, 3]))
    Interval(
    ["[0, 9]_com", "[-1, 1]_com"])
    """
    result = jacobian(f, box)
    if result.shape != as_interval(box).shape:
        raise TypeError(
            f"gradient needs a function with one number as its result, got one of shape "
            f"{result.shape[: result.ndim - np.ndim(box)]}: use jacobian"
        )
    return result


def hessian(f: Callable, box: Any) -> Interval:
    """Enclosures of all second derivatives of f, at all points of a box.

    Returns
    -------
    Interval, shape ``f(x).shape + box.shape + box.shape``
        Symmetric in the last axes. Where f may have kinks in the box, second derivatives are unknown: entire. The
        decoration is that of f, as for `jacobian`.

    Examples
    --------
    >>> import numpy as np, taylorad as ta
    >>> ta.verified.hessian(lambda x: np.sin(x[0]) * x[1], ta.Interval([0, 1], [1, 2])).midpoint.shape
    (2, 2)
    """
    box = as_box(box)
    second = jet(f, box, 2)[2]
    both = second.intersection(np.swapaxes(second, -1, -2))
    return _qualified(both.reshape(*second.shape[:-2], *box.shape, *box.shape), value(f, box))
