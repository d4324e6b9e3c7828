"""Kinks: points where a function has a value but no derivative, and the one policy that says what stands for it there.

Under ``"subgradient"`` derivatives at a kink are the mean of those of the branches that meet there, or the one-sided
ones where there is but one side. That is an element of the generalized gradient, what descent methods ask for. Under
``"nan"`` they are unknown, under ``"raise"`` meeting a kink is an error. Values are the same under all three. What
happens where is data (`KINKS`); the table of the guide is made of it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from taylorad.rules.rule import apply

POLICIES = ("subgradient", "nan", "raise")
POLICY: ContextVar[str] = ContextVar("taylorad_kinks", default="subgradient")


class KinkError(FloatingPointError):
    """A derivative was asked for at a kink, under ``at_kinks("raise")``."""


class at_kinks:
    """What derivatives are at kinks: ``"subgradient"`` (the default), ``"nan"`` or ``"raise"``.

    ``with at_kinks("nan"): ...`` holds for a block; a plain call ``at_kinks("nan")`` from there on, for the thread or
    task it is made in. The policy counts where a function is evaluated, not where a recorded one is swept over.

    Raises
    ------
    KinkError
        By the functions themselves, under "raise": a FloatingPointError that names function and point. It comes for
        branches that a `where` does not take, too: they are evaluated all the same.

    Examples
    --------
    >>> import numpy as np, taylorad as ta
    >>> ta.grad(np.abs)(0.0)
    np.float64(0.0)
    >>> with ta.at_kinks("nan"):
    ...     ta.grad(np.abs)(0.0)
    np.float64(nan)
    """

    def __init__(self, policy: str):
        if policy not in POLICIES:
            raise ValueError(f"the policy must be one of {', '.join(POLICIES)}, got {policy!r}")
        self._token = POLICY.set(policy)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: Any) -> None:
        POLICY.reset(self._token)


def policy() -> str:
    """The policy in force."""
    return POLICY.get()


@dataclass(frozen=True)
class Kink:
    """Where functions have no derivative, and what it is under "subgradient".

    at : (*arguments, **options) -> mask
        For functions that do not look for their kinks themselves.
    """

    functions: str
    where: str
    subgradient: str
    at: Callable | None = None


def _halfway(x: Any, decimals: int = 0) -> Any:
    scaled = np.asarray(x) * 10.0**decimals
    return np.abs(scaled - np.trunc(scaled)) == 0.5


def _fixed_power(x: Any, r: Any) -> Any:
    return (x == 0) & (r > 0) & (r < 1)


KINKS = (
    Kink("absolute fabs", "x = 0", "0, the mean of ±1; also for complex x, in both directions"),
    Kink("copysign", "x = 0", "0 for x; for y always"),
    Kink("maximum minimum fmax fmin", "x = y", "1/2 for each; `maximum(x, 0)` has 1/2 at 0"),
    Kink("clip", "at a bound", "1/2 for x, 1/2 for the bound"),
    Kink("max min amax amin ptp", "several entries attain it", "equal shares"),
    Kink("sort median", "equal entries", "those of the entries in their order before"),
    Kink("interp", "x at a node", "the mean of the slopes left and right of it"),
    Kink("hypot", "x = y = 0", "0, higher ones nan", lambda x, y: (x == 0) & (y == 0)),
    Kink("linalg.norm linalg.vector_norm std", "result 0", "0, higher ones nan (order 1: 0 by `absolute`)"),
    Kink("sqrt", "x = 0", "inf, from the right; 0 where that of x is 0, as in `sqrt(x**2)`", lambda x: x == 0),
    Kink("cbrt", "x = 0", "inf", lambda x: x == 0),
    Kink("constant_power", "x = 0, 0 < p < 1", "as `sqrt`", _fixed_power),
    Kink("arcsin arccos", "x = ±1", "±inf, from inside", lambda x: (x == 1) | (x == -1)),
    Kink("arccosh", "x = 1", "inf, from inside", lambda x: x == 1),
    Kink("arctan2", "x = y = 0", "nan: there is none", lambda y, x: (x == 0) & (y == 0)),
    Kink("xlogy entr rel_entr kl_div", "x = y = 0", "from the right: -inf for `x log x`, 0 for constants"),
    Kink("sign heaviside", "x = 0", "0", lambda x, *_: x == 0),
    Kink("floor ceil", "at integers", "0", lambda x: x == np.rint(x)),
    Kink("trunc fix", "at integers but 0", "0", lambda x: (x == np.rint(x)) & (x != 0)),
    Kink("rint round around", "halfway between two results", "0", _halfway),
    Kink("floor_divide", "x/y an integer", "0", lambda x, y: np.remainder(x, y) == 0),
    Kink("remainder fmod divmod modf", "at the jumps", "1 for x, and minus the quotient for y"),
)
AT: dict[str, Callable] = {name: kink.at for kink in KINKS if kink.at is not None for name in kink.functions.split()}
_SHOWN = {"constant_power": "x**p"}


def table() -> str:
    """All kinks, as a Markdown table."""
    lines = ['| functions | where | derivatives under `"subgradient"` |', "|---|---|---|"]
    for kink in KINKS:
        names = ", ".join(f"`{_SHOWN.get(name, name)}`" for name in kink.functions.split())
        lines.append(f"| {names} | {kink.where} | {kink.subgradient} |")
    return "\n".join(lines)


# ------------------------------------------------------------------------------------------------------ applying it


def settled(name: str, result: Any, kinks: Any, *arguments: Any, spread: Callable = lambda x: x) -> Any:
    """A function's result with the derivatives that the policy asks for where `kinks` is True.

    `spread` takes arrays like the arguments to arrays like the result (a sum over axes).
    """
    if policy() == "subgradient" or not np.any(kinks) or not any(hasattr(x, "level") for x in arguments):
        return result
    if policy() == "raise":
        raise KinkError(
            f"{name} has no derivative at {_point(kinks, arguments)}: keep away from this point, or choose what stands "
            'for the derivative there with ta.at_kinks("subgradient")'
        )
    parts = [spread(undefined(x)) for x in arguments if hasattr(x, "level")]
    unknown = undefined(sum(parts))  # once more: mixed derivatives too
    return np.where(kinks, getattr(result, "primal", result) + unknown, result)


def settled_at(name: str, result: Any, args: tuple, options: dict | None = None) -> Any:
    """A function's result, for functions whose kinks the table knows."""
    if policy() == "subgradient" or name not in AT:
        return result
    values = [getattr(a, "primal", a) for a in args]
    return settled(_SHOWN.get(name, name), result, AT[name](*values, **(options or {})), *args)


def _point(kinks: Any, arguments: tuple) -> str:
    """The arguments at the first kink; of reductions, all of them."""
    values = [np.asarray(getattr(x, "primal", x)) for x in arguments]
    if np.ndim(kinks) and all(np.shape(kinks) == np.broadcast_shapes(np.shape(kinks), v.shape) for v in values):
        first = np.unravel_index(int(np.argmax(kinks)), np.shape(kinks))
        values = [np.broadcast_to(v, np.shape(kinks))[first] for v in values]
    return ", ".join(str(v) for v in values)


def unsettled(x: Any, factor: float) -> Any:
    """``x·factor`` for an infinite or unknown factor, with ``0·factor = 0``, the derivatives of which are unknown."""
    values = getattr(x, "primal", x)
    result = np.where(values == 0, 0.0, np.sign(values) * factor)
    return result + apply("unsettled", x) if hasattr(x, "level") else result


def undefined(x: Any) -> Any:
    """A function of value 0 whose derivatives are all nan."""
    return apply("undefined", x)
