"""First derivatives as functions: ``grad``, ``value_and_grad`` and ``jacobian``.

A gradient costs a small multiple of the function, whatever the number of variables. A Jacobian is made column by column
(forward) or row by row (reverse), all at once; ``mode="auto"`` records the function and takes the shorter side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from taylorad.algebras.edges import has_nan, is_recorded, roots_of_zero
from taylorad.algebras.hyperdual import Dual
from taylorad.rings import unboxed
from taylorad.trace import Node
from taylorad.trace.everyday import followed
from taylorad.transforms import lines
from taylorad.transforms.containers import LEAF, Structure, flatten, leaves_of, results_of
from taylorad.transforms.recording import (
    LARGEST,
    Recording,
    as_leaf,
    batch,
    blocks_of,
    own,
    unbatched,
    unit,
    units,
)
from taylorad.transforms.series import as_point, as_series, fresh_tag
from taylorad.transforms.structured import structured_jacobian

JACOBIAN_MODES = ("auto", "forward", "reverse")


def grad(f: Callable, argnums: int | Sequence[int] = 0, has_aux: bool = False, compensated: bool = False) -> Callable:
    """The function that returns the gradient of a scalar function, by reverse mode.

    Parameters
    ----------
    f : callable
        Returns one number. For complex arguments: an analytic function has its derivative as gradient, a real one
        ``∂f/∂x - i ∂f/∂y``.
    argnums : int or tuple of int
        The argument(s) to differentiate: arrays, or nested tuples, lists and dicts of arrays.
    has_aux : bool
        f returns a pair (value, aux), and the new function (gradient, aux).
    compensated : bool
        Carry the rounding errors of sums of cotangents along.

    Returns
    -------
    callable
        With the arguments of f; its result is made up like the argument (a tuple of them for a tuple of argnums).

    Examples
    --------
    >>> grad(lambda x: x[0] * x[1])([2.0, 3.0])
    array([3., 2.])
    """
    both = value_and_grad(f, argnums, has_aux, compensated)

    def gradient_of_f(*args: Any, **kwargs: Any) -> Any:
        value, gradient = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return gradient_of_f


def value_and_grad(
    f: Callable, argnums: int | Sequence[int] = 0, has_aux: bool = False, compensated: bool = False
) -> Callable:
    """The function that returns the value of a scalar function and its gradient; see `grad`.

    With `has_aux` the value is the pair (value, aux).

    >>> value_and_grad(lambda x: x[0] * x[1])([2.0, 3.0])
    (np.float64(6.0), array([3., 2.]))
    """

    def value_and_gradient_of_f(*args: Any, **kwargs: Any) -> Any:
        chosen, g = selected(f, args, kwargs, argnums)
        with roots_of_zero() as roots:
            recording = Recording(g, chosen, has_aux)
        value = _scalar(recording)
        xbars = list(map(own, recording.pull([unit(value)], compensated), recording.leaves))
        alone = len(xbars) == 1 and not has_aux and _is_small(recording.leaves[0])
        if alone and (roots.steep or has_nan(xbars[0])):
            xbars = [lines.gradient(g, as_point(chosen[0]), roots.steep).reshape(xbars[0].shape)[()]]
        gradients = recording.structure.build(xbars)
        result = gradients[0] if isinstance(argnums, int) else gradients
        value = unboxed(value)
        return ((value, recording.aux) if has_aux else value), result

    return value_and_gradient_of_f


def _is_small(x: Any) -> bool:
    """Whether the series of a removable singularity may be tried in all variables at once."""
    return x.size <= 64


def _scalar(recording: Recording) -> Any:
    """The value of a function that must return one number."""
    structure, values = recording.result_structure, recording.values
    if structure != LEAF or values[0].shape != ():
        shape = str(structure) if structure != LEAF else f"values of shape {values[0].shape}"
        raise ValueError(f"grad needs a function of one scalar value, got {shape}: use jacobian, or sum the values")
    (value,) = values
    if value.dtype.kind == "c":
        if all(leaf.dtype.kind != "c" for leaf in recording.leaves):
            raise ValueError("grad needs a real value of a function of real arguments, got a complex one: use jacobian")
        _check_analytic(recording)
    return value


def _check_analytic(recording: Recording) -> None:
    """Refuse complex functions of complex arguments that take real parts or conjugates on the way."""
    wanted = {o.index for o in recording.program.outputs if isinstance(o, Node) and _is_complex(o)}
    for node in reversed(recording.program.nodes):
        if node.index not in wanted:
            continue
        wanted |= {o.index for o in node.operands if isinstance(o, Node)}
        if node.name in ("real", "imag", "conjugate") and any(_is_complex(operand) for operand in node.operands):
            raise _not_analytic(f" (it uses {node.name})")


def _not_analytic(why: str = "") -> ValueError:
    return ValueError(
        f"this complex function is not analytic{why}, so it has no complex derivative: differentiate its real and "
        "imaginary parts"
    )


def _is_complex(x: Any) -> bool:
    return getattr(x, "dtype", np.dtype(float)).kind == "c"


def selected(f: Callable, args: tuple, kwargs: dict, argnums: int | Sequence[int]) -> tuple[tuple, Callable]:
    """The arguments to differentiate, and f as a function of them alone."""
    if argnums == 0 and len(args) == 1 and not kwargs and isinstance(argnums, int):
        return args, f
    numbers = tuple(argnums) if isinstance(argnums, Sequence) else (argnums,)
    if not all(isinstance(i, int | np.integer) for i in numbers):
        raise TypeError(f"argnums must be an integer or a tuple of integers, got {argnums!r}")
    if any(not -len(args) <= i < len(args) for i in numbers):
        raise ValueError(f"argnums={argnums} but the function was called with {len(args)} positional arguments")
    places = [i % len(args) for i in numbers]
    if len(set(places)) < len(places):
        raise ValueError(f"argnums={argnums} names an argument twice")

    def g(*chosen: Any) -> Any:
        every = list(args)
        for i, x in zip(places, chosen, strict=True):
            every[i] = x
        return followed(f, *every, **kwargs)

    return tuple(args[i] for i in places), g


# ---------------------------------------------------------------------------------------------------------- jacobian


def jacobian(f: Callable, argnums: int | Sequence[int] = 0, mode: str = "auto", has_aux: bool = False) -> Callable:
    """The function that returns the Jacobian of f: shape out.shape + in.shape.

    Parameters
    ----------
    f : callable
    argnums : int or tuple of int
    mode : {"auto", "forward", "reverse"}
        "forward": all columns at once by dual numbers. "reverse": all rows at once, one sweep over the recorded
        function.
        "auto": f is recorded, and swept over in the direction with fewer columns or rows.
    has_aux : bool
        f returns a pair (value, aux), and the new function (Jacobian, aux).

    Returns
    -------
    callable
        Its result is an array; for containers, a container like the result of f of containers like the argument.

    Examples
    --------
    >>> import numpy as np
    >>> jacobian(lambda x: np.stack([x[0] * x[1], x[0]]))(np.array([2.0, 3.0]))
    array([[3., 2.],
           [1., 0.]])
    """
    if mode not in JACOBIAN_MODES:
        raise ValueError(f"mode must be one of {', '.join(JACOBIAN_MODES)}, got {mode!r}")

    def jacobian_of_f(*args: Any, **kwargs: Any) -> Any:
        chosen, g = selected(f, args, kwargs, argnums)
        structure = Structure(tuple, (), tuple(flatten(a)[1] for a in chosen))
        leaves = [as_leaf(leaf) for leaf in leaves_of(chosen, structure)]
        with roots_of_zero() as roots:
            if mode == "forward":
                made_of, table, aux = _forward(g, structure, leaves, has_aux)
            else:
                made_of, table, aux = _recorded(g, chosen, mode, has_aux)
        alone = len(leaves) == 1 and made_of == LEAF and not has_aux and _is_small(leaves[0])
        if alone and (roots.steep or has_nan(table[0][0])):
            table = [[lines.gradient(g, as_point(chosen[0]), roots.steep).reshape(table[0][0].shape)[()]]]
        rows = [structure.build(row) for row in table]
        result = made_of.build([row[0] for row in rows] if isinstance(argnums, int) else rows)
        return (result, aux) if has_aux else result

    return jacobian_of_f


def _forward(g: Callable, structure: Structure, leaves: list, has_aux: bool) -> tuple[Structure, list[list], Any]:
    """Blocks ∂(result leaf)/∂(argument leaf) by dual numbers, one run for each argument leaf (and block of columns)."""
    columns: list[list] = []
    made_of, aux = LEAF, None
    for position, leaf in enumerate(leaves):
        tag, parts = fresh_tag(), []
        for directions in blocks_of(_every_direction(leaf), leaf.size):
            seed = Dual.seeded(leaf, directions, tag=tag)
            given = [seed if i == position else x for i, x in enumerate(leaves)]
            result = followed(g, *structure.build(given))
            if has_aux:
                result, aux = result
            results, made_of = results_of(result)
            parts.append([as_series(r, seed).block(1) for r in results])
        joined = [_along_real_axis(np.concatenate(list(p)), leaf) for p in zip(*parts, strict=True)]
        columns.append([_as_columns(j, leaf) for j in joined])
    return made_of, [list(row) for row in zip(*columns, strict=True)], aux


def _every_direction(leaf: Any) -> np.ndarray:
    """Unit directions, those along the imaginary axis after those along the real one."""
    along = units(leaf)
    return np.concatenate([along, 1j * along]) if _is_complex(leaf) else along


def _along_real_axis(tangents: Any, leaf: Any) -> Any:
    """``∂f/∂x``, checked to be ``-i ∂f/∂y`` where f is complex; ``∂f/∂x - i ∂f/∂y`` where f is real."""
    if not _is_complex(leaf):
        return tangents
    across, upwards = tangents[: leaf.size], tangents[leaf.size :]
    if not _is_complex(tangents):
        return across - 1j * upwards
    a, b = (np.asarray(getattr(t, "primal", t)) for t in (1j * across, upwards))
    if not np.allclose(a, b, rtol=1e-6, atol=1e-6 * np.abs(b).max(initial=0), equal_nan=True):
        raise _not_analytic()
    return across


def _as_columns(tangents: Any, leaf: Any) -> Any:
    """Tangents along the first axis as columns, in the shape of what they belong to."""
    columns = np.moveaxis(tangents, 0, -1)
    return columns.reshape((*columns.shape[:-1], *leaf.shape))[()]


def _recorded(g: Callable, chosen: tuple, mode: str, has_aux: bool) -> tuple[Structure, list[list], Any]:
    """The same blocks from one recording, by sweeps in the cheaper direction."""
    recording = Recording(g, chosen, has_aux)
    rows = sum(v.size * (2 if _is_mixed(v, recording) else 1) for v in recording.values)
    columns = sum(x.size for x in recording.leaves)
    by_rows = mode == "reverse" or rows < columns
    if any(map(_is_complex, recording.leaves)):
        if any(map(_is_complex, recording.values)):
            _check_analytic(recording)
        by_rows = by_rows or not all(
            map(_is_complex, recording.values)
        )  # the gradient of a real value needs two columns
    table = pulled(recording) if by_rows else pushed(recording)
    return recording.result_structure, table, recording.aux


def _is_mixed(value: Any, recording: Recording) -> bool:
    """Whether a complex result has real arguments: its cotangents come in two parts."""
    return value.dtype.kind == "c" and any(x.dtype.kind != "c" for x in recording.leaves)


def pushed(recording: Recording) -> list[list]:
    """Columns: unit tangents of each argument leaf, pushed forward."""
    limit = LARGEST << 4 if is_recorded(recording.leaves[0]) else LARGEST  # no blocks of directions in compiled code
    structured = structured_jacobian(recording.program, limit, frugal=True)
    if structured is not None and not (_is_small(recording.leaves[0]) and any(map(_is_infinite, structured))):
        return [[block] for block in structured]
    columns = []
    for position, leaf in enumerate(recording.leaves):
        parts = []
        for directions in blocks_of(units(leaf), leaf.size):
            tag = fresh_tag()
            seeds = [batch(directions, tag) if i == position else None for i in range(len(recording.leaves))]
            results = recording.push(seeds)
            pairs = zip(results, recording.values, strict=True)
            parts.append([unbatched(r, len(directions), v, tag) for r, v in pairs])
        columns.append([_as_columns(np.concatenate(list(p)), leaf) for p in zip(*parts, strict=True)])
    return [list(row) for row in zip(*columns, strict=True)]


def _is_infinite(block: Any) -> bool:
    """Whether an array of plain numbers has infinite or unknown entries, to be looked at direction by direction."""
    return not hasattr(block, "level") and not np.isfinite(block).all()


def pulled(recording: Recording) -> list[list]:
    """Rows: unit cotangents of each result leaf, pulled back."""
    table = []
    for position, value in enumerate(recording.values):
        rows = _rows(recording, position, units(value))
        if _is_mixed(value, recording):  # Re(ȳ dy) with ȳ = 1 is the real part of dy, with ȳ = -i the imaginary one
            second = _rows(recording, position, -1j * units(value))
            every = zip(recording.leaves, rows, second, strict=True)
            rows = [a if _is_complex(leaf) else a + 1j * b for leaf, a, b in every]
        shapes = [(*value.shape, *leaf.shape) for leaf in recording.leaves]
        table.append([row.reshape(shape)[()] for row, shape in zip(rows, shapes, strict=True)])
    return table


def _rows(recording: Recording, position: int, cotangents: np.ndarray) -> list:
    """Cotangents of one result leaf pulled back to all argument leaves, along a first axis."""
    if len(cotangents) == 1:
        seeds = [cotangents[0] if i == position else v * 0 for i, v in enumerate(recording.values)]
        return [own(x, leaf)[None] for x, leaf in zip(recording.pull(seeds), recording.leaves, strict=True)]
    cost = max((int(np.prod(node.shape, dtype=int)) for node in recording.program), default=1)
    parts = []
    for directions in blocks_of(cotangents, cost):
        tag = fresh_tag()
        seeds = [batch(directions, tag) if i == position else v * 0 for i, v in enumerate(recording.values)]
        results = recording.pull(seeds)
        parts.append([unbatched(r, len(directions), x, tag) for r, x in zip(results, recording.leaves, strict=True)])
    return [np.concatenate(list(p)) for p in zip(*parts, strict=True)]
