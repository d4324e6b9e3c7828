"""How a traced array treats each kind of primitive: what is recorded, and with which residual."""

from __future__ import annotations

from typing import Any

import numpy as np

from taylorad.algebras.edges import note_root_of_zero, rarely
from taylorad.algebras.expansion import check_arguments
from taylorad.algebras.interval.branches import enclosed_composite
from taylorad.algebras.recurrence import QUIET
from taylorad.algebras.slopes import depends_on_companions, slope_function, with_slopes
from taylorad.dispatch import unwrapped
from taylorad.rings import encloses, namespace
from taylorad.rules import Primitive, Rule
from taylorad.rules.kinks import settled_at
from taylorad.rules.rule import derivative_of
from taylorad.trace import operations as ops
from taylorad.trace.constants import kept
from taylorad.trace.functions import function_of
from taylorad.trace.moves import MOVES, VIEWS, primal_of, static_of
from taylorad.trace.node import Node
from taylorad.trace.singular import ROOT, ROOTS_OF_ZERO, UNDEFINED, UNSETTLED, at_origin, is_root, primal
from taylorad.trace.tracer import KINDS, Tracer, cover, wrap


def _wrapped(owner: Tracer, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    """A function of the table at arguments whose covers are taken off; arrays it returns are covered again."""
    if primitive.name in ("real", "imag") and args[0].__class__ is Tracer and args[0].ndim:
        return getattr(args[0], primitive.name)
    if primitive.name in VIEWS and args[0].__class__ is Tracer:
        moved = MOVES[primitive.name](args[0], args, kwargs)
        if moved is not NotImplemented:
            return moved
    args, kwargs = tuple(map(unwrapped, args)), {k: unwrapped(v) for k, v in kwargs.items()}
    result = function_of(primitive)(*args, **kwargs)
    return cover(tuple(result) if isinstance(result, tuple) else result)


def _additive(owner: Tracer, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    x, y = _positional(primitive, args, kwargs, 2)
    sign = -1 if primitive.name == "subtract" else 1
    nodes, (u, v) = owner.split((x, y))
    return owner.result(ops.ADDITIVE, nodes, sign, None, u + v if sign > 0 else u - v)


def _quotient(owner: Tracer, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    x, y = _positional(primitive, args, kwargs, 2)
    (a, b), (u, v) = owner.split((x, y))
    with np.errstate(**QUIET):  # as for series: what a division by zero means is seen in the derivative
        q = u / v
    owner.expose(y)
    result = owner.result(ops.DIVIDE, (a, b), None, (v, q), q)
    result.exposed = b.__class__ is Node
    return result


def _bilinear(owner: Tracer, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    if primitive.function.lowered is not None:
        return primitive.function.lowered(*args, **kwargs)
    x, y = _positional(primitive, args, kwargs, 2)
    nodes, (u, v) = owner.split((x, y))
    owner.expose(x, y)
    if primitive.name == "multiply":
        return owner.result(ops.MULTIPLY, nodes, None, (u, v), u * v)
    u, v = (a if hasattr(a, "ndim") else np.asarray(a) for a in (u, v))
    return owner.result(ops.MATMUL, nodes, None, (u, v), np.matmul(u, v))


def _elementary(owner: Tracer, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    _positional(primitive, args, kwargs, primitive.rule.nin)
    return settled_at(primitive.name, record_elementary(owner, primitive, args, primitive.rule.arguments), args)


def record_elementary(owner: Tracer, primitive: Primitive, args: tuple, positions: tuple[int, ...]) -> Any:
    """One node for each result, with its slopes as residual."""
    nodes, values = owner.split(args)
    if primitive.kind == "elementary":
        check_arguments(owner, primitive, values) if any(hasattr(v, "level") for v in values) else None
    results, slopes = _values_and_slopes(primitive, values)
    if primitive.name in ROOTS_OF_ZERO and rarely(np.any(primal(results[0]) == 0)):
        note_root_of_zero(ROOTS_OF_ZERO[primitive.name])
    if primitive.name == "hypot":
        slopes = at_origin(values, slopes)
    moving = [n for n, i in enumerate(positions) if nodes[i].__class__ is Node]
    places = tuple(positions[n] for n in moving)
    tracers = []
    for output, (result, row) in enumerate(zip(results, slopes, strict=True)):
        chosen = tuple(row[n] for n in moving)
        singular = len(chosen) == 1 and is_root(primitive.name, chosen[0], result)
        operation = ROOT if singular else ops.ELEMENTARY
        tracers.append(owner.result(operation, nodes, (primitive, output, places), chosen, result))
        tracers[-1].exposed = True  # the slope may be the value itself
    return tracers[0] if len(tracers) == 1 else tuple(tracers)


def _values_and_slopes(primitive: Primitive, values: tuple) -> tuple[tuple, tuple]:
    """Results and their slopes in the algebra of the values; a value traced further out records both as nodes."""
    outer = [v for v in values if v.__class__ is Tracer]
    if primitive.kind == "derivative":
        results = (function_of(primitive)(*values),)
        return results, ((function_of(derivative_of(primitive))(*values),),)
    if not outer:
        return with_slopes(primitive, values)
    rule = primitive.rule
    owner = max((v for v in values if hasattr(v, "level")), key=lambda v: v.level)
    results = owner.apply(primitive, values, {})
    results = results if isinstance(results, tuple) else (results,)
    if len(rule.arguments) == 1 and (rule.ode is None or rule.unstable or depends_on_companions(rule)):
        return results, tuple((function_of(derivative_of(primitive, 1, i))(*values),) for i in range(rule.outputs))
    return results, slopes_by_equation(rule, values, owner, results)


def slopes_by_equation(rule: Rule, values: tuple, owner: Any, results: tuple | None = None) -> tuple:
    """For each result of a function the tuple of its slopes b/a, of traced values."""
    xp = namespace(owner)
    unknowns = rule.start(xp, *values)
    unknowns = unknowns if isinstance(unknowns, tuple) else (unknowns,)
    results = unknowns[: rule.outputs] if results is None else results
    arguments, parameters = (values[i] for i in rule.arguments), (values[i] for i in rule.parameters)
    companions = unknowns[rule.outputs :]
    with np.errstate(**QUIET):
        return slope_function(rule)(*arguments, *results, *companions, *parameters, *rule.constants(xp))


def _derivative(owner: Tracer, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    return record_elementary(owner, primitive, args, primitive.function[0].rule.arguments)


def _linear(owner: Tracer, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    x, *options = args
    if primitive.name in ("real", "imag") and x.ndim and x.dtype.kind == "c":
        return getattr(x, primitive.name)
    node, value = owner.node, owner.value
    plain_options = tuple(map(unwrapped, options)) if options else ()
    if kwargs:
        kwargs = {k: unwrapped(v) for k, v in kwargs.items()}
    if "initial" in kwargs:
        raise TypeError(f"{primitive.name} of a traced array takes no initial value: add it to the result")
    result = _own(function_of(primitive)(value, *plain_options, **kwargs), value)
    return owner.result(ops.LINEAR, (node,), (primitive, plain_options, kwargs), None, result)


def _gather(owner: Tracer, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    special = MOVES.get(primitive.name)
    if special is not None:
        moved = special(owner, args, kwargs)
        if moved is not NotImplemented:
            return moved
    operands: list[Any] = []
    data = primitive.function.data
    arguments = tuple(_slots(a, operands) if i in data else static_of(a) for i, a in enumerate(args))
    kwargs = {k: static_of(v) for k, v in kwargs.items()}
    given, values = owner.split(operands)
    nodes = tuple(n if n.__class__ is Node else kept(n) for n in given)
    result: Any = function_of(primitive)(*(ops.filled(a, values) for a in arguments), **kwargs)
    if not isinstance(result, list | tuple):
        return owner.result(ops.GATHERED, nodes, (primitive, arguments, kwargs, None), None, _own(result))
    parts = [
        owner.result(ops.GATHERED, nodes, (primitive, arguments, kwargs, i), None, _own(r))
        for i, r in enumerate(result)
    ]
    return parts if isinstance(result, list) else tuple(parts)


def _own(result: Any, value: Any = None) -> Any:
    """A result that shares no entries with what it was made from."""
    shared = result is value or (result.__class__ is np.ndarray and result.base is not None)
    return result.copy() if shared else result


def _slots(argument: Any, operands: list[Any]) -> Any:
    """An argument with each array in it replaced by its number among the operands."""
    if isinstance(argument, list | tuple):
        return type(argument)(_slots(a, operands) for a in argument)
    if argument is None:
        return None
    operands.append(argument if hasattr(argument, "dtype") else np.asarray(argument))
    return ops.Slot(len(operands) - 1)


def _constant(owner: Tracer, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    plain_options = {k: primal_of(v) for k, v in kwargs.items()}
    return settled_at(primitive.name, primitive.function(*map(primal_of, args), **plain_options), args, plain_options)


def _undefined(owner: Tracer, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    nodes, (x,) = owner.split(args)
    value = function_of(primitive)(x)
    operation = UNDEFINED if primitive.name == "undefined" else UNSETTLED
    return owner.result(operation, nodes, (primitive, 0, (0,)), (value + np.nan,), value)


def _composite(owner: Tracer, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    if encloses(owner.value):
        return enclosed_composite(owner, primitive, args, kwargs)
    return primitive.function(*args, **kwargs)


def _creation(owner: Tracer, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    created = function_of(primitive)(owner.value, *args[1:], **kwargs)
    return wrap(created) if created.dtype.kind not in "iub" else created


def _positional(primitive: Primitive, args: tuple, kwargs: dict, count: int) -> tuple:
    """Operands of a function of plain positional arguments; options it cannot honour are refused, not ignored."""
    if kwargs:
        raise TypeError(f"{primitive.name} of a traced array takes no keyword arguments, got {', '.join(kwargs)}")
    if len(args) != count:
        raise TypeError(f"{primitive.name} takes {count} argument(s), got {len(args)}")
    return args


def _contraction(owner: Tracer, subscripts: str, arrays: tuple) -> Any:
    """`numpy.einsum` over one or two operands."""
    terms, output = subscripts.split("->")
    names, output = _without_ellipsis(terms.split(","), output, arrays)
    for i, term in enumerate(names):
        names[i], arrays = _without_repeats(term, i, arrays)
    nodes, values = owner.split(arrays)
    result = np.einsum(",".join(names) + "->" + output, *values)
    owner.expose(*arrays)
    return owner.result(ops.CONTRACT, nodes, (tuple(names), output), values, result)


def _without_ellipsis(names: list[str], output: str, arrays: tuple) -> tuple[list[str], str]:
    """Letters for the axes that ``...`` stands for."""
    if not any("..." in n for n in names):
        return names, output
    used = set("".join(names) + output)
    free = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" if c not in used]
    extra = [np.ndim(a) - len(n.replace("...", "")) if "..." in n else 0 for n, a in zip(names, arrays, strict=True)]
    letters = "".join(free[: max(extra)])
    spelled = [n.replace("...", letters[len(letters) - e :]) for n, e in zip(names, extra, strict=True)]
    return spelled, output.replace("...", letters)


def _without_repeats(term: str, i: int, arrays: tuple) -> tuple[str, tuple]:
    """A term with no letter twice, its operand replaced by the diagonal."""
    while repeated := next((c for c in term if term.count(c) > 1), None):
        first = term.index(repeated)
        second = term.index(repeated, first + 1)
        diagonal = np.diagonal(arrays[i], 0, first, second)
        arrays = (*arrays[:i], diagonal, *arrays[i + 1 :])
        term = "".join(c for n, c in enumerate(term) if n not in (first, second)) + repeated
    return term, arrays


KINDS |= {
    "wrapped": _wrapped,
    "contraction": _contraction,
    "additive": _additive,
    "bilinear": _bilinear,
    "quotient": _quotient,
    "elementary": _elementary,
    "derivative": _derivative,
    "linear": _linear,
    "gather": _gather,
    "constant": _constant,
    "composite": _composite,
    "creation": _creation,
    "undefined": _undefined,
}
