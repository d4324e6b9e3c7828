"""Numbers and text to intervals of doubles, by exact integer arithmetic: the tightest doubles around what was written.

``parse`` reads every interval literal of IEEE 1788-2015, section 9.7 (``[1, 2]``, ``[1/3]``, ``[0x1.8p+3,]``,
``3.56?2e1``, ``[empty]``, ``[entire]_dac``, ``[nai]``), in any case of letters, and bare numbers: ``parse("0.1")`` is
``parse("[0.1]")``. Ends are rounded by integer arithmetic on the bits of doubles, so neither the rounding mode nor
flushing of subnormals matters.

Where the standard leaves a choice: ends in the wrong order are an error even if no double lies between them
(``[1.0000000000000002, 1.0000000000000001]``), except where both lie beyond 2^5000 or both below 2^-5000 on the same
side; ``_com`` on ends that overflow (``[1e400]_com``) becomes ``dac``; a written infinity with ``_com`` is an error.
"""

from __future__ import annotations

import math
import numbers
import re
import struct
from decimal import Decimal
from fractions import Fraction
from typing import Any, NoReturn

import numpy as np

from taylorad.rings.interval.printing import formatted

__all__ = ["enclosing_doubles", "formatted", "parse"]

_EXPONENT_LIMIT = 5000  # in bits: a number beyond 2^±5000 is replaced by 2^±5000, which has the same neighbours
_CONSTANT_BITS = 200  # mpmath's constants are evaluated to so many bits and trusted to 50 bits fewer
_DECORATIONS = ("trv", "def", "dac", "com")

_DECIMAL = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_HEXADECIMAL = r"0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)"
_NUMBER = re.compile(
    rf"(?P<sign>[+-]?)(?:(?P<hexadecimal>{_HEXADECIMAL})p(?P<binary>[+-]?[0-9]+)"
    rf"|(?P<numerator>[0-9]+)/(?P<denominator>[0-9]+)|(?P<decimal>{_DECIMAL})(?:e(?P<exponent>[+-]?[0-9]+))?)",
    re.ASCII | re.IGNORECASE,
)
_UNCERTAIN = re.compile(
    rf"(?P<sign>[+-]?)(?P<decimal>{_DECIMAL})\?(?P<radius>[0-9]+|\??)(?P<direction>[ud]?)(?:e(?P<exponent>[+-]?[0-9]+))?",
    re.ASCII | re.IGNORECASE,
)
_INFINITY = re.compile(r"(?P<sign>[+-]?)inf(?:inity)?", re.IGNORECASE)
_LITERAL = re.compile(r"\s*(?P<body>\[[^][]*\]|[^][_]*?)(?:_(?P<decoration>[^][_\s]*))?\s*", re.DOTALL)


def parse(text: str) -> tuple[float, float, str | None]:
    """The tightest interval of doubles that contains what an interval literal or a number in text denotes.

    Parameters
    ----------
    text : str
        ``"[1, 2]"``, ``"[0.1]"``, ``"[1,]"``, ``"[-inf, 3]"``, ``"[1/3, 0x1.8p+3]_def"``, ``"3.56?1e2"`` (3.56 give
        or take 1 unit of the last place, times 100; ``u`` and ``d`` for one side only, ``??`` for no bound),
        ``"[empty]"``, ``"[entire]"``, ``"[nai]"``, or a bare number such as ``"1/3"``.

    Returns
    -------
    inf, sup : float
        Largest double below, smallest above; (nan, nan) for the empty set and for ``[nai]``.
    decoration : str or None
        ``"trv"``, ``"def"``, ``"dac"`` or ``"com"`` where one is written, ``"ill"`` for ``[nai]``, otherwise None.

    Raises
    ------
    ValueError
        If the text is no interval literal; the message says what, where and why, and shows one that is right.

    Examples
    --------
    >>> parse("[1, 2]_def")
    (1.0, 2.0, 'def')
    >>> inf, sup, _ = parse("0.1")
    >>> Fraction(inf) < Fraction(1, 10) < Fraction(sup), sup == np.nextafter(inf, 1)
    (True, np.True_)
    >>> parse("10?3e380")
    (1.7976931348623157e+308, inf, None)
    >>> parse("[2, 1]")
    Traceback (most recent call last):
    ...
    ValueError: no interval: '[2, 1]', at character 2 ('2, 1'): the lower end lies above the upper one; write "[1, 2]"
    """
    if not isinstance(text, str):
        raise TypeError(f"expected text such as '[1, 2]', got {type(text).__name__} {text!r}")
    match = _LITERAL.fullmatch(text)
    if match is None:
        _refuse_shape(text)
    body, decoration = match["body"], match["decoration"]
    if body.startswith("["):
        inf, sup, unbounded = _bracketed(text, match.start("body") + 1, body[1:-1])
        if body[1:-1].strip().lower() == "nai":
            return (inf, sup, "ill") if decoration is None else _refuse_decoration(text, match, "[nai] takes none")
    else:
        inf, sup, unbounded = _bare(text, match.start("body"), body)
    return inf, sup, None if decoration is None else _checked_decoration(text, match, (inf, sup), unbounded)


