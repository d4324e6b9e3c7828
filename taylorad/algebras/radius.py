"""Radius of convergence from finitely many coefficients.

One dominant singularity of a function f at distance R, like (1 - t/R)^(-p), makes the ratios

    c_k/c_{k-1} = (1 + (p - 1)/k + …)/R

(Domb and Sykes, Proc. R. Soc. A 240 (1957) 214), and a complex pair of them makes

    B_k² = (c_{k+1} c_{k-1} - c_k²)/(c_k c_{k-2} - c_{k-1}²) = (1 + O(1/k))²/R²

(Mercer and Roberts, SIAM J. Appl. Math. 50 (1990) 1547). Both are fitted by a line in 1/k, whose value at 1/k = 0 is
1/R. Where neither is smooth, the upper envelope of log|c_k| is fitted.
"""

from __future__ import annotations

import math

import numpy as np


def estimate_radius(coefficients: np.ndarray) -> float:
    """Radius of convergence of the series with these coefficients (real or complex); inf if no singularity shows."""
    c = np.asarray(coefficients)
    order = len(c) - 1
    nonzero = np.flatnonzero(np.isfinite(c) & (c != 0))
    if len(nonzero) < 2 or nonzero[-1] <= order / 2:
        return math.inf
    c = _balanced(c, nonzero)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratios = np.abs(c[2:] / c[1:-1])
        pairs = np.sqrt(np.abs((c[3:] * c[1:-2] - c[2:-1] ** 2) / (c[2:-1] * c[:-3] - c[1:-2] ** 2)))
    for sequence, first, tolerance in ((ratios, 2, 0.01), (pairs, 2, 0.1)):
        inverse = _limit(sequence, np.arange(first, first + len(sequence)), tolerance)
        if inverse is not None:
            return _scale(coefficients, nonzero) / inverse if inverse > 0 else math.inf
    return _envelope(np.abs(coefficients), nonzero)


def _scale(c: np.ndarray, nonzero: np.ndarray) -> float:
    """The geometric rate between the first and last nonzero coefficients of the upper half."""
    upper = nonzero[nonzero >= nonzero[-1] / 2]
    first, last = (upper[0], upper[-1]) if len(upper) > 1 else (nonzero[0], nonzero[-1])
    return float(np.exp((np.log(abs(c[first])) - np.log(abs(c[last]))) / (last - first)))


def _balanced(c: np.ndarray, nonzero: np.ndarray) -> np.ndarray:
    """The coefficients in units of the geometric rate, so that their products neither over- nor underflow."""
    k = np.arange(len(c))
    with np.errstate(divide="ignore", invalid="ignore"):
        exponent = np.log(np.abs(c)) + k * np.log(_scale(c, nonzero))
        phase = c / np.abs(c)
    exponent -= np.max(exponent[nonzero])
    return np.where(c == 0, 0, np.where(c == 0, 1, phase) * np.exp(np.where(c == 0, 0, exponent)))


def _limit(sequence: np.ndarray, k: np.ndarray, tolerance: float) -> float | None:
    """Value at infinite k of a line in 1/k through the upper half of a sequence; None if it is no such line.

    0 when the line goes through the origin: the terms themselves are proportional to 1/k.
    """
    if len(k) < 3:
        return None
    usable = np.isfinite(sequence) & (sequence > 0) & (k >= k[-1] / 2)
    if usable.sum() < 3 or usable.sum() < 0.8 * (k >= k[-1] / 2).sum():
        return None
    x, y = 1 / k[usable], sequence[usable]
    slope, intercept = np.polyfit(x, y, 1)
    mean = float(np.mean(y))
    if np.sqrt(np.mean((slope * x + intercept - y) ** 2)) > tolerance * mean:
        return None
    return 0.0 if intercept < 0.1 * mean else float(intercept)


def _envelope(magnitudes: np.ndarray, nonzero: np.ndarray) -> float:
    """From the slope of log|c_k| through the largest coefficients of blocks of three in the upper half."""
    order = len(magnitudes) - 1
    blocks = [b[magnitudes[b] > 0] for b in np.array_split(np.arange(order // 2, order + 1), max(2, order // 6))]
    peaks = np.array([b[np.argmax(magnitudes[b])] for b in blocks if len(b)])
    if len(peaks) < 2:
        return math.inf
    slope = np.polyfit(peaks, np.log(magnitudes[peaks]), 1)[0]
    return float(np.exp(-slope))
