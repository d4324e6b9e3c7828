"""Results with their decorations, and elementary functions of intervals."""

from __future__ import annotations

from typing import Any

import numpy as np

from taylorad.algebras.interval import decorations
from taylorad.algebras.interval.interval import Interval, as_interval
from taylorad.rings.interval import arithmetic, functions
from taylorad.rules import TABLE, Rule


def enclosed(inf: Any, sup: Any, operands: Any, local: Any = decorations.COM) -> Any:
    """A result with its decoration: the least of those of the operands and of the operation itself."""
    return Interval._make(inf, sup, decorations.of_result(operands, inf, sup, local))


def of_function(name: str, *args: Any) -> Any:
    """An elementary function, or step, of intervals: an interval array, or a tuple of them."""
    primitive = TABLE.get(name)
    fixed = primitive.rule.parameters if primitive is not None and primitive.kind == "elementary" else ()
    fixed = () if name == "constant_power" else fixed
    operands = [as_interval(a) for i, a in enumerate(args) if i not in fixed]
    if primitive is not None and primitive.kind == "elementary" and not functions.is_known(name):
        return _by_formula(primitive.rule, args)
    if name == "sqrt":
        (x,) = operands
        local = decorations.COM if x.codes is None else np.where(x.ends[0] >= 0, decorations.COM, decorations.TRV)
        return enclosed(*arithmetic.sqrt(*x.ends), operands, local)
    placed = [parameter(a) if i in fixed else as_interval(a).ends for i, a in enumerate(args)]
    results = functions.evaluate("power" if name in ("constant_power", "series_power") else name, *placed)
    if isinstance(results, functions.Enclosure):
        return enclosed(results.inf, results.sup, operands, _local(name, results.local, placed))
    return tuple(enclosed(r.inf, r.sup, operands, _local(name, r.local, placed)) for r in results)


def _by_formula(rule: Rule, args: tuple) -> Any:
    """A function that was added to the table, by its start value: a formula of functions that intervals know."""
    results = rule.start(Interval.namespace, *args)
    results = results if isinstance(results, tuple) else (results,)
    return results[0] if rule.outputs == 1 else results[: rule.outputs]


def _local(name: str, codes: Any, operands: list) -> Any:
    """Com asks for continuity at every point, dac within the interval only: at ends on a jump, they differ."""
    if name in STEPPED:  # the codes tell jumps apart
        return codes
    continuous = codes == decorations.DAC
    if name == "arctan2":
        (low, high), (least, _) = operands
        continuous &= ~((low <= 0) & (high >= 0) & (least < 0))
    return np.where(continuous, np.uint8(decorations.COM), codes)


STEPPED = frozenset(["floor", "ceil", "trunc", "rint", "sign", "round_ties_to_away"])


def parameter(value: Any) -> Any:
    """A parameter that is not differentiated: a number, also where an interval holds one, or the ends of intervals."""
    if not hasattr(value, "ends"):
        return value
    return value.ends[0][()] if np.all(value.is_degenerate) else value.ends