def enclosing_doubles(number: Any) -> tuple[float, float]:
    """The tightest doubles around a real number: inf ≤ number ≤ sup, equal exactly if the number is a double.

    Parameters
    ----------
    number : int, float, Fraction, Decimal, NumPy number, mpmath mpf or constant, or anything with ``as_integer_ratio``
        Taken at its exact value: ``0.1`` is the double, ``Decimal("0.1")`` and ``Fraction(1, 10)`` are one tenth.
        Infinities give themselves, to serve as ends.

    Returns
    -------
    inf, sup : float

    Raises
    ------
    ValueError
        For nan.
    TypeError
        For what is no real number.

    Examples
    --------
    >>> enclosing_doubles(2**53 + 1)
    (9007199254740992.0, 9007199254740994.0)
    >>> enclosing_doubles(0.1)
    (0.1, 0.1)
    """
    if isinstance(number, str):
        raise TypeError(f"expected a number, got the text {number!r}: parse(text) reads text")
    if isinstance(number, Decimal) and number.is_finite():
        sign, digits, exponent = number.as_tuple()
        mantissa = int(Decimal((sign, digits, 0)))
        return _neighbours(_scaled(mantissa, 10, int(exponent)))
    if hasattr(number, "_mpf_"):
        return _around_mpmath(number)
    if isinstance(number, np.bool_):
        number = int(number)
    if isinstance(number, numbers.Rational):  # integers of any size and of NumPy, Fractions
        return _neighbours(Fraction(int(number.numerator), int(number.denominator)))
    if not hasattr(number, "as_integer_ratio"):
        raise TypeError(f"expected a real number, got {type(number).__name__} {number!r}")
    try:
        numerator, denominator = number.as_integer_ratio()
    except OverflowError:
        return float(number), float(number)
    except ValueError:
        raise ValueError(f"{number!r} is no real number; the empty interval is written '[empty]'") from None
    return _neighbours(Fraction(int(numerator), int(denominator)))


def _around_mpmath(number: Any) -> tuple[float, float]:
    """Doubles around an mpf, which is exact, or around a constant such as mpmath.pi, which is its limit."""
    constant = callable(number)
    sign, mantissa, exponent, _ = (number(prec=_CONSTANT_BITS) if constant else number)._mpf_
    if not mantissa and exponent:
        return enclosing_doubles(float(number))  # an infinity or nan
    mantissa = -int(mantissa) if sign else int(mantissa)
    if not constant:
        return _neighbours(_scaled(mantissa, 2, int(exponent)))
    error = abs(mantissa) >> (_CONSTANT_BITS - 50)
    below, above = (_scaled(m, 2, int(exponent)) for m in (mantissa - error - 1, mantissa + error + 1))
    return _neighbours(below)[0], _neighbours(above)[1]


def _neighbours(value: Fraction) -> tuple[float, float]:
    """The largest double ≤ value and the smallest ≥ value, by integers only.

    ``value = m 2^e`` with ``2^52 ≤ m < 2^53`` (or e = -1074): the integer part of m is the mantissa below, and the
    bits of the next double are the next integer.
    """
    if value < 0:
        inf, sup = _neighbours(-value)
        return -sup, -inf
    numerator, denominator = value.numerator, value.denominator
    exponent = max(numerator.bit_length() - denominator.bit_length() - 53, -1074)
    mantissa, rest = _shifted_quotient(numerator, denominator, exponent)
    if mantissa >= 1 << 53:
        exponent += 1
        mantissa, rest = _shifted_quotient(numerator, denominator, exponent)
    if exponent > 971:
        return math.ldexp(2.0 - 2.0**-52, 1023), math.inf
    bits = mantissa if mantissa < 1 << 52 else ((exponent + 1074) << 52) + mantissa
    return _double(bits), _double(bits + (rest > 0))


