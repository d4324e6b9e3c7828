"""What the figures share: Okabe and Ito's palette, told apart by colour-blind readers, and files that do not vary."""

from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

BLUE, RED, GREEN, ORANGE, PINK, SKY = "#0072b2", "#d55e00", "#009e73", "#e69f00", "#cc79a7", "#56b4e9"
WIDTH = 8.0  # inches, 768 pixels


def panels(count: int, height: float = 3.9) -> tuple[Figure, list[Axes]]:
    """Return a figure without pyplot, hence without a display, as wide as a page, and its panels side by side."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = list(figure.subplots(1, count, squeeze=False).flat)
    for panel in axes:
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=8.5)
        panel.xaxis.label.set_size(9)
        panel.yaxis.label.set_size(9)
    return figure, axes


def save(figure: Figure, file: str | Path) -> None:
    """Write a figure in the format its name ends in; an SVG is the same, byte for byte, in every build."""
    metadata = {"Date": None} if str(file).endswith(".svg") else None
    with matplotlib.rc_context({"svg.hashsalt": "taylorad"}):
        figure.savefig(file, dpi=150, metadata=metadata)
