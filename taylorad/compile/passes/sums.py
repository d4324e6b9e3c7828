"""Long sums of single numbers: the entries of one array are summed as an array, and these few sums are added.

    c s₁ + c s₂ + … + d t₁ + d t₂ + …  with views sᵢ of s and tᵢ of t   →   linear (c, d) of Σ s and Σ t

Entries with different coefficients are a scalar product with a constant. The association changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from taylorad.compile.graph import Graph
from taylorad.compile.passes.linear import Combination, written

Entry = tuple[int, int, tuple[int, ...]]  # value of the graph that is built, offset, strides
FEWEST = 8  # entries of one array that are summed by themselves
MOST_ARRAYS = 16


def long_sum(
    new: Graph,
    terms: Sequence[tuple[float, Entry]],
    constant: float,
    dtype: np.dtype,
    gathered: Callable[[Sequence[Entry], tuple[int, ...]], int],
) -> int:
    """Σ factor·entry + constant; `gathered` makes an array of entries from different arrays."""
    by_source: dict[int, list[tuple[int, float]]] = {}
    for factor, (source, offset, _) in terms:
        by_source.setdefault(source, []).append((offset, factor))
    large = {source: sorted(found) for source, found in by_source.items() if len(found) >= FEWEST}
    if len(large) > MOST_ARRAYS:
        large = {}
    total = Combination(constant=constant)
    for source, found in large.items():
        x = new.moved(source, np.array([offset for offset, _ in found]))
        _add_sum(new, total, x, [factor for _, factor in found], dtype)
    rest = [(factor, entry) for factor, entry in terms if entry[0] not in large]
    if len(rest) > MOST_ARRAYS:
        _add_sum(new, total, gathered([entry for _, entry in rest], ()), [factor for factor, _ in rest], dtype)
    else:
        for factor, (source, offset, _) in rest:
            x = new.view(source, offset, (), ())
            total.terms[x] = total.terms.get(x, 0.0) + factor
    return written(new, total, (), dtype)


def _add_sum(new: Graph, total: Combination, x: int, factors: list[float], dtype: np.dtype) -> None:
    """Add Σ factorᵢ xᵢ to the total."""
    if len(set(factors)) == 1:
        summed, factor = new.add("reduce", (x,), ("sum", (0,)), (), dtype), factors[0]
    else:
        table = new.constant(np.array(factors, dtype))
        summed, factor = new.add("contract", (x, table), "i,i->", (), dtype), 1.0
    total.terms[summed] = total.terms.get(summed, 0.0) + factor