def _shifted_quotient(numerator: int, denominator: int, exponent: int) -> tuple[int, int]:
    """Quotient and remainder of numerator / (denominator 2^exponent)."""
    return divmod(numerator << max(-exponent, 0), denominator << max(exponent, 0))


def _double(bits: int) -> float:
    return float(struct.unpack("<d", struct.pack("<Q", bits))[0])


def _scaled(mantissa: int, base: int, exponent: int) -> Fraction:
    """The number mantissa · base^exponent, or 2^±5000 with its sign where it is larger or smaller than that."""
    if mantissa == 0:
        return Fraction(0)
    exponent = min(max(exponent, -(10**15)), 10**15)
    bits = mantissa.bit_length() + exponent * math.log2(base)
    if abs(bits) > _EXPONENT_LIMIT + 1:
        limit = Fraction(2) ** (_EXPONENT_LIMIT if bits > 0 else -_EXPONENT_LIMIT)
        return limit if mantissa > 0 else -limit
    return mantissa * Fraction(base) ** exponent


def _integer(digits: str) -> int:
    """An integer of any number of digits: int() of a text stops at 4300."""
    return int(digits) if len(digits) < 4000 else int(Decimal(digits))


def _exponent(digits: str | None) -> int:
    """A written exponent, at most 10^12 in magnitude, where no number is told from another any more."""
    if digits is None:
        return 0
    magnitude = digits.lstrip("+-").lstrip("0") or "0"
    value = int(magnitude) if len(magnitude) <= 12 else 10**12
    return -value if digits.startswith("-") else value


def _mantissa(sign: str, decimal: str) -> tuple[int, int]:
    """A decimal number without exponent as an integer, and how many digits stand behind the point."""
    whole, _, fraction = decimal.partition(".")
    mantissa = _integer(whole + fraction)
    return (-mantissa if sign == "-" else mantissa), len(fraction)


def _value(match: re.Match[str]) -> Fraction:
    """The number a match of ``_NUMBER`` with nonzero denominator denotes."""
    if match["numerator"] is not None:
        value = Fraction(_integer(match["numerator"]), _integer(match["denominator"]))
        return -value if match["sign"] == "-" else value
    if match["hexadecimal"] is not None:
        whole, _, fraction = match["hexadecimal"][2:].partition(".")
        mantissa = int(whole + fraction, 16) * (-1 if match["sign"] == "-" else 1)
        return _scaled(mantissa, 2, _exponent(match["binary"]) - 4 * len(fraction))
    mantissa, places = _mantissa(match["sign"], match["decimal"])
    return _scaled(mantissa, 10, _exponent(match["exponent"]) - places)


def _number(text: str, position: int, part: str) -> Fraction:
    """The value of one number inside `text`, or an error that says what is wrong with it."""
    match = _NUMBER.fullmatch(part)
    if match is None:
        if re.fullmatch(rf"[+-]?{_HEXADECIMAL}", part, re.IGNORECASE):
            _refuse(text, position, part, "a hexadecimal number needs its exponent", f"[{part}p+0]")
        if "nan" in part.lower():
            _refuse(text, position, part, "nan is no number; the empty interval is written '[empty]'", "[empty]")
        _refuse(text, position, part, "expected a number such as 1.5, 1e-3, 1/3 or 0x1.8p+3", "[1/3, 1.5]")
    if match["denominator"] is not None and not match["denominator"].strip("0"):
        _refuse(text, position, part, "the denominator is zero", "[1/3]")
    return _value(match)


def _bare(text: str, position: int, body: str) -> tuple[float, float, bool]:
    """Ends of a number without brackets or of an uncertain form, and whether a bound is written to be infinite."""
    match = _UNCERTAIN.fullmatch(body)
    if match is not None:
        return _uncertain(match)
    if not body:
        _refuse(text, position, body, "the text is empty; the empty interval is written '[empty]'", "[empty]")
    if body.lower() in ("empty", "entire", "nai") or _INFINITY.fullmatch(body):
        right = "[1, inf]" if "inf" in body.lower() else f"[{body}]"
        _refuse(text, position, body, "this stands in brackets only", right)
    if "," in body:
        _refuse(text, position, body, "two ends stand in brackets", f"[{body.strip('()')}]")
    return *_neighbours(_number(text, position, body)), False


