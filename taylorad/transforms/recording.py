"""Recordings: a function run once on traced arrays, and the sweeps over its program in terms of users' arrays.

The sweeps are arithmetic in whatever algebra the values are in. Over Taylor polynomials they multiply truncated
series: with the cotangents of the coefficients written in reversed order, the transpose ``x̄_j = Σ_{k≥j} c_{k-j} ȳ_k``
of the product by a slope c is that product itself, so reverse mode over series needs no rule of its own. A batch of
tangents or cotangents is a dual number with one direction for each (`batch`), so one sweep carries all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from taylorad.algebras.hyperdual import Dual
from taylorad.rings import boxed, unboxed
from taylorad.trace import Node, Program, Pullback, Tracer, plain, push
from taylorad.trace import operations as ops
from taylorad.trace.everyday import followed
from taylorad.trace.tracer import exposed
from taylorad.transforms.containers import LEAF, Structure, flatten, leaves_of, results_of
from taylorad.transforms.series import as_direction, as_point, fresh_tag

ONE_ARRAY = Structure(tuple, (), (LEAF,))
LARGEST = 1 << 22  # numbers in the coefficients of a seed


class Recording:
    """One run of a function: its program, and the values of its results.

    With `lasting`, the program keeps copies of the arguments: its sweeps are called after its caller has returned,
    who may write to them.

    Attributes
    ----------
    program : Program
    leaves : list of arrays
        The independent variables.
    values : list of arrays
        The leaves of the result.
    structure, result_structure : Structure
        How leaves make up the tuple of arguments, and the result.
    aux : what the function returned besides, if it was asked for
    """

    program_type: type[Program] = Program

    def __init__(self, f: Callable, args: tuple, has_aux: bool = False, lasting: bool = False):
        if len(args) == 1 and hasattr(args[0], "dtype"):
            self.structure, self.leaves = ONE_ARRAY, [as_leaf(args[0])]
        else:
            self.structure = Structure(tuple, (), tuple(flatten(a)[1] for a in args))
            self.leaves = [as_leaf(leaf) for leaf in leaves_of(args, self.structure)]
        if lasting:
            self.leaves = list(map(_copied, self.leaves))
        self.program = self.program_type(fresh_tag())
        self.aux: Any = None
        tracers = [self._input(leaf) for leaf in self.leaves]
        try:
            result = followed(f, *self.structure.build(tracers))
            if has_aux:
                result, self.aux = _with_aux(result)
            self._finish(result)
        finally:
            self.program.open = False
        self.aux = _without_tracers(self.aux) if has_aux else None

    def _input(self, leaf: Any) -> Tracer:
        node = self.program.record(ops.INPUT, (), None, None, leaf)
        self.program.inputs.append(node)
        self.program.input_values.append(leaf)
        return exposed(self.program, node, leaf)

    def _finish(self, result: Any) -> None:
        leaves, self.result_structure = results_of(result)
        self.values = []
        for leaf in leaves:
            depends = leaf.__class__ is Tracer and leaf.live is self.program
            if not depends:
                leaf = self._without_inner(leaf)
                depends = leaf.__class__ is Tracer and leaf.live is self.program
            self.program.outputs.append(leaf.node if depends else leaf)
            self.values.append(boxed(leaf.value if depends else leaf))

    def _without_inner(self, leaf: Any) -> Any:
        """A result without what inner differentiations left in arrays they wrote to."""
        leaf = plain(leaf)
        while getattr(leaf, "level", (0, 0)) > (self.program.tag, 0):
            if leaf.tag <= self.program.tag:
                raise TypeError(f"the function returned {leaf.describe()}: return its coefficients, or its value")
            leaf = plain(leaf.value)
        return leaf

    @property
    def value(self) -> Any:
        """The function's result; to write to it does not change the program."""
        return self.result_structure.build(unboxed(_copied(v)) for v in self.values)

    def pull(self, cotangents: Sequence[Any], compensated: bool = False) -> list[Any]:
        """Cotangents of the independent variables, None where the result does not depend on one."""
        seeds = [(o, c) for o, c in zip(self.program.outputs, cotangents, strict=True) if isinstance(o, Node)]
        return Pullback(self.program, compensated).run(seeds)

    def push(self, tangents: Sequence[Any]) -> list[Any]:
        """Tangents of the results, None where they are zero."""
        return push(self.program, tangents)


