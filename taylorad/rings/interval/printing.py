"""Intervals of doubles as text that never shows less than what is there.

Four forms, all literals that `taylorad.rings.interval.text.parse` reads:

* ``"decimal"``: ends rounded outward, shown inf ≤ inf ≤ sup ≤ shown sup as exact numbers. Without `digits` each end has
  the fewest digits that stay within one step of the doubles, so that reading it back costs at most one step an end.
  The double nearest to 0.1 lies above 1/10: it is shown as ``[0.1, 0.10000000000000001]``. Only ends shown exactly can
  come back unchanged, since reading rounds outward, too: that is the next form.
* ``"exact"``: ends exactly, so that reading gives the same doubles: decimal where 17 digits suffice, else hexadecimal.
* ``"hexadecimal"``: ends exactly, as ``0x1.999999999999ap-4``.
* ``"uncertain"``: the digits that are known and the uncertainty of the last one, ``1.41421356?4``, an enclosure, too.
"""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from typing import Any

import numpy as np

__all__ = ["formatted"]

_ENOUGH = 17  # significant digits: some decimal of so many lies within one step on either side of any double
_EXACT = Context(prec=2000)  # the longest double has 767 digits
FORMS = ("decimal", "exact", "hexadecimal", "uncertain")


def formatted(inf: Any, sup: Any, decoration: Any = None, digits: int | None = None, form: str = "decimal") -> str:
    """An interval, or nested lists of them, as text that encloses it.

    Parameters
    ----------
    inf, sup : array_like of float64, equal shapes
        nan in both for the empty interval.
    decoration : str or array_like of str of the same shape, optional
        Appended as ``_dac``; ``"ill"`` shows ``[nai]``.
    digits : int, optional
        Significant decimal digits, of each end in the form ``"decimal"``, of the midpoint in ``"uncertain"``, at most.
    form : {"decimal", "exact", "hexadecimal", "uncertain"}
        See the module. Unbounded intervals have no form ``"uncertain"`` and take brackets there.

    Returns
    -------
    str
        For arrays, in nested brackets, shortened as NumPy's print options say.

    Raises
    ------
    ValueError
        If `form` is another word or `digits` is not positive.

    Examples
    --------
    >>> formatted(0.1, 0.2)
    '[0.1, 0.20000000000000002]'
    >>> formatted(0.1, 0.5, "com", form="exact")
    '[0x1.999999999999ap-4, 0.5]_com'
    >>> formatted(1.41421356, 1.41421357, form="uncertain"), formatted(1.41421356, 1.41421357, digits=4)
    ('1.414213565?6', '[1.414, 1.415]')
    >>> print(formatted([1.0, -np.inf, np.nan], [1.0, 2.0, np.nan]))
    [[1], [-inf, 2], [empty]]
    """
    if form not in FORMS:
        raise ValueError(f"form must be one of {', '.join(map(repr, FORMS))}, got {form!r}")
    if digits is not None and (not isinstance(digits, int | np.integer) or digits < 1):
        raise ValueError(f"digits must be a positive integer, got {digits!r}")
    inf, sup = np.asarray(inf, dtype=float), np.asarray(sup, dtype=float)
    decorations = None if decoration is None else np.broadcast_to(np.asarray(decoration, dtype=str), inf.shape)

    def element(i: Any) -> str:
        name = None if decorations is None else str(decorations.flat[i])
        return _one(float(inf.flat[i]), float(sup.flat[i]), name, digits, form)

    if inf.ndim == 0:
        return element(0)
    numbers = np.arange(inf.size).reshape(inf.shape)  # so that texts are made of the elements shown only
    return np.array2string(numbers, separator=", ", formatter={"int": element}) if inf.size else "[]"


