"""Series of a function at a point: ``taylor``, ``derivative``, ``expand``, ``partial``.

Each calls the function once, with series in place of numbers, under a fresh tag. Where a removable singularity leaves
the highest coefficients unknown, the function is called again with as many more.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from math import factorial, floor, prod
from typing import Any

import numpy as np

from taylorad.algebras.edges import is_recorded, rarely, roots_of_zero
from taylorad.algebras.multivariate import MultivariateTaylor, independent
from taylorad.algebras.series import Series, zero_of
from taylorad.algebras.structure import TaylorStructure
from taylorad.algebras.taylor import Taylor, check_order, factorial_times
from taylorad.rings import as_coefficients
from taylorad.trace import Program, Tracer, joined, operations, plain
from taylorad.trace.everyday import followed
from taylorad.trace.series import ALONG_LINES, Line, record_series
from taylorad.trace.tracer import exposed
from taylorad.transforms.containers import refuse_others

MANY = 1000  # coefficients of a series that is not to be computed to higher orders for roots of zero
DEEPEST = 16  # degrees tried beyond the order before a function is nan for good
_tags = itertools.count(1)


def fresh_tag() -> int:
    """A tag greater than all before it: the newest differentiation is the outermost algebra."""
    return next(_tags)


def as_series(result: Any, like: Any) -> Any:
    """A function's result as a series of the algebra of `like`: lists of series are joined, constants lifted."""
    result = plain(joined(refuse_others(result)))
    while isinstance(result, Series) and result.level[0] > like.level[0]:  # left over from an inner differentiation
        result = result.value
    return like.lift(result) if like.is_constant(result) else result


def as_point(x: Any) -> Any:
    """A point as an array of a base ring; series inside lists (of an outer differentiation) are joined."""
    return as_coefficients(plain(joined(x)))


def as_direction(direction: Any, point: Any) -> Any:
    """A direction in the base ring of a point: integers become numbers of that ring."""
    if point.dtype == object and not hasattr(direction, "level"):
        return np.asarray(np.asarray(direction, dtype=object) + zero_of(point), dtype=object)
    return as_point(direction)


def complete(compute: Callable[[int], Any], order: int, least: int = 0, hopeless: Callable | None = None) -> Any:
    """The series of an order, from computations of that or, where coefficients were lost, a higher one.

    `hopeless(result)` says, when coefficients were lost, whether a higher order would lose them too. Roots of what is
    zero to the highest order that was tried count as roots of 0.
    """
    first = max(order, least)
    with roots_of_zero(unknown=True) as roots:
        result = compute(first)
        step = lost = unknown(result, order)
        if lost and hopeless is not None and hopeless(result):
            lost = 0
        before = order + 2
        while lost and (lost < before or (lost > order and step <= DEEPEST)):
            with np.errstate(invalid="ignore"):  # warned about in the first run
                result = compute(first + step)
            lost, before = unknown(result, order), lost
            step = step + lost if lost < before else 2 * step
    if roots.least < 1 and unknown(result, order):
        with np.errstate(invalid="ignore"):
            result = _with_roots_of_zero(compute, first, roots.least)
    result = result.truncate(order)
    return type(result)._make(result.coefficients, result.structure)


def _with_roots_of_zero(compute: Callable[[int], Any], order: int, exponent: Any) -> Any:
    """The series where roots of what vanishes are taken: from an order at which that shows, or else it is 0."""
    with roots_of_zero():
        result = compute(order)
        if result.structure.size <= MANY and order / exponent < order + DEEPEST:
            result = compute(floor(order / exponent))
    return result


def unknown(result: Series, order: int) -> int:
    """How many of the degrees up to `order` are nan in some entry."""
    coefficients = getattr(result.coefficients, "primal", result.coefficients)
    missing = coefficients != coefficients  # nan, for objects too
    if not rarely(np.any(missing)):
        return 0
    missing = np.asarray(missing, dtype=bool).reshape(len(missing), -1).any(axis=1)
    return len(set(result.structure.degrees[missing & (result.structure.degrees <= order)].tolist()))


def taylor(f: Callable, x: Any, order: int, direction: Any = None) -> Taylor:
    """The Taylor polynomial of ``s ↦ f(x + s·direction)`` at s = 0.

    Parameters
    ----------
    f : callable
        A function of one array, of NumPy and SciPy functions.
    x : array_like (*in)
    order : int
    direction : array_like, optional
        Broadcast against x; ones by default, so that an elementwise f is expanded in every entry.

    Returns
    -------
    Taylor of shape (*out)

    Raises
    ------
    ValueError
        The order is below 0.

    Examples
    --------
    >>> import numpy as np
    >>> taylor(np.exp, 0.0, 3).coefficients
    array([1.        , 1.        , 0.5       , 0.16666667])
    >>> taylor(lambda x: np.sin(x) / x, 0.0, 4).coefficients[[0, 2, 4]]
    array([ 1.        , -0.16666667,  0.00833333])
    """
    check_order(order)
    point = as_point(x)
    towards = 1 if direction is None else as_direction(direction, point)
    centre = point if direction is None else point + 0 * towards
    if is_recorded(centre) and (recorded := _recorded(f, centre, towards, order)) is not None:
        return recorded
    tag = fresh_tag()

    def compute(raised: int) -> Any:
        seed = Taylor._along(centre, towards, raised, tag)
        return as_series(followed(f, seed), seed)

    return complete(compute, order, least=2)  # to order 1 sqrt(x²) could not be told from sqrt(0)


