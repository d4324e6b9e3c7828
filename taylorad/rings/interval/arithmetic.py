"""Interval arithmetic on pairs of float64 arrays (inf, sup): every result encloses all values of the operation.

An empty interval is (nan, nan), the real line (-inf, inf); inf = +inf and sup = -inf do not occur, and signs of zeros
mean nothing. Division, roots and negative powers act on the part of their operands where they are defined, as IEEE
1788 (set-based flavour) prescribes: x/[0, 0] is empty, the root of [-1, 4] is [0, 2]. What is done to an empty
interval gives an empty one.

Arrays broadcast as in NumPy. There are two implementations: compiled code that rounds upward, whatever mode a thread
is in, if `taylorad.compile.intervals.register` has set `compiled`; and NumPy (`plain`) in rounding to nearest, which is
checked at every call (`environment.check`).

Ends are the tightest doubles: with compiled code for + - × ÷ √, squares and fma; with NumPy too, except fma and near
overflow and underflow, where an end may be one step further out. A power xⁿ is not the tightest where it underflows,
nor with a chance of about n²·2⁻⁵²; NumPy rounds twice for n < 0. Compiled sums are the tightest but for a small chance.
Nothing is rounded by negative, absolute, minimum, maximum, hull and intersection.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import index
from typing import Any, Protocol

import numpy as np

from taylorad.rings.interval import plain
from taylorad.rings.interval.plain import Ends, as_doubles

__all__ = [
    "absolute",
    "add",
    "add_down",
    "add_up",
    "cancel_minus",
    "cancel_plus",
    "divide",
    "divide_down",
    "divide_up",
    "dot",
    "dot_down",
    "dot_up",
    "fma",
    "fma_down",
    "fma_up",
    "hull",
    "integer_power",
    "intersection",
    "matmul",
    "maximum",
    "minimum",
    "multiply",
    "multiply_down",
    "multiply_up",
    "negative",
    "reciprocal",
    "sqrt",
    "sqrt_down",
    "sqrt_up",
    "square",
    "subtract",
    "subtract_down",
    "subtract_up",
    "sum",
    "sum_down",
    "sum_up",
]


class CompiledIntervalArithmetic(Protocol):
    """Faster ways, under the names of this module; a method returns None where it has none for its operands.

    There is one for `add`, `subtract`, `multiply`, `divide`, `fma`, `sqrt`, `square`, `absolute`, `negative`,
    `minimum`, `maximum`, `hull`, `intersection`, `integer_power`, `sum` (over one axis), `dot`, `matmul` (of two axes).
    """

    def __getattr__(self, name: str, /) -> Callable[..., Ends | None]:
        """The operation of this name."""


compiled: CompiledIntervalArithmetic | None = None  # set by `taylorad.compile.intervals.register`


def _result(name: str, *ends: Any) -> Ends:
    if compiled is not None:
        found = getattr(compiled, name)(*ends)
        if found is not None:
            return found
    return plain.in_nearest(getattr(plain, name), *ends)


# ----------------------------------------------------------------------------------------------------- elementwise


def add(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The enclosure of a + b.

    >>> add(0.1, 0.1, 0.2, 0.2)
    (array(0.3), array(0.3))
    """
    return _result("add", a_inf, a_sup, b_inf, b_sup)


