"""The figures of the command line: regression fits, and a function with its Taylor polynomials.

matplotlib is an optional extra and is imported only here, on first use. Figures are drawn without pyplot, hence without
a display and without global state.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from taylorad.algebras import Taylor
    from taylorad.nist import Problem, Result
    from taylorad.orbit import Orbit

__all__ = ["FigureError", "check_target", "fits_figure", "orbit_figure", "save", "series_figure"]

# Okabe and Ito's palette, told apart by colour-blind readers too
BLUE, ORANGE, GREEN, RED = "#0072b2", "#e69f00", "#009e73", "#d55e00"
CURVES = (BLUE, RED, GREEN, "#cc79a7", ORANGE, "#56b4e9", "#000000")
POINTS = 801


class FigureError(Exception):
    """A figure cannot be drawn or written; the message is one line."""


def _figure(width: float, height: float) -> Figure:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise FigureError('plots need matplotlib: pip install "taylorad[plot]"') from None
    return Figure(figsize=(width, height), dpi=150, layout="constrained")


def check_target(path: str) -> None:
    """Refuse, before any work is done, a file that cannot be written or is of a kind that cannot be drawn."""
    kinds = _figure(1, 1).canvas.get_supported_filetypes()
    target = Path(path)
    if target.suffix.lower().lstrip(".") not in kinds:
        known = ", ".join(f".{kind}" for kind in ("png", "svg", "pdf"))
        raise FigureError(f"cannot draw {path!r}: its name must end in {known} or another format of matplotlib")
    if target.is_dir() or not os.access(target if target.exists() else target.parent, os.W_OK):
        raise FigureError(f"cannot write {path!r}: give a file in a folder that exists and is writable")


def save(figure: Figure, path: str) -> None:
    """Write a figure in the format its name ends in."""
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise FigureError(f"cannot write {path!r}: {' '.join(str(error).split())}") from None


def fits_figure(problems: Sequence[Problem], results: Sequence[Result]) -> Figure:
    """Data and fitted curves: one panel for each problem, with the curve from each start point that was run."""
    columns = math.ceil(math.sqrt(len(problems)))
    rows = math.ceil(len(problems) / columns)
    is_single = len(problems) == 1
    figure = _figure(7.0, 4.8) if is_single else _figure(3.2 * columns, 2.5 * rows + 0.4)
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for panel, problem in zip(panels, problems, strict=False):
        runs = [result for result in results if result.problem == problem.name]
        draw = _draw_curve if len(problem.predictors) == 1 else _draw_family
        draw(panel, problem, runs, 4.0 if is_single else 2.5)
        digits = " and ".join(f"{run.digits:.1f}" for run in runs)
        panel.set_title(f"{problem.name}: {digits} digits" if runs else problem.name, fontsize=None if is_single else 9)
        panel.set_xlabel(problem.predictor_names[0], labelpad=3)
        panel.set_ylabel(problem.response_formula.replace("[", "(").replace("]", ")"), labelpad=3)
        panel.tick_params(labelsize=None if is_single else 7)
        panel.spines[["top", "right"]].set_visible(False)
    for panel in panels[len(problems) :]:
        panel.set_axis_off()
    handles, labels = max((panel.get_legend_handles_labels() for panel in panels), key=lambda pair: "data" in pair[1])
    if "data" in labels:
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    return figure


def _draw_curve(panel: Axes, problem: Problem, runs: Sequence[Result], size: float) -> None:
    """One predictor: the fit from start 1 as a line, the fit from start 2 as dashes on top of it."""
    (x,) = problem.predictors
    dots: dict[str, Any] = {"color": "black", "markersize": size, "markeredgewidth": size / 6, "fillstyle": "none"}
    panel.plot(x, problem.response, "o", **dots, alpha=0.5, zorder=3, label="data")
    fine = np.linspace(x.min(), x.max(), POINTS)
    styles: dict[int, dict[str, Any]] = {1: {"color": BLUE, "linewidth": 0.6 * size}}
    styles[2] = {"color": ORANGE, "linewidth": 0.4 * size, "dashes": (3, 2)}
    for run in runs:
        with np.errstate(all="ignore"):
            curve = np.broadcast_to(problem.model(run.parameters, [fine]), fine.shape)
        panel.plot(fine, curve, **styles[run.start], label=f"fit from start {run.start}")


def _draw_family(panel: Axes, problem: Problem, runs: Sequence[Result], size: float) -> None:
    """Several predictors: the best fit over the first one, one curve for each combination of the others."""
    first, *others = problem.predictors
    fine = np.linspace(first.min(), first.max(), POINTS)
    combinations = np.unique(np.array(others), axis=1).T
    names = problem.predictor_names[1:]
    best = max(runs, key=lambda run: run.digits, default=None)
    for combination, color in zip(combinations, _shades(len(combinations)), strict=True):
        chosen = np.all(np.array(others) == combination[:, None], axis=0)
        label = ", ".join(f"{name} = {value:g}" for name, value in zip(names, combination, strict=True))
        panel.plot(
            first[chosen], problem.response[chosen], "o", color=color, markersize=size, alpha=0.6, markeredgewidth=0
        )
        if best is not None:
            with np.errstate(all="ignore"):
                curve = problem.model(best.parameters, [fine, *combination])
            panel.plot(fine, np.broadcast_to(curve, fine.shape), color=color, linewidth=1.5, label=label)
    panel.legend(fontsize=2.0 * size, frameon=False, handlelength=1)


def _shades(count: int) -> list[Any]:
    from matplotlib import colormaps

    return [colormaps["viridis"](fraction) for fraction in np.linspace(0.0, 0.85, count)]


def series_figure(function: Callable[[Any], Any], series: Taylor, at: float, title: str, variable: str) -> Figure:
    """A function, some of its Taylor polynomials, and the estimated interval of convergence, shaded."""
    radius = float(series.radius_of_convergence())
    has_radius = np.isfinite(radius) and radius > 0
    reach = 4.0 * max(1.0, abs(at))
    if has_radius:
        reach = min(1.6 * radius, reach)  # an entire function may get a huge estimate
    x = np.linspace(at - reach, at + reach, POINTS)
    with np.errstate(all="ignore"):
        exact = np.broadcast_to(np.asarray(function(x), dtype=float), x.shape)
    figure = _figure(7.0, 4.8)
    panel = figure.subplots()
    if has_radius:
        label = f"radius of convergence ≈ {radius:.4g}"
        panel.axvspan(at - radius, at + radius, color=BLUE, alpha=0.08, linewidth=0, label=label)
    panel.plot(x, np.where(np.isfinite(exact), exact, np.nan), color="black", linewidth=2.2, label=title)
    for order, color in zip(_orders(series.order), CURVES, strict=False):
        with np.errstate(all="ignore"):
            polynomial = np.broadcast_to(series.truncate(order)(x - at), x.shape)
        panel.plot(x, polynomial, color=color, linewidth=1.2, label=f"order {order}")
    panel.plot(at, float(series.value), "o", color="black", markersize=5)
    panel.set_ylim(*_limits(exact, x, at, radius if has_radius else reach, float(series.value)))
    panel.set_xlim(x[0], x[-1])
    panel.set_xlabel(variable)
    panel.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    return figure


def _orders(order: int) -> list[int]:
    """Up to five orders that double down from the highest, so that the approach to the function shows."""
    orders = [order]
    while len(orders) < 5 and orders[0] > 1:
        orders.insert(0, orders[0] // 2)
    return orders


def _limits(exact: Any, x: Any, at: float, reach: float, value: float) -> tuple[float, float]:
    """Vertical limits from the function itself, without its poles: polynomials may leave the panel."""
    inside = exact[np.isfinite(exact) & (np.abs(x - at) <= reach)]
    low, high = np.quantile(inside, [0.04, 0.96]) if inside.size else (value, value)
    padding = 0.4 * (high - low) or 1.0
    return float(min(low, value) - padding), float(max(high, value) + padding)


def orbit_figure(orbit: Orbit) -> Figure:
    """The planets' orbits seen from above, and how the error of the energy grows."""
    from taylorad.ode.systems.solar import BODIES

    figure = _figure(10.0, 4.8)
    above, error = figure.subplots(1, 2)
    sun, *planets = orbit.path
    above.plot(0.0, 0.0, "o", color=ORANGE, markersize=5, label=BODIES[0])
    for name, path, color in zip(BODIES[1:], planets, (BLUE, RED, GREEN, CURVES[5], CURVES[3]), strict=True):
        x, y = path[0] - sun[0], path[1] - sun[1]
        above.plot(x, y, color=color, linewidth=0.8, label=name)
        above.plot(x[0], y[0], "o", color=color, markersize=4)
    above.set_aspect("equal")
    above.set_xlabel("x from the Sun, AU")
    above.set_ylabel("y, AU")
    drawn = min(abs(orbit.years), 250.0)
    above.set_title(f"the first {drawn:g} years, dots where they begin", fontsize=10)
    above.legend(fontsize=8, frameon=False, ncols=6, loc="upper center", bbox_to_anchor=(0.5, -0.12), columnspacing=1.0)
    error.plot(orbit.times, orbit.errors, color=BLUE, linewidth=0.9)
    error.axhline(0.0, color="black", linewidth=0.5)
    error.set_xlabel("years")
    error.set_ylabel("relative error of the energy")
    error.set_title(f"{orbit.steps} steps, root mean square {orbit.rms:.1e}", fontsize=10)
    for panel in (above, error):
        panel.spines[["top", "right"]].set_visible(False)
    return figure
