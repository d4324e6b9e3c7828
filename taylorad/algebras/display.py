"""Polynomials as text and as LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
LONGEST = 24


def number(value: Any) -> str:
    """A coefficient in at most six digits."""
    if isinstance(value, complex) or getattr(getattr(value, "dtype", None), "kind", "") == "c":
        return f"({complex(value):g})"
    if hasattr(value, "_mpf_") or hasattr(value, "_mpc_"):
        return str(value)
    return f"{value:g}" if getattr(value, "dtype", None) is not None or isinstance(value, float) else str(value)


def variable_names(count: int) -> tuple[str, ...]:
    """t for one variable, x₁, x₂, … for several."""
    return ("t",) if count == 1 else tuple(f"x{str(i + 1).translate(_SUBSCRIPTS)}" for i in range(count))


def plain_polynomial(coefficients: Sequence, exponents: Any, names: tuple[str, ...]) -> str:
    """``c₀ + c₁ t + c₂ t²``, at most `LONGEST` terms."""

    def monomial(powers: Any) -> str:
        return " ".join(
            n + (str(e).translate(_SUPERSCRIPTS) if e > 1 else "") for n, e in zip(names, powers, strict=True) if e
        )

    return _join(coefficients, [monomial(e) for e in exponents], number)


def latex_polynomial(coefficients: Sequence, exponents: Any, names: tuple[str, ...]) -> str:
    """The same in LaTeX."""
    plain = [n.translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")) for n in names]
    symbols = [n if len(n) == 1 else f"{n[0]}_{{{n[1:]}}}" for n in plain]

    def monomial(powers: Any) -> str:
        return " ".join(n + (f"^{{{e}}}" if e > 1 else "") for n, e in zip(symbols, powers, strict=True) if e)

    def value(c: Any) -> str:
        mantissa, _, exponent = number(c).partition("e")
        return mantissa if not exponent else rf"{mantissa} \cdot 10^{{{int(exponent)}}}"

    return _join(coefficients, [monomial(e) for e in exponents], value)


def _join(coefficients: Sequence, monomials: list[str], write: Any) -> str:
    text = ""
    for i, (c, m) in enumerate(zip(coefficients, monomials, strict=True)):
        if i == LONGEST:
            return text + " + …"
        term = write(c)
        negative = term.startswith("-")
        term = f"{term.removeprefix('-') if text else term} {m}".rstrip()
        text += (" - " if negative else " + ") + term if text else term
    return text