def _uncertain(match: re.Match[str]) -> tuple[float, float, bool]:
    """Ends of ``m?r``: m give or take r units of its last place (half a unit without r), to one side for u and d."""
    mantissa, places = _mantissa(match["sign"], match["decimal"])
    exponent = _exponent(match["exponent"]) - places
    direction, unbounded = match["direction"].lower(), match["radius"] == "?"
    if not match["radius"]:
        mantissa, radius, exponent = 10 * mantissa, 5, exponent - 1
    else:
        radius = 0 if unbounded else _integer(match["radius"])
    inf = _neighbours(_scaled(mantissa - (radius if direction != "u" else 0), 10, exponent))[0]
    sup = _neighbours(_scaled(mantissa + (radius if direction != "d" else 0), 10, exponent))[1]
    if unbounded:
        inf, sup = inf if direction == "u" else -math.inf, sup if direction == "d" else math.inf
    return inf, sup, unbounded


def _bracketed(text: str, position: int, inside: str) -> tuple[float, float, bool]:
    """Ends of what stands between brackets, and whether a bound is written to be infinite."""
    word = inside.strip().lower()
    if word in ("", "empty", "nai"):
        return math.nan, math.nan, False
    if word == "entire":
        return -math.inf, math.inf, True
    parts = inside.split(",")
    if len(parts) > 2:
        _refuse(text, position, inside, "an interval has two ends; a point stands before decimals", "[1.5, 2.5]")
    if len(parts) == 1:
        start = position + len(inside) - len(inside.lstrip())
        if _INFINITY.fullmatch(inside.strip()):
            _refuse(text, start, inside.strip(), "infinity is an end, not a member of an interval", "[1, inf]")
        return *_neighbours(_number(text, start, inside.strip())), False
    lower = _end(text, position, parts[0], -1)
    upper = _end(text, position + len(parts[0]) + 1, parts[1], +1)
    if lower is not None and upper is not None and lower > upper:
        right = f"[{parts[1].strip()}, {parts[0].strip()}]"
        _refuse(text, position, inside, "the lower end lies above the upper one", right)
    inf = -math.inf if lower is None else _neighbours(lower)[0]
    sup = math.inf if upper is None else _neighbours(upper)[1]
    return inf, sup, lower is None or upper is None


def _end(text: str, position: int, part: str, side: int) -> Fraction | None:
    """The value of an end, None if it is infinite or left out; `side` is -1 for the lower one, 1 for the upper."""
    stripped = part.strip()
    start = position + len(part) - len(part.lstrip())
    match = _INFINITY.fullmatch(stripped)
    if match is None:
        return _number(text, start, stripped) if stripped else None
    if (match["sign"] == "-") != (side < 0):
        name, right = ("lower", "[-inf, 3]") if side < 0 else ("upper", "[1, inf]")
        _refuse(text, start, stripped, f"the {name} end cannot be this infinity", right)
    return None


def _checked_decoration(text: str, match: re.Match[str], ends: tuple[float, float], unbounded: bool) -> str:
    """The decoration written, if the interval may carry it."""
    decoration = match["decoration"].lower()
    if decoration not in _DECORATIONS:
        _refuse_decoration(text, match, "decorations are _com, _dac, _def and _trv")
    if math.isnan(ends[0]) and decoration != "trv":
        _refuse_decoration(text, match, "the empty interval is decorated _trv", "[empty]_trv")
    if unbounded and decoration == "com":
        _refuse_decoration(text, match, "an unbounded interval is at best _dac", f"{match['body']}_dac")
    return "dac" if decoration == "com" and math.isinf(ends[1] - ends[0]) else decoration


def _refuse_decoration(text: str, match: re.Match[str], why: str, right: str | None = None) -> NoReturn:
    _refuse(text, match.start("decoration") - 1, f"_{match['decoration']}", why, right or match["body"])


def _refuse_shape(text: str) -> NoReturn:
    """The error for text that is not even one bracketed or bare body with a decoration behind it."""
    opening, closing = text.count("["), text.count("]")
    if opening > closing:
        _refuse(text, len(text.rstrip()), "", "the closing bracket is missing", "[1, 2]")
    if opening < closing:
        _refuse(text, 0, text[:1], "the opening bracket is missing", "[1, 2]")
    if opening == 1:
        stray = re.sub(r"\[[^][]*\]", "", text).strip()
        _refuse(text, text.find(stray), stray, "only a decoration may stand outside the brackets", "[1, 2]_dac")
    _refuse(text, 0, text.strip(), "expected one interval: give several as a list of texts", '["[1, 2]", "[3, 4]"]')


def _refuse(text: str, position: int, part: str, why: str, right: str) -> NoReturn:
    where = f"at character {position + 1} ({part!r})" if part else f"at character {position + 1}"
    raise ValueError(f'no interval: {text!r}, {where}: {why}; write "{right}"')