def _one(inf: float, sup: float, decoration: str | None, digits: int | None, form: str) -> str:
    if decoration == "ill":
        return "[nai]"
    suffix = "" if decoration is None else f"_{decoration}"
    if math.isnan(inf):
        return f"[empty]{suffix}"
    if inf == -math.inf and sup == math.inf:
        return f"[entire]{suffix}"
    if form == "uncertain" and math.isfinite(inf) and math.isfinite(sup):
        return f"{_uncertain(inf, sup, digits or _ENOUGH)}{suffix}"
    below, above = _end(inf, -1, digits, form), _end(sup, +1, digits, form)
    return f"[{below}]{suffix}" if below == above else f"[{below}, {above}]{suffix}"


def _end(value: float, side: int, digits: int | None, form: str) -> str:
    """One end; `side` is -1 for a lower end, 1 for an upper one."""
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    exact = Decimal(value)
    if form == "hexadecimal" or (form == "exact" and _length(exact) > _ENOUGH):
        return _hexadecimal(value)
    if form == "exact":
        return _plain(exact)
    return _plain(_shortest(value, side) if digits is None else _outward(exact, side, digits))


def _length(number: Decimal) -> int:
    return len(number.normalize(_EXACT).as_tuple().digits)


def _outward(number: Decimal, side: int, digits: int) -> Decimal:
    """`number` rounded to `digits` significant digits, down for side -1, up for side 1."""
    return Context(prec=digits, rounding=ROUND_FLOOR if side < 0 else ROUND_CEILING).plus(number)


def _shortest(value: float, side: int) -> Decimal:
    """The decimal of fewest digits between `value` and the next double outward, which is excluded."""
    exact, limit = Decimal(value), Decimal(math.nextafter(value, side * math.inf))
    candidates = (_outward(exact, side, digits) for digits in range(1, _ENOUGH))
    within = (number for number in candidates if (number < limit if side > 0 else number > limit))
    return next(within, _outward(exact, side, _ENOUGH))


def _hexadecimal(value: float) -> str:
    """The digits of float.hex() without zeros at the end."""
    mantissa, exponent = value.hex().split("p")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return "0" if mantissa in ("0x0", "-0x0", "0x", "-0x") else f"{mantissa}p{exponent}"


def _plain(number: Decimal) -> str:
    """A decimal without zeros at the end, with an exponent outside of 1e-5 to 1e16."""
    number = number.normalize(_EXACT)
    if number == 0:
        return "0"
    if -5 <= number.adjusted() < 16:
        return f"{number:f}"
    sign, digits, _ = number.as_tuple()
    return f"{'-' if sign else ''}{_pointed(digits)}e{number.adjusted():+d}"


def _pointed(digits: tuple[int, ...]) -> str:
    whole, *rest = map(str, digits)
    return f"{whole}.{''.join(rest)}" if rest else whole


def _uncertain(inf: float, sup: float, digits: int) -> str:
    """``m?r``: the finest last place at which one digit r covers both ends, and m has at most `digits` digits."""
    low, high = Fraction(inf), Fraction(sup)
    middle, magnitude = (low + high) / 2, max(abs(inf), abs(sup))
    if magnitude == 0:
        return "0?0"
    place = Decimal(magnitude).adjusted() - digits + 1
    if low == high and _length(Decimal(inf)) <= digits:
        place = Decimal(inf).normalize(_EXACT).as_tuple().exponent  # type: ignore[assignment]
    elif low < high:
        place = max(place, _EXACT.subtract(Decimal(sup), Decimal(inf)).adjusted() - 2)
    while True:
        unit = Fraction(10) ** place
        mantissa = round(middle / unit)
        radius = math.ceil(max(high / unit - mantissa, mantissa - low / unit))
        if radius <= 9:
            return _with_radius(mantissa, place, radius)
        place += 1


def _with_radius(mantissa: int, place: int, radius: int) -> str:
    """The literal of mantissa 10^place give or take radius 10^place."""
    digits = tuple(map(int, str(abs(mantissa))))
    adjusted = len(digits) - 1 + place
    if place <= 0 and adjusted >= -5:
        return f"{Decimal((mantissa < 0, digits, place)):f}?{radius}"
    exponent = f"e{adjusted:+d}" if adjusted else ""
    return f"{'-' if mantissa < 0 else ''}{_pointed(digits)}?{radius}{exponent}"
