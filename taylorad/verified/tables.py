"""The tables of a sensitivity study, as text and for notebooks. Results are rounded outward, never to the nearest."""

from __future__ import annotations

import math
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from taylorad.algebras.interval import Interval
from taylorad.rings.interval.printing import formatted
from taylorad.rings.interval.text import parse

if TYPE_CHECKING:
    from taylorad.verified.findings import Sensitivity

HEADERS = ("rank", "input", "interval", "width of swing", "share in %", "trend", "derivative", "condition", "2nd order")
FORMS = {"second order": " by second derivatives", "mean value": " by first derivatives", "range": " from the range"}
TRENDS = {1: "increases", -1: "decreases", 0: "not proved"}


def as_text(study: Sensitivity, output: int) -> str:
    """One result, its inputs ranked."""
    rows = [HEADERS, *_cells(study, output)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*_head(study, output), "", *lines])


def as_html(study: Sensitivity) -> str:
    """All results."""
    parts = []
    for i in range(len(study.outputs)):
        head = "<br>".join(map(escape, _head(study, i)))
        rows = "".join(_html_row("td", cells) for cells in _cells(study, i))
        parts.append(f"<p>{head}</p><table><thead>{_html_row('th', HEADERS)}</thead><tbody>{rows}</tbody></table>")
    return "".join(parts)


def shown(x: Interval, digits: int = 3) -> str:
    """An interval in few digits, rounded outward."""
    return formatted(*x.ends, digits=digits)


def as_given(x: Interval) -> str:
    """An interval with ends of the fewest digits that are read as them, by Python or as a literal of an interval."""
    low, high = (_shortest(float(end), side) for side, end in enumerate(x.ends))
    return f"[{low}]" if low == high else f"[{low}, {high}]"


def _shortest(end: float, side: int) -> str:
    if not math.isfinite(end):
        return str(end)
    texts = (f"{end:.{digits}g}" for digits in range(1, 18))
    number = Decimal(next(text for text in texts if float(text) == end or parse(f"[{text}]")[side] == end)).normalize()
    return f"{number:f}" if -5 <= number.adjusted() < 16 else f"{number:.{len(number.as_tuple().digits) - 1}e}"


def _head(study: Sensitivity, output: int) -> list[str]:
    """What is known of one result as a whole."""
    nominal, whole, rest = (np.ravel(x)[output] for x in (study.nominal, study.range, study.remainder))
    first = np.sum(study.row("contribution", output))
    form = FORMS.get(str(np.ravel(study.remainder_form)[output]), "")
    reason = study.reasons[output]
    return [
        f"{study.outputs[output]}: nominal {shown(nominal, 6)}, range {shown(whole, 6)}, "
        + (f"NOT PROVED: {reason}" if reason else "proved"),
        f"first order {shown(first, 4)}, remainder {shown(rest, 4)}{form}",
        *(f"note: {note}" for note in study.notes[output]),
    ]


def _cells(study: Sensitivity, output: int) -> list[tuple[str, ...]]:
    """One row for each input, in the order of the ranking."""
    order = study.ranking.reshape(len(study.outputs), -1)[output]
    ranks, trends = study.row("ranks", output), study.row("monotone", output)
    columns = [study.row(name, output)[:, 0] for name in ("swing_width", "share", "jacobian", "condition_at_centre")]
    cells: list[tuple[str, ...]] = []
    for k, j in enumerate(order):
        width, share, slope, condition = (column[k] for column in columns)
        best, worst = ranks[k].tolist()
        constant = slope.ends[0] == 0 == slope.ends[1] and trends[k, 0]
        cells.append(
            (
                str(best) if best == worst else f"{best}-{worst}",
                study.names[j],
                as_given(np.ravel(study.box)[j]),
                shown(width, 4),
                shown(100 * share),
                "constant" if constant else TRENDS[int(trends[k, 0])],
                shown(slope),
                shown(condition),
                _above(study.row("interactions", output)[k]),
            )
        )
    return cells


def _above(bounds: np.ndarray) -> str:
    """The sum of some bounds, rounded upward."""
    if not np.all(np.isfinite(bounds)):
        return "unknown"
    total = float(np.sum(Interval(bounds)).sup)
    return formatted(total, total, digits=3).strip("[]").split(", ")[-1]


def _html_row(tag: str, cells: Any) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"