def as_leaf(x: Any) -> Any:
    """An independent variable as an array of a base ring; one number is a NumPy scalar."""
    if x.__class__ is np.ndarray and x.dtype == np.float64 and x.ndim:
        return x
    leaf = as_point(x)
    return boxed(leaf)[()] if isinstance(leaf, np.ndarray) else leaf


def _copied(x: Any) -> Any:
    return x.copy() if hasattr(x, "level") or isinstance(x, np.ndarray) else x


def _with_aux(result: Any) -> tuple[Any, Any]:
    if not (isinstance(result, tuple) and len(result) == 2):
        raise TypeError(f"with has_aux=True the function must return a pair (value, aux), got {type(result).__name__}")
    return result


def _without_tracers(aux: Any) -> Any:
    leaves, structure = flatten(aux)
    return structure.build([plain(leaf) if isinstance(leaf, Tracer) else leaf for leaf in leaves])


def record(f: Callable, *args: Any) -> Program:
    """The program of a function: what it does at given arguments, as a flat list of operations.

    Parameters
    ----------
    f : callable
    *args : arrays, or nested containers of arrays
        All of them become independent variables.

    Returns
    -------
    Program
        Can be printed, counted, drawn, and called with other inputs (with the branches that were taken here).

    Examples
    --------
    >>> import numpy as np
    >>> program = record(lambda x: np.log(x[0]) + x[0] * x[1] - np.sin(x[1]), [2.0, 5.0])
    >>> program.operations["multiply"]
    1
    >>> program([3.0, 5.0]) == np.log(3.0) + 15.0 - np.sin(5.0)
    np.True_
    """
    recording = Recording(f, args, lasting=True)
    recording.program.structures = recording.structure, recording.result_structure
    return recording.program


# ------------------------------------------------------------------------------------------- tangents and cotangents


def checked(x: Any, like: Any, what: str) -> Any:
    """A tangent or cotangent as an array of the shape and number type of what it belongs to."""
    array = as_direction(x, like)
    if array.shape != like.shape:
        raise ValueError(f"the {what} must have the shape {like.shape} of what it belongs to, got {array.shape}")
    if isinstance(array, np.ndarray | np.generic) and not hasattr(like, "level") and like.dtype.kind in "fc":
        array = array.astype(np.result_type(like.dtype, np.complex64) if array.dtype.kind == "c" else like.dtype)
    return boxed(array)[()] if isinstance(array, np.ndarray) else array


def own(x: Any, like: Any) -> Any:
    """A sweep's result as a fresh array, in the number type of the variable it belongs to."""
    x = unboxed(like * 0 if x is None else plain(x))
    if hasattr(x, "level") or not hasattr(x, "dtype"):
        return x
    kind = like.dtype if not hasattr(like, "level") and like.dtype.kind == x.dtype.kind in "fc" else x.dtype
    if isinstance(x, np.ndarray) and x.ndim:
        return np.array(x, dtype=kind)
    return x.astype(kind)[()] if kind != object else x


def unit(value: Any) -> Any:
    """The number one in the ring of a value."""
    primal = getattr(value, "primal", value)
    if getattr(primal, "dtype", object) != object:
        return primal.dtype.type(1)
    return next(iter(np.asarray(primal).flat), 0) * 0 + 1


def units(x: Any) -> np.ndarray:
    """The unit directions of an array, shape (size, *shape)."""
    ones = np.eye(x.size).reshape(x.size, *x.shape)
    return ones.astype(x.dtype) if x.dtype != object else ones.astype(int).astype(object) * unit(x)


def batch(directions: Any, tag: int) -> Dual:
    """Directions along the first axis, to be carried through one sweep."""
    zero = np.zeros(directions.shape[1:], directions.dtype) if isinstance(directions, np.ndarray) else directions[0] * 0
    return Dual.seeded(zero, directions, tag=tag)


def unbatched(result: Any, count: int, like: Any, tag: int) -> Any:
    """The directions of a sweep's result along the first axis, shape (count, *shape)."""
    if isinstance(result, Dual) and result.tag == tag:
        return result.block(1)
    if result is None or count == 0:
        return np.zeros((count, *like.shape), like.dtype)
    return np.stack([result * 0] * count)


def blocks_of(directions: np.ndarray, cost: int) -> Iterator[np.ndarray]:
    """Directions in blocks whose seeds stay below LARGEST numbers, for arrays of `cost` entries."""
    width = max(1, LARGEST // max(1, cost))
    for first in range(0, max(1, len(directions)), width):
        yield directions[first : first + width]
