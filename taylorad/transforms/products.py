"""Products with a Jacobian: ``jvp`` and ``linearize`` push tangents forward, ``vjp`` and ``taylor_vjp`` pull cotangents
back.

None of them forms the Jacobian; each costs a small multiple of the function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from taylorad.algebras.edges import has_nan, roots_of_zero
from taylorad.algebras.hyperdual import Dual
from taylorad.algebras.structure import TaylorStructure
from taylorad.algebras.taylor import Taylor, check_order
from taylorad.trace.everyday import followed
from taylorad.transforms.containers import flatten, leaves_of, results_of
from taylorad.transforms.recording import Recording, checked, own
from taylorad.transforms.series import as_direction, as_point, as_series, fresh_tag, taylor


def jvp(f: Callable, x: Any, v: Any) -> tuple[Any, Any]:
    """The value ``f(x)`` and the tangent ``J(x) v``: the pushforward of v, by dual numbers.

    Parameters
    ----------
    f : callable
    x : array_like, or nested container of arrays
    v : like x

    Returns
    -------
    value, tangent : like the result of f

    Examples
    --------
    >>> import numpy as np
    >>> jvp(np.sin, 0.0, 2.0)
    (np.float64(0.0), np.float64(2.0))
    """
    leaves, structure = flatten(x)
    points = [as_point(leaf) for leaf in leaves]
    given = leaves_of(v, structure, "the tangent")
    tangents = [checked(t, p, "tangent") for t, p in zip(given, points, strict=True)]
    tag = fresh_tag()
    seeds = [Dual.seeded(p + 0 * t, t[None], tag=tag) for p, t in zip(points, tangents, strict=True)]
    with roots_of_zero() as roots:
        results, made_of = results_of(followed(f, structure.build(seeds)))
    series = [as_series(r, seeds[0]) for r in results]
    if len(points) == len(series) == 1 and (roots.steep or has_nan(series[0].coefficients)):
        series = [taylor(f, points[0], 1, tangents[0])]
    return made_of.build([s.value for s in series]), made_of.build([s.coefficients[1] for s in series])


def linearize(f: Callable, *args: Any) -> tuple[Any, Callable]:
    """The value of f and its pushforward ``v ↦ J v``: f runs once, the pushforward is applied any number of times.

    Parameters
    ----------
    f : callable
    *args : arrays, or nested containers of arrays
        Where; all of them are differentiated.

    Returns
    -------
    value : the result of f
    pushforward : callable
        Takes one tangent for each argument, returns one like the result.

    Examples
    --------
    >>> import numpy as np
    >>> value, pushforward = linearize(np.sin, 0.0)
    >>> pushforward(2.0), pushforward(3.0)
    (np.float64(2.0), np.float64(3.0))
    """
    recording = Recording(f, args, lasting=True)

    def pushforward(*tangents: Any) -> Any:
        given = leaves_of(tangents, recording.structure, "the tangent")
        seeds = [checked(t, x, "tangent") for t, x in zip(given, recording.leaves, strict=True)]
        return recording.result_structure.build(map(own, recording.push(seeds), recording.values))

    return recording.value, pushforward


def vjp(f: Callable, *args: Any, has_aux: bool = False, compensated: bool = False) -> tuple:
    """The value of f and its pullback ``ȳ ↦ Jᵀ ȳ``.

    Parameters
    ----------
    f : callable
    *args : arrays, or nested containers of arrays
        Where; all of them are differentiated.
    has_aux : bool
        f returns a pair (value, aux); aux becomes a third result, without derivatives.
    compensated : bool
        Carry the rounding errors of sums of cotangents along (two-sum), for sums of very many terms.

    Returns
    -------
    value : the result of f
    pullback : callable
        Takes a cotangent made up like the value, returns one made up like the argument (a tuple of them for several
        arguments), any number of times. The pairing is ``Re Σ ȳ y``, without a conjugate.

    Examples
    --------
    >>> import numpy as np
    >>> value, pullback = vjp(lambda x: np.stack([x[0] * x[1], x[0]]), np.array([2.0, 3.0]))
    >>> pullback(np.array([1.0, 10.0]))
    array([13.,  2.])
    """
    recording = Recording(f, args, has_aux, lasting=True)

    def pullback(cotangent: Any) -> Any:
        given = leaves_of(cotangent, recording.result_structure, "the cotangent")
        seeds = [checked(c, v, "cotangent") for c, v in zip(given, recording.values, strict=True)]
        cotangents = recording.structure.build(map(own, recording.pull(seeds, compensated), recording.leaves))
        return cotangents[0] if len(args) == 1 else cotangents

    return (recording.value, pullback, recording.aux) if has_aux else (recording.value, pullback)


def taylor_vjp(f: Callable, x: Any, direction: Any, order: int) -> tuple[Taylor, Callable]:
    """The Taylor polynomial of ``s ↦ f(x + s·direction)``, and the pullback of all its coefficients.

    With ``y = Σ y_k s^k`` the pullback takes ȳ of shape (order + 1, *out) to
    ``x̄_j = Σ_{k≥j} c_{k-j}ᵀ ȳ_k``, the derivatives of ``Σ_k ȳ_k·y_k`` with respect to the coefficient j of the
    argument (x itself for j = 0, the direction for j = 1).

    Parameters
    ----------
    f : callable
    x, direction : array_like (*in), broadcast against each other
    order : int

    Returns
    -------
    y : Taylor of shape (*out)
    pullback : callable, (order + 1, *out) -> (order + 1, *in)

    Examples
    --------
    >>> import numpy as np
    >>> y, pullback = taylor_vjp(lambda x: x**3, 2.0, 1.0, order=2)
    >>> y.coefficients
    array([ 8., 12.,  6.])
    >>> pullback([0.0, 0.0, 1.0])  # of y₂ = 3x: 3 for x, 12 for the direction, 12 for a second coefficient
    array([ 3., 12., 12.])
    """
    check_order(order)
    point = as_point(x)
    towards = as_direction(direction, point)
    seed = Taylor._along(point + 0 * towards, towards, order, fresh_tag())
    recording = Recording(f, (seed,))
    (value,) = recording.values
    y = as_series(value, seed)

    def pullback(cotangent: Any) -> Any:
        ybar = checked(cotangent, y.coefficients, "cotangent")
        (xbar,) = recording.pull([Taylor._make(ybar[::-1], TaylorStructure.of(order), seed.tag)])
        return (as_series(0 * point if xbar is None else xbar, seed).coefficients[::-1] + 0 * seed.coefficients)[()]

    return Taylor._make(y.coefficients, y.structure), pullback


pushforward, pullback = jvp, vjp
