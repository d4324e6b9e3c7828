"""Forward derivatives: ``jvp``, ``jacobian``, ``grad`` by dual numbers, ``hessian`` by hyperdual ones.

Dual numbers carry all n directions at once, hyperdual ones all n² pairs; there is no step size, and the results are
exact to rounding. Long seeds are cut into blocks of directions to bound memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from taylorad.algebras.hyperdual import Dual, HyperDual
from taylorad.transforms.series import as_direction, as_point, as_series, expand, fresh_tag, taylor

LARGEST = 1 << 22  # numbers in the coefficients of a seed
JACOBIAN_MODES = ("auto", "forward")
HESSIAN_MODES = ("auto", "hyperdual")


def jvp(f: Callable, x: Any, v: Any) -> tuple[Any, Any]:
    """The value ``f(x)`` and the tangent ``J(x) v``, both of shape (*out): the pushforward of v.

    >>> import numpy as np
    >>> jvp(np.sin, 0.0, 2.0)
    (np.float64(0.0), np.float64(2.0))
    """
    point = as_point(x)
    tangent = as_direction(v, point)
    if tangent.shape != point.shape:
        raise ValueError(f"the tangent must have the shape of x, {point.shape}, got {tangent.shape}")
    seed = Dual.seeded(point + 0 * tangent, tangent[None], tag=fresh_tag())
    result = as_series(f(seed), seed)
    if _lost(result.coefficients):
        result = taylor(f, point, 1, tangent)
    return result.value, result.coefficients[1]


def jacobian(f: Callable, argnums: int = 0, mode: str = "auto") -> Callable:
    """The function that returns the Jacobian of f with respect to one argument: shape out.shape + in.shape.

    `mode` is "forward", all columns at once by dual numbers, or "auto".

    >>> import numpy as np
    >>> jacobian(lambda x: np.stack([x[0] * x[1], x[0]]))(np.array([2.0, 3.0]))
    array([[3., 2.],
           [1., 0.]])
    """

    _check_mode(mode, JACOBIAN_MODES)

    def jacobian_of_f(*args: Any, **kwargs: Any) -> Any:
        point, g = _argument(f, args, kwargs, argnums)
        tag, columns = fresh_tag(), []
        for directions in _unit_blocks(point):
            seed = Dual.seeded(point, directions, tag=tag)
            columns.append(as_series(g(seed), seed).block(1))
        derivative = np.moveaxis(np.concatenate(columns), 0, -1)
        shape = (*derivative.shape[:-1], *point.shape)
        if _lost(derivative):
            derivative = expand(g, point, 1).gradient()
        return derivative.reshape(shape)[()]

    return jacobian_of_f


def grad(f: Callable, argnums: int = 0) -> Callable:
    """The function that returns the gradient of a scalar function: shape in.shape.

    >>> grad(lambda x: x[0] * x[1])([2.0, 3.0])
    array([3., 2.])
    """
    jacobian_of_f = jacobian(f, argnums)

    def gradient_of_f(*args: Any, **kwargs: Any) -> Any:
        derivative = jacobian_of_f(*args, **kwargs)
        shape = as_point(args[argnums]).shape
        if derivative.shape != shape:
            raise ValueError(
                f"grad needs a function of one scalar value, got values of shape "
                f"{derivative.shape[: derivative.ndim - len(shape)]}: use jacobian"
            )
        return derivative

    return gradient_of_f


def hessian(f: Callable, argnums: int = 0, mode: str = "auto") -> Callable:
    """The function that returns all second derivatives of f: shape out.shape + in.shape + in.shape, exactly symmetric.

    Parameters
    ----------
    f : callable
    argnums : int
        Position of the argument to differentiate.
    mode : {"auto", "hyperdual"}
        "hyperdual": one evaluation of f on hyperdual numbers that carry all pairs of directions. Exact to rounding.

    Examples
    --------
    >>> hessian(lambda x: x[0] * x[1] ** 2)([2.0, 3.0])
    array([[0., 6.],
           [6., 4.]])
    """
    _check_mode(mode, HESSIAN_MODES)

    def hessian_of_f(*args: Any, **kwargs: Any) -> Any:
        point, g = _argument(f, args, kwargs, argnums)
        tag, rows = fresh_tag(), []
        every = _units(point)
        for directions in _unit_blocks(point, square=True):
            seed = HyperDual.seeded(point, directions, every, tag=tag)
            rows.append(as_series(g(seed), seed).block(1, 2))
        second = np.moveaxis(np.concatenate(rows), (0, 1), (-2, -1))
        second = (second + np.swapaxes(second, -1, -2)) / 2
        if _lost(second):
            second = expand(g, point, 2).hessian()
        return second.reshape((*second.shape[:-2], *point.shape, *point.shape))[()]

    return hessian_of_f


def _check_mode(mode: str, modes: tuple[str, ...]) -> None:
    if mode not in modes:
        raise ValueError(f"mode must be one of {', '.join(modes)}, got {mode!r}")


def _argument(f: Callable, args: tuple, kwargs: dict, argnums: int) -> tuple[Any, Callable]:
    """The argument to differentiate as an array, and f as a function of it alone."""
    if not isinstance(argnums, int):
        raise TypeError(
            f"argnums must be one integer, got {argnums!r}: differentiate with respect to one argument at a time"
        )
    if not -len(args) <= argnums < len(args):
        raise ValueError(f"argnums={argnums} but the function was called with {len(args)} positional arguments")
    before, after = args[: argnums % len(args)], args[argnums % len(args) + 1 :]
    return as_point(args[argnums]), lambda x: f(*before, x, *after, **kwargs)


def _units(point: Any) -> np.ndarray:
    """The unit directions, shape (size, *shape)."""
    return np.eye(point.size).reshape(point.size, *point.shape).astype(np.float64 if point.dtype != object else int)


def _unit_blocks(point: Any, square: bool = False) -> Iterator[np.ndarray]:
    """The unit directions in blocks whose seed stays below LARGEST numbers."""
    units = _units(point)
    width = max(1, LARGEST // max(1, point.size * (point.size if square else 1)))
    for first in range(0, max(1, len(units)), width):
        yield units[first : first + width]


def _lost(derivative: Any) -> bool:
    """Whether derivatives are nan: at a removable singularity the series of `expand` may still know them."""
    array = getattr(derivative, "primal", derivative)
    return bool(np.any(array != array))  # nan, for objects too