def _recorded(f: Callable, centre: Any, towards: Any, order: int) -> Taylor | None:
    """The series as one node of a guarded program; None where the function is not made of recorded arithmetic."""
    program = Program(fresh_tag())
    node = program.record(operations.INPUT, (), None, None, centre)
    program.inputs.append(node)
    program.input_values.append(centre)
    try:
        result = plain(joined(refuse_others(followed(f, exposed(program, node, centre)))))
        if result.__class__ is not Tracer or result.live is not program:
            return None
        program.outputs.append(result.node)
    finally:
        program.open = False
    if not all(node.operation in ALONG_LINES for node in program.nodes):
        return None
    line, slope = Line(program, order), towards + np.zeros(centre.shape)
    return Taylor._make(record_series(centre, slope, line, _coefficients), TaylorStructure.of(order))


def _coefficients(f: Callable, point: Any, direction: Any, order: int) -> Any:
    return taylor(f, point, order, direction).coefficients


def derivative(f: Callable, x: Any, order: int = 1) -> Any:
    """The derivative ``f⁽ᵏ⁾(x)`` of a function of one variable, in every entry of x; shape (*out).

    >>> import numpy as np
    >>> derivative(np.log, 2.0, order=3)
    np.float64(0.25)
    """
    k = check_order(order)
    coefficient = taylor(f, x, k).coefficients[k]
    direct = factorial_times(k, coefficient)
    if k <= 100 or hasattr(coefficient, "level") or coefficient.dtype == object:
        return direct
    scale = k / np.e  # c_k may underflow: expand in units in which the coefficients of exp are near 1
    scaled = taylor(f, x, k, direction=scale).coefficients[k] * np.prod(np.arange(1, k + 1) / scale)
    return np.where(np.isfinite(scaled), scaled, direct)[()]


def expand(f: Callable, x: Any, order: int) -> MultivariateTaylor:
    """The Taylor polynomial of f around x in all entries of x: every mixed partial derivative up to `order`.

    The variables are the entries of x in row-major order; the result has shape (*out).

    >>> import numpy as np
    >>> expand(lambda x: x[0] * np.exp(x[1]), np.array([2.0, 0.0]), 2).hessian()
    array([[0., 1.],
           [1., 2.]])
    """
    check_order(order)
    point = as_point(x)
    tag = fresh_tag()

    def compute(raised: int) -> Any:
        seed = independent(point.reshape(-1), raised, tag).reshape(point.shape)
        return as_series(followed(f, seed), seed)

    def hopeless(result: Any) -> bool:
        """Whether along a line the same entries are nan: outside of a domain, say. In n variables orders are dear."""
        line = np.arange(2, point.size + 2).reshape(point.shape)
        with np.errstate(invalid="ignore"):
            along = taylor(f, point, order, direction=line)
        return point.size > 1 and not np.any(_lost_entries(result) & ~_lost_entries(along))

    return complete(compute, order, hopeless=hopeless)


def _lost_entries(result: Series) -> Any:
    """Where some coefficient is nan."""
    coefficients = getattr(result.coefficients, "primal", result.coefficients)
    return np.any(np.asarray(coefficients != coefficients, dtype=bool), axis=0)


def partial(f: Callable, x: Any, orders: tuple[int, ...]) -> Any:
    """The mixed partial derivative ``∂^α f(x)``, α = `orders`, one order for each entry of x; shape (*out).

    Only the variables that are differentiated become variables of the series.

    >>> import numpy as np
    >>> partial(lambda x: x[0] ** 2 * np.sin(x[2]), [3.0, 1.0, 0.0], (2, 0, 1))
    np.float64(2.0)
    """
    point = as_point(x)
    powers = tuple(check_order(k) for k in np.ravel(orders).tolist())
    if len(powers) != point.size:
        raise ValueError(f"partial needs one order for each of the {point.size} entries of x, got {len(powers)}")
    active = [i for i, k in enumerate(powers) if k]
    flat = point.reshape(-1)
    if not active:
        return taylor(f, point, 0).value

    def restricted(part: Any) -> Any:
        whole = part[0] * 0 + flat
        for n, i in enumerate(active):
            whole[i] = part[n]
        return followed(f, whole.reshape(point.shape))

    chosen = tuple(powers[i] for i in active)
    result = expand(restricted, flat[np.array(active)], sum(chosen)).coefficient(chosen)
    return prod(map(factorial, chosen)) * result
