"""Second and third derivatives: compositions of the first ones.

A Hessian is a Jacobian of a gradient; the modes say which sweep does which part. ``hvp`` pushes a vector through the
recorded gradient (forward over reverse), at a small multiple of the gradient's cost, and `linearize` of a gradient
records it once for any number of vectors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse.linalg import LinearOperator

from taylorad.algebras.edges import has_nan, is_recorded, roots_of_zero
from taylorad.algebras.hyperdual import HyperDual
from taylorad.trace import joined
from taylorad.trace.everyday import followed
from taylorad.transforms import lines
from taylorad.transforms.containers import LEAF, flatten, leaves_of, refuse_others
from taylorad.transforms.gradients import grad, jacobian, pulled, pushed, selected
from taylorad.transforms.products import taylor_vjp
from taylorad.transforms.recording import (
    Recording,
    as_leaf,
    batch,
    blocks_of,
    checked,
    own,
    unbatched,
    units,
)
from taylorad.transforms.series import as_direction, as_point, as_series, fresh_tag

HESSIAN_MODES = ("auto", "forward-over-reverse", "reverse-over-forward", "reverse-over-reverse", "hyperdual")
FEW = 8  # variables up to which hyperdual numbers beat recording a gradient, by 0.9 to 2 times (at 16: 0.2 to 1.7)


def hessian(f: Callable, argnums: int = 0, mode: str = "auto") -> Callable:
    """The function that returns all second derivatives of f: shape out.shape + in.shape + in.shape, exactly symmetric.

    Parameters
    ----------
    f : callable
    argnums : int
        The argument to differentiate: an array, or a nested container of arrays.
    mode : {"auto", "forward-over-reverse", "reverse-over-forward", "reverse-over-reverse", "hyperdual"}
        Which sweep differentiates the result of which; all are exact to rounding. "hyperdual": one evaluation of f on
        hyperdual numbers that carry all pairs of directions. "auto": that for few variables, else
        "forward-over-reverse", which pushes all directions through the recorded gradient at once.

    Returns
    -------
    callable
        For a container its result is a container of containers: the block of leaf i and leaf j has their shapes.

    Examples
    --------
    >>> hessian(lambda x: x[0] * x[1] ** 2)([2.0, 3.0])
    array([[0., 6.],
           [6., 4.]])
    """
    if mode not in HESSIAN_MODES:
        raise ValueError(f"mode must be one of {', '.join(HESSIAN_MODES)}, got {mode!r}")
    if not isinstance(argnums, int):
        raise TypeError(f"argnums must be one integer, got {argnums!r}: put the arguments into one container")

    def hessian_of_f(*args: Any, **kwargs: Any) -> Any:
        (x,), g = selected(f, args, kwargs, argnums)
        leaves, structure = flatten(x)
        if structure != LEAF:
            return _of_container(g, [as_leaf(leaf) for leaf in leaves], structure, mode)
        point = as_point(x)
        few = point.size <= FEW and not is_recorded(point)
        chosen = mode if mode != "auto" else "hyperdual" if few else "forward-over-reverse"
        with roots_of_zero() as roots:
            second = _hyperdual(g, point) if chosen == "hyperdual" else _composed(g, point, *chosen.split("-over-"))
        second = (second + np.swapaxes(second, -1, -2)) / 2
        if point.size <= FEW and (roots.curved or has_nan(second)):
            second = lines.hessian(g, point, roots.curved)
        return second.reshape((*second.shape[:-2], *point.shape, *point.shape))[()]

    return hessian_of_f


def _hyperdual(g: Callable, point: Any) -> Any:
    """Second derivatives in the last two axes, from hyperdual numbers that carry all pairs of directions."""
    tag, rows, every = fresh_tag(), [], units(point)
    for directions in blocks_of(every, point.size * point.size):
        seed = HyperDual.seeded(point, directions, every, tag=tag)
        rows.append(as_series(followed(g, seed), seed).block(1, 2))
    return np.moveaxis(np.concatenate(rows), (0, 1), (-2, -1))


def _composed(g: Callable, point: Any, outer: str, inner: str) -> Any:
    """The Jacobian in one mode of the Jacobian in another, with respect to the raveled point."""
    flat = np.reshape(point, -1)

    def of_flat(z: Any) -> Any:
        return joined(refuse_others(followed(g, np.reshape(z, point.shape))))

    recording = Recording(jacobian(of_flat, mode=inner), (flat,))
    ((second,),) = (pushed if outer == "forward" else pulled)(recording)
    return second


def _of_container(g: Callable, leaves: list, structure: Any, mode: str) -> Any:
    """The Hessian with respect to all leaves as one vector, cut into blocks."""
    ends = np.cumsum([0, *(leaf.size for leaf in leaves)]).tolist()

    def rebuilt(z: Any) -> Any:
        parts = [z[a:b].reshape(leaf.shape) for a, b, leaf in zip(ends, ends[1:], leaves, strict=False)]
        return followed(g, structure.build(parts))

    whole = hessian(rebuilt, mode=mode)(np.concatenate([np.reshape(leaf, -1) for leaf in leaves]))
    spans = list(zip(ends, ends[1:], leaves, strict=False))
    return structure.build(
        structure.build(
            whole[..., a:b, c:d].reshape((*whole.shape[:-2], *row.shape, *column.shape)) for c, d, column in spans
        )
        for a, b, row in spans
    )


def hvp(f: Callable, argnums: int = 0) -> Callable:
    """The function (x, v) -> ``H(x) v``, the Hessian of a scalar f times a vector, without forming H.

    Called like SciPy's `hessp`: ``hvp(f)(x, v, *args)`` with the further arguments of f.

    Parameters
    ----------
    f : callable
    argnums : int
        The argument of f to differentiate; v follows it in the calls.

    Returns
    -------
    callable
        v is made up like x, or an array of shape ``(count, *x.shape)``: a batch of vectors, the result being one of
        products. For many vectors at one point use ``linearize(grad(f), x)`` or `hessian_operator`, which record the
        gradient once.

    Examples
    --------
    >>> hvp(lambda x: x[0] * x[1] ** 2)([2.0, 3.0], [1.0, 0.0])
    array([0., 6.])
    """

    def product(*args: Any, **kwargs: Any) -> Any:
        if not -len(args) + 1 <= argnums < len(args) - 1:
            raise TypeError(f"hvp(f) takes the arguments of f and, after argument {argnums}, a vector")
        place = argnums % (len(args) - 1)
        v, rest = args[place + 1], (*args[: place + 1], *args[place + 2 :])
        (x,), g = selected(f, rest, kwargs, place)
        return _Linearized(g, x)(v)

    return product


class _Linearized:
    """A recorded gradient, to be applied to vectors and batches of vectors."""

    def __init__(self, f: Callable, x: Any):
        with roots_of_zero() as roots:
            self.recording = Recording(grad(f), (x,), lasting=True)
        (point, *others), self.matrix = self.recording.leaves, None
        if roots.curved and not others and point.size <= FEW:
            self.matrix = np.reshape(lines.hessian(f, point, True), (*point.shape, point.size))

    def __call__(self, v: Any) -> Any:
        recording = self.recording
        leaves = recording.leaves
        if len(leaves) == 1 and np.ndim(v) == leaves[0].ndim + 1:
            return self.of_batch(as_direction(v, leaves[0]))
        given = leaves_of((v,), recording.structure, "the vector")
        seeds = [checked(t, x, "vector") for t, x in zip(given, leaves, strict=True)]
        if self.matrix is not None:
            return self.matrix @ np.reshape(seeds[0], -1)
        return recording.result_structure.build(map(own, recording.push(seeds), recording.values))

    def of_batch(self, vectors: Any) -> Any:
        (leaf,), (value,) = self.recording.leaves, self.recording.values
        if vectors.shape[1:] != leaf.shape:
            wanted = ", ".join(["count", *map(str, leaf.shape)])
            raise ValueError(f"vectors must have shape ({wanted}), got {vectors.shape}")
        if self.matrix is not None:
            return np.moveaxis(self.matrix @ np.reshape(vectors, (len(vectors), -1)).T, -1, 0)
        parts = []
        for directions in blocks_of(vectors, leaf.size):
            tag = fresh_tag()
            (result,) = self.recording.push([batch(directions, tag)])
            parts.append(unbatched(result, len(directions), value, tag))
        return np.concatenate(parts)


def hessian_operator(f: Callable, x: Any) -> LinearOperator:
    """The Hessian of a scalar f at x as a SciPy linear operator on raveled vectors: the gradient is recorded once.

    >>> import numpy as np
    >>> from scipy.sparse.linalg import cg
    >>> operator = hessian_operator(lambda x: np.sum(x**4) + x[0] * x[1], np.array([1.0, 2.0]))
    >>> operator @ np.array([1.0, 0.0])
    array([12.,  1.])
    >>> step, info = cg(operator, np.array([1.0, 1.0]), rtol=1e-12)
    >>> np.allclose(operator @ step, 1.0)
    True
    """
    point = as_point(x)
    product = _Linearized(f, point)

    def multiply(v: Any) -> Any:
        return np.reshape(product(np.reshape(v, point.shape)), -1)

    def multiply_many(vectors: Any) -> Any:
        columns = np.moveaxis(np.reshape(vectors, (*point.shape, -1)), -1, 0)
        return np.reshape(product.of_batch(columns), (len(columns), -1)).T

    size = int(point.size)
    return LinearOperator(
        (size, size), matvec=multiply, rmatvec=multiply, matmat=multiply_many, rmatmat=multiply_many, dtype=point.dtype
    )


def third_directional(f: Callable, x: Any, v: Any) -> Any:
    """``∇³f(x)[v, v]``, the vector whose product with v is the third derivative of f along v; shape of x.

    From the gradient of Taylor coefficients (reverse over Taylor): ``∇f(x + s v) = g + s H v + s²/2 ∇³f[v, v] + …``.
    Used by Halley's and Chebyshev's methods. Cost: a few gradients.

    >>> third_directional(lambda x: x[0] ** 2 * x[1], [2.0, 3.0], [1.0, 1.0])
    array([4., 2.])
    """
    point = as_point(x)
    y, pullback = taylor_vjp(f, point, as_direction(v, point), 2)
    if y.shape != ():
        raise ValueError(f"third_directional needs a function of one scalar value, got values of shape {y.shape}")
    return pullback([0, 0, 2])[0]
