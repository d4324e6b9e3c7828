"""The tornado chart of a sensitivity study. matplotlib is an optional extra and is imported on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from taylorad.algebras.interval import Interval
from taylorad.verified.tables import as_given, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from taylorad.verified.findings import Sensitivity

# Okabe and Ito's palette, told apart by colour-blind readers too; the two ends also differ in lightness
LOW, HIGH, OPEN = "#0072b2", "#e69f00", "#999999"
HEIGHT = 0.66  # of a bar, in rows
MOST = 30  # rows that are drawn


def draw(study: Sensitivity, output: int, ax: Axes | None = None) -> Axes:
    """See `Sensitivity.tornado`."""
    order = study.ranking.reshape(len(study.outputs), -1)[output][:MOST]
    ax = _new_axes(len(order)) if ax is None else ax
    nominal = float(np.ravel(study.nominal)[output].midpoint)
    bars = study.row("swing", output)[: len(order), 0]
    inner, signs = (study.row(name, output)[: len(order), 0] for name in ("swing_inner", "monotone"))
    limits = _limits(bars, inner, nominal)
    for k in range(len(order)):
        _bar(ax, k, nominal, bars[k], inner[k], int(signs[k]), limits)
    ax.axvline(nominal, color="black", linewidth=1.0, zorder=4)
    ax.set_xlim(*limits)
    ax.set_ylim(len(order) - 0.4, -0.6)
    box, widths = np.ravel(study.box), study.row("swing_width", output)[:, 0]
    ax.set_yticks(range(len(order)), [f"{study.names[j]}\n{as_given(box[j])}" for j in order], fontsize=9)
    ax.set_xlabel(f"{study.outputs[output]}, one input varied, the others at their centres")
    for row, text in enumerate([*(shown(w, 3) for w in widths[: len(order)])]):
        ax.text(1.01, row, text, transform=ax.get_yaxis_transform(), fontsize=8, va="center")
    ax.text(1.01, -0.6, "width", transform=ax.get_yaxis_transform(), fontsize=8, va="center")
    _describe(ax, study, output)
    _legend(ax, signs, bars, inner)
    return ax


def _new_axes(rows: int) -> Axes:
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError('tornado charts need matplotlib: pip install "taylorad[plot]"') from None
    return pyplot.subplots(figsize=(8.5, 1.7 + 0.46 * rows), layout="constrained")[1]


def _limits(bars: Interval, inner: Interval, nominal: float) -> tuple[float, float]:
    """What is drawn: all finite ends, and some room beside them."""
    ends = np.concatenate([np.ravel(end) for x in (bars, inner) for end in x.ends] + [np.array([nominal])])
    ends = ends[np.isfinite(ends)]
    low, high = (float(ends.min()), float(ends.max())) if ends.size else (-1.0, 1.0)
    room = 0.04 * (high - low) or 0.1 * abs(high) or 1.0
    return low - room, high + room


def _bar(
    ax: Axes, row: int, nominal: float, bar: Interval, inner: Interval, sign: int, limits: tuple[float, float]
) -> None:
    """The proved bounds hatched, and the values that were found on top of them."""
    if bar.is_empty:
        return
    middle = float(np.clip(nominal, *limits)) if np.isfinite(nominal) else float(bar.midpoint)
    colors = {1: (LOW, HIGH), -1: (HIGH, LOW), 0: (OPEN, OPEN)}[sign]
    for side, color in enumerate(colors):
        outer = float(np.clip(bar.ends[side], *limits))
        options: dict[str, Any] = {"height": HEIGHT, "left": middle}
        ax.barh(row, outer - middle, **options, facecolor="none", edgecolor=color, hatch="//////", linewidth=0.0)
        if not inner.is_empty:
            found = float(inner.ends[side])
            ax.barh(row, found - middle, **options, facecolor=color, zorder=3)
    ends = [float(np.clip(end, *limits)) for end in bar.ends]
    ax.barh(
        row,
        ends[1] - ends[0],
        left=ends[0],
        height=HEIGHT,
        facecolor="none",
        edgecolor="black",
        linewidth=0.6,
        zorder=3.5,
    )


def _describe(ax: Axes, study: Sensitivity, output: int) -> None:
    """Nominal value and range, and the look of the axes."""
    nominal, whole = np.ravel(study.nominal)[output], np.ravel(study.range)[output]
    standing = "not proved to be defined on the whole box: " if study.reasons[output] else ""
    values = f"{shown(nominal, 6)} at the centre, {shown(whole, 6)} for all inputs"
    ax.set_title(f"{standing}{study.outputs[output]} in {values}", fontsize=10)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)


def _legend(ax: Axes, signs: np.ndarray, bars: Interval, inner: Interval) -> None:
    """Only what is in the chart, below it."""
    from matplotlib.patches import Patch
    from matplotlib.transforms import offset_copy

    handles = [Patch(color=LOW, label="input at its low end"), Patch(color=HIGH, label="input at its high end")]
    handles = handles if np.any(signs) else []
    if np.any(signs == 0):
        handles.append(Patch(color=OPEN, label="trend not proved"))
    low, high = (np.clip(end, *ax.get_xlim()) for end in bars.ends)
    found = np.where(inner.is_empty, 0.0, inner.width)
    if np.any(high - low - found > 0.003 * np.diff(ax.get_xlim())):
        handles.append(
            Patch(facecolor="none", edgecolor="0.4", hatch="//////", label="proved bound beyond values found")
        )
    below = offset_copy(ax.transAxes, ax.get_figure(root=True), y=-38, units="points")
    options: dict[str, Any] = {
        "loc": "upper center",
        "bbox_to_anchor": (0.5, 0.0),
        "bbox_transform": below,
        "borderaxespad": 0.0,
    }
    ax.legend(handles=handles, ncols=2, fontsize=9, frameon=False, **options)