def subtract(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The enclosure of a - b.

    >>> subtract(1.0, 2.0, 0.0, 4.0)
    (array(-3.), array(2.))
    """
    return _result("subtract", a_inf, a_sup, b_inf, b_sup)


def multiply(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The enclosure of a·b; 0 times an unbounded interval is 0.

    >>> multiply(-1.0, 2.0, 3.0, 4.0)
    (array(-4.), array(8.))
    """
    return _result("multiply", a_inf, a_sup, b_inf, b_sup)


def divide(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The enclosure of a / b over all b other than 0; empty if there is none.

    >>> divide(1.0, 2.0, [0.0, -1.0], [4.0, 1.0])
    (array([0.25, -inf]), array([inf, inf]))
    """
    return _result("divide", a_inf, a_sup, b_inf, b_sup)


def reciprocal(inf: Any, sup: Any) -> Ends:
    """The enclosure of 1 / x over all x other than 0.

    >>> reciprocal(-4.0, 0.0)
    (array(-inf), array(-0.25))
    """
    return divide(1.0, 1.0, inf, sup)


def fma(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any, c_inf: Any, c_sup: Any) -> Ends:
    """The enclosure of a·b + c, rounded once.

    >>> fma(1.0, 2.0, -1.0, 1.0, 0.5, 0.5)
    (array(-1.5), array(2.5))
    """
    return _result("fma", a_inf, a_sup, b_inf, b_sup, c_inf, c_sup)


def sqrt(inf: Any, sup: Any) -> Ends:
    """The enclosure of √x over all x ≥ 0; empty if there is none.

    >>> sqrt(-1.0, 4.0)
    (array(0.), array(2.))
    """
    return _result("sqrt", inf, sup)


def square(inf: Any, sup: Any) -> Ends:
    """The enclosure of x².

    >>> square(-2.0, 1.0)[1]
    array(4.)
    """
    return _result("square", inf, sup)


def integer_power(inf: Any, sup: Any, exponent: int) -> Ends:
    """The enclosure of xⁿ for an integer n; n < 0 leaves out x = 0, and x⁰ = 1 everywhere.

    Raises
    ------
    TypeError
        The exponent is not an integer.

    Examples
    --------
    >>> integer_power(-2.0, -1.0, 3)
    (array(-8.), array(-1.))
    >>> integer_power(0.0, 2.0, -1)
    (array(0.5), array(inf))
    """
    n = index(exponent)
    if compiled is not None:
        found = compiled.integer_power(inf, sup, n)
        if found is not None:
            return found
    if n < 0:
        return reciprocal(*integer_power(inf, sup, -n))
    return plain.in_nearest(plain.integer_power, inf, sup, exponent=n)


def negative(inf: Any, sup: Any) -> Ends:
    """-x.

    >>> negative(1.0, 2.0)
    (array(-2.), array(-1.))
    """
    return _result("negative", inf, sup)


def absolute(inf: Any, sup: Any) -> Ends:
    """``|x|``, from the mignitude to the magnitude.

    >>> absolute(-3.0, -2.0)
    (array(2.), array(3.))
    """
    return _result("absolute", inf, sup)


def minimum(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The set of all min(a, b).

    >>> minimum(1.0, 4.0, 2.0, 3.0)
    (array(1.), array(3.))
    """
    return _result("minimum", a_inf, a_sup, b_inf, b_sup)


def maximum(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The set of all max(a, b).

    >>> maximum(1.0, 4.0, 2.0, 3.0)
    (array(2.), array(4.))
    """
    return _result("maximum", a_inf, a_sup, b_inf, b_sup)


def hull(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The least interval that contains a and b.

    >>> hull(1.0, 2.0, 4.0, 5.0)
    (array(1.), array(5.))
    """
    return _result("hull", a_inf, a_sup, b_inf, b_sup)


def intersection(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The common points of a and b.

    >>> intersection(1.0, [2.0, 4.0], 3.0, 5.0)
    (array([nan,  3.]), array([nan,  4.]))
    """
    return _result("intersection", a_inf, a_sup, b_inf, b_sup)


def cancel_minus(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The enclosure of the z with b + z = a, if b is no wider than a and both are bounded, else the real line.

    Empty if a is empty and b bounded or empty (IEEE 1788, cancelMinus).

    >>> cancel_minus(3.0, 7.0, 1.0, 2.0)
    (array(2.), array(5.))
    """
    return plain.in_nearest(plain.cancel_minus, a_inf, a_sup, b_inf, b_sup)


def cancel_plus(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """``cancel_minus`` of a and -b.

    >>> cancel_plus(3.0, 7.0, -2.0, -1.0)
    (array(2.), array(5.))
    """
    return cancel_minus(a_inf, a_sup, *negative(b_inf, b_sup))


# ------------------------------------------------------------------------------------------------------ reductions


def sum(inf: Any, sup: Any, axis: Any = None, keepdims: bool = False) -> Ends:
    """The enclosure of the sum over axes (an int, a tuple, or None for all); 0 if there are no terms.

    >>> sum([1.0, 2.0], [1.5, 2.5])
    (array(3.), array(4.))
    """
    inf, sup = as_doubles(inf), as_doubles(sup)
    if inf.shape != sup.shape:
        inf, sup = np.broadcast_arrays(inf, sup)
    axes = tuple(range(inf.ndim)) if axis is None else np.lib.array_utils.normalize_axis_tuple(axis, inf.ndim)
    if len(axes) == 1:
        found = _sum_over(inf, sup, axes[0])
    else:
        others = tuple(n for i, n in enumerate(inf.shape) if i not in axes)
        terms = int(np.prod([inf.shape[i] for i in axes], dtype=np.int64))
        moved = [np.moveaxis(x, axes, range(len(axes))).reshape(terms, *others) for x in (inf, sup)]
        found = _sum_over(moved[0], moved[1], 0)
    if keepdims:
        shape = tuple(1 if i in axes else n for i, n in enumerate(inf.shape))
        return found[0].reshape(shape), found[1].reshape(shape)
    return found


def _sum_over(inf: Any, sup: Any, axis: int) -> Ends:
    if compiled is not None:
        found = compiled.sum(inf, sup, axis)
        if found is not None:
            return found
    return plain.in_nearest(plain.sum_first, np.moveaxis(inf, axis, 0), np.moveaxis(sup, axis, 0))


def dot(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The enclosure of Σ_j a_j b_j over the first axis, which has one length; the other axes broadcast.

    With ``a = u[k::-1]`` and ``b = v[: k + 1]`` that is the k-th coefficient of the product of two power series.

    >>> dot([1.0, 2.0], [1.0, 2.0], [3.0, 4.0], [3.0, 5.0])
    (array(11.), array(13.))
    """
    if compiled is not None:
        found = compiled.dot(a_inf, a_sup, b_inf, b_sup)
        if found is not None:
            return found
    return plain.in_nearest(plain.sum_first, *multiply(a_inf, a_sup, b_inf, b_sup))


def matmul(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The enclosure of a product of matrices, with shapes as in `numpy.matmul`.

    Every entry is a sum of enclosures of products, each rounded once or twice.

    Raises
    ------
    ValueError
        The shapes do not fit.

    Examples
    --------
    >>> matmul([[1.0, 2.0]], [[1.0, 2.0]], [3.0, 4.0], [3.0, 5.0])
    (array([11.]), array([13.]))
    """
    a, b = _both_ends(a_inf, a_sup), _both_ends(b_inf, b_sup)
    if 0 in (a[0].ndim, b[0].ndim):
        raise ValueError("matmul of an array and a single interval: multiply it by * instead")
    row, column = a[0].ndim == 1, b[0].ndim == 1
    a, b = tuple(x[None] if row else x for x in a), tuple(x[:, None] if column else x for x in b)
    if a[0].shape[-1] != b[0].shape[-2]:
        raise ValueError(f"matmul: {a[0].shape[-1]} columns do not fit {b[0].shape[-2]} rows")
    found = _matrix_product(*a, *b) if a[0].ndim == b[0].ndim == 2 else _matrix_products(a, b)
    ends = (x[..., 0, :] if row else x for x in found)
    inf, sup = (x[..., 0] if column else x for x in ends)
    return np.asarray(inf), np.asarray(sup)


def _both_ends(inf: Any, sup: Any) -> tuple[np.ndarray, ...]:
    inf, sup = as_doubles(inf), as_doubles(sup)
    return (inf, sup) if inf.shape == sup.shape else tuple(np.broadcast_arrays(inf, sup))


def _matrix_products(a: tuple[np.ndarray, ...], b: tuple[np.ndarray, ...]) -> Ends:
    """Of stacks of matrices."""
    shape = np.broadcast_shapes(a[0].shape[:-2], b[0].shape[:-2])
    result = np.empty((2, *shape, a[0].shape[-2], b[0].shape[-1]))
    a, b = (tuple(np.broadcast_to(x, (*shape, *x.shape[-2:])) for x in e) for e in (a, b))
    for i in np.ndindex(*shape):
        result[0][i], result[1][i] = _matrix_product(*(x[i] for x in (*a, *b)))
    return result[0], result[1]


def _matrix_product(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    if compiled is not None:
        found = compiled.matmul(a_inf, a_sup, b_inf, b_sup)
        if found is not None:
            return found
    inf, sup = np.zeros((2, len(a_inf), b_inf.shape[1]))
    for j in range(len(b_inf)):
        inf, sup = fma(a_inf[:, j, None], a_sup[:, j, None], b_inf[j], b_sup[j], inf, sup)
    return inf, sup


# ------------------------------------------------------------------------------------- bounds of plain numbers


def _rounded(operation: Callable[..., Ends]) -> tuple[Callable[..., np.ndarray], Callable[..., np.ndarray]]:
    """An operation on numbers rounded down and up, for norms and error bounds."""

    def down(*operands: Any, **keywords: Any) -> np.ndarray:
        return operation(*(x for x in operands for _ in range(2)), **keywords)[0]

    def up(*operands: Any, **keywords: Any) -> np.ndarray:
        return operation(*(x for x in operands for _ in range(2)), **keywords)[1]

    for function, direction in ((down, "lower"), (up, "upper")):
        function.__name__ = function.__qualname__ = f"{operation.__name__}_{function.__name__}"
        function.__doc__ = f"The {direction} bound of `{operation.__name__}` for plain numbers (or arrays of them)."
    return down, up


add_down, add_up = _rounded(add)
subtract_down, subtract_up = _rounded(subtract)
multiply_down, multiply_up = _rounded(multiply)
divide_down, divide_up = _rounded(divide)
fma_down, fma_up = _rounded(fma)
sqrt_down, sqrt_up = _rounded(sqrt)
sum_down, sum_up = _rounded(sum)
dot_down, dot_up = _rounded(dot)
