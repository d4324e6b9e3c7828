"""`Sensitivity`: the result of `taylorad.verified.sensitivity`, as numbers, as a table, and as a tornado chart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from taylorad.algebras.interval import Interval
from taylorad.verified.tables import as_html, as_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, repr=False)
class Sensitivity:
    """What `sensitivity` proved about a function on a box X with centre c; ``h = X - c``.

    Arrays with entries for results have the shape of f(x), those with entries for results and inputs have the shape of
    f(x) and then that of the box.

    Attributes
    ----------
    box : Interval
        The inputs.
    names, outputs : tuples of str
        Of the inputs and results, in the order of ``np.ravel``.
    nominal : Interval
        f(c).
    range : Interval
        Contains f(x) for all x in X: by `enclose`, and where f is monotone, from the corners that this leaves.
    inner : Interval
        Contained in the hull of the range.
    jacobian : Interval
        ``∂f_i/∂x_j`` at all points of X; for a continuous f, also the slopes of all secants along x_j.
    monotone : array of int
        1 where f_i is proved not to fall as x_j grows, whatever the other inputs are in X; -1 where it is proved not
        to rise; 0 where neither is proved.
    contribution : Interval
        To first order, ``∂f_i/∂x_j(c) h_j``.
    remainder : Interval
        All the rest: ``f(x) ∈ nominal + Σ_j contribution_j + remainder`` for every x in X at which f is defined.
    remainder_form : str, or array of str
        "second order", ``½ Σ H_jk(X) h_j h_k``; "mean value", ``Σ (∂f/∂x_j(X) - ∂f/∂x_j(c)) h_j``; "range", what is
        left of the range; or "none" for an unknown remainder. The narrowest that holds is taken.
    interactions : array of float, with two axes for the inputs
        Bounds ``½ max|H_jk(X)| r_j r_k`` of what inputs j and k add to the second order remainder together. Their sum
        over k is the share of input j, the sum of all bounds the remainder. Infinite where f may have kinks.
    swing : Interval
        The range of f_i over X_j, all other inputs at c.
    swing_inner : Interval
        Contained in the hull of that range.
    swing_width : Interval
        Bounds of its width.
    condition, condition_at_centre : Interval
        ``x_j ∂f_i/∂x_j / f_i`` at all points of X, and at c: by how many per cent f_i changes if x_j does by one.
        Entire where f_i may be 0.
    reasons : tuple of str
        For each result, what is missing to prove that it is defined on all of X; empty if nothing is. Everything else
        holds at the points where it is defined.
    notes : tuple of tuples of str
        For each result, what else is weaker than it could be, and why.

    Examples
    --------
    >>> import taylorad as ta
    >>> print(ta.verified.sensitivity(lambda x: x[0] + 2 * x[1], {"a": (0, 2), "b": (3, 5)}, outputs=["y"]))
    y: nominal [9], range [6, 12], proved
    first order [-3, 3], remainder [0] by second derivatives
    <BLANKLINE>
    rank  input  interval  width of swing  share in %    trend      derivative  condition       2nd order
    1     b      [3, 5]    [4]             [66.6, 66.7]  increases  [2]         [0.888, 0.889]  0
    2     a      [0, 2]    [2]             [33.3, 33.4]  increases  [1]         [0.111, 0.112]  0
    """

    box: Interval
    names: tuple[str, ...]
    outputs: tuple[str, ...]
    nominal: Interval
    range: Interval
    inner: Interval
    jacobian: Interval
    monotone: np.ndarray
    contribution: Interval
    swing: Interval
    swing_inner: Interval
    swing_width: Interval
    remainder: Interval
    remainder_form: Any
    interactions: np.ndarray
    condition: Interval
    condition_at_centre: Interval
    reasons: tuple[str, ...]
    notes: tuple[tuple[str, ...], ...]

    @property
    def proved(self) -> bool:
        """Whether all results are proved to be defined on the whole box."""
        return not any(self.reasons)

    @property
    def reason(self) -> str:
        """What is missing for that, empty if nothing is."""
        return "; ".join(f"{name}: {why}" for name, why in zip(self.outputs, self.reasons, strict=True) if why)

    # -------------------------------------------------------------------------------------------------- ranking

    @property
    def ranking(self) -> np.ndarray:
        """Positions of the inputs in ``np.ravel(box)``, from the widest swing to the narrowest, for each result.

        Where `ranks` shows that an order is not proved, it is that of the upper bounds.
        """
        inf, sup = self._rows(self.swing_width).ends
        order = np.stack([np.lexsort((-low, -high)) for low, high in zip(inf, sup, strict=True)])
        return order.reshape(*self.nominal.shape, -1)

    @property
    def ranks(self) -> np.ndarray:
        """The best and the worst rank each input can have by the width of its swing, 1 for the widest.

        Shape of f(x), of the box, and 2. Both are equal where the rank is proved.
        """
        inf, sup = self._rows(self.swing_width).ends
        wider = np.sum(inf[:, None, :] > sup[:, :, None], axis=-1)
        narrower = np.sum(sup[:, None, :] < inf[:, :, None], axis=-1)
        both = np.stack([1 + wider, inf.shape[1] - narrower], axis=-1)
        return both.reshape(*self.jacobian.shape, 2)

    @property
    def share(self) -> Interval:
        """The width of each swing as a part of the sum of all of them, between 0 and 1."""
        rows = self._rows(self.swing_width)
        shares: Any = np.stack([_part(row, j) for row in rows for j in range(len(row))])
        return shares.reshape(self.jacobian.shape)

    # --------------------------------------------------------------------------------------------------- showing

    def __str__(self) -> str:
        return "\n\n".join(self.table(i) for i in range(len(self.outputs)))

    __repr__ = __str__

    def table(self, output: int | str = 0) -> str:
        """One result, by its number or name, as text, its inputs ranked.

        Columns: the ranks that are possible; the input and its interval, in the fewest digits that are read as it; the
        bounds of `swing_width`; `share`; `monotone`; `jacobian`; `condition_at_centre`; and the sum of `interactions`
        over the other inputs and itself. All but the interval are rounded outward, so that what is shown is proved.
        """
        return as_text(self, self.position(output))

    def _repr_html_(self) -> str:
        return as_html(self)

    def tornado(self, output: int | str = 0, ax: Axes | None = None) -> Axes:
        """Draw the swing of one result along each input, the widest on top.

        Bars are the proved bounds; where the values that were found do not reach so far, that part is hatched. The
        half on which a monotone input has its low or its high end has the colour of that end; bars of inputs whose
        trend is not proved are grey.

        Parameters
        ----------
        output : int or str
            The result, by its number or name.
        ax : matplotlib Axes, optional
            Where to draw; without it, on a new figure of `matplotlib.pyplot`.

        Returns
        -------
        Axes

        Raises
        ------
        ImportError
            Without matplotlib, an optional extra: ``pip install "taylorad[plot]"``.

        Notes
        -----
        T. G. Eschenbach, Spiderplots versus tornado diagrams for sensitivity analysis, Interfaces 22 (1992) 40.
        """
        from taylorad.verified.tornado import draw

        return draw(self, self.position(output), ax)

    def position(self, output: int | str) -> int:
        """The number of a result, given by its number or name."""
        if isinstance(output, str):
            if output not in self.outputs:
                raise ValueError(f"there is no result {output!r}: it is one of {', '.join(self.outputs)}")
            return self.outputs.index(output)
        if not -len(self.outputs) <= output < len(self.outputs):
            raise ValueError(f"output must be less than {len(self.outputs)}, the number of results, got {output}")
        return int(output) % len(self.outputs)

    def row(self, name: str, output: int) -> Any:
        """An attribute with entries for results and inputs, those of one result in the order of `ranking`."""
        entries = np.reshape(getattr(self, name), (len(self.outputs), len(self.names), -1))[output]
        return np.reshape(entries[self.ranking.reshape(len(self.outputs), -1)[output]], (len(self.names), -1))

    def _rows(self, entries: Any) -> Any:
        return np.reshape(entries, (len(self.outputs), len(self.names)))


def _part(widths: Interval, j: int) -> Interval:
    """One of several numbers as a part of their sum: it grows with that one, and falls with the others."""
    others = np.sum(np.where(np.arange(len(widths)) == j, 0.0, widths))

    def part(own: float, rest: float) -> Interval:
        return Interval(own) / (Interval(own) + rest) if own + rest < np.inf else Interval(0.0, 1.0)

    (low, high), (least, most) = map(float, widths[j].ends), map(float, others.ends)
    if high == 0:
        return Interval(0.0)
    inf = part(low, most).inf if low > 0 else 0.0
    return Interval(max(inf, 0.0), min(part(high, least).sup, 1.0))
