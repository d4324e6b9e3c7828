"""Functions whose value comes from anywhere, and whose derivative is a function: all orders follow.

``custom_rule(value, derivative)`` is for functions applied entry by entry: ``dy = Σ_i derivative_i(x) dx_i``.
``custom_rule(value, pushforward=...)`` is for any other function of arrays: ``dy = pushforward(x, dx)``, linear in dx.

`value` sees plain arrays only and may call C; the derivative is NumPy code, so its own derivatives, hence all higher
ones, are found by differentiating it. It may call the function itself.
"""

from __future__ import annotations

import sys
import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from taylorad.dispatch import unwrapped
from taylorad.rings import as_coefficients
from taylorad.rules import Primitive
from taylorad.trace import Node, Tracer, joined, wrap
from taylorad.trace import operations as ops
from taylorad.trace.constants import kept
from taylorad.trace.everyday import unfollowed
from taylorad.transforms.ladder import Rung, checked, value_at
from taylorad.transforms.recording import Recording

DEEPEST = 32  # transposes of one rule inside each other: more is taken for an endless circle


def custom_rule(
    value: Callable | None = None,
    derivative: Callable | None = None,
    *,
    pushforward: Callable | None = None,
    pullback: Callable | None = None,
    name: str | None = None,
) -> Any:
    """A function with a value and a derivative given by hand; it can be used in every algebra and to every order.

    Parameters
    ----------
    value : callable (x...) -> array
        Any code: it gets plain arrays. Without it, `custom_rule` is a decorator for it.
    derivative : callable (x...) -> array, or a tuple of one array for each argument
        The slopes of a function that is applied entry by entry, of arguments broadcast against each other. NumPy code,
        custom rules, the function itself. None in the place of an argument: it is never differentiated.
    pushforward : callable (x..., dx...) -> array
        For any other function: its tangent, linear in the dx, in NumPy code. One of the two must be given.
    pullback : callable (x..., ybar) -> array, or a tuple of one array for each argument, optional
        Beside a pushforward, whose transpose it is, ``Σ ybar pushforward(x, dx) = Σ xbar dx``; None in the place of an
        argument: never differentiated. Without it the pushforward is traced and transposed, which is possible when it
        does not apply the function itself to tangents.
    name : str, optional
        For messages; that of `value` by default.

    Returns
    -------
    callable
        Of positional arguments.

    Raises
    ------
    TypeError, ValueError
        When it is called: `value` is not an array of numbers of the shape of the arguments, the number of slopes is not
        that of the arguments, the shape of a slope or tangent does not fit.

    Examples
    --------
    >>> import math, numpy as np, taylorad as ta
    >>> logistic = custom_rule(lambda x: 1 / (1 + np.exp(-x)), lambda x: logistic(x) * (1 - logistic(x)))
    >>> ta.derivative(logistic, 0.0, order=3)
    np.float64(-0.125)
    >>> @custom_rule(derivative=lambda n, x: (None, np.cos(x) ** n))
    ... def integral(n, x):
    ...     return math.sin(x) if n == 1 else x / 2 + math.sin(2 * x) / 4
    >>> ta.grad(lambda x: integral(2, x))(0.0)
    np.float64(1.0)
    """
    if (derivative is None) == (pushforward is None):
        raise TypeError("custom_rule takes a derivative (entry by entry) or a pushforward (any function), one of them")
    if pullback is not None and pushforward is None:
        raise TypeError("custom_rule takes a pullback beside a pushforward only: slopes are transposed by themselves")
    for given in (value, derivative, pushforward, pullback):
        if given is not None and not callable(given):
            raise TypeError(f"custom_rule takes functions, got {given!r}")

    def made(value: Callable) -> CustomRule:
        if derivative is not None:
            return Elementwise(value, derivative, name)
        assert pushforward is not None
        return Map(value, pushforward, name, pullback)

    return made if value is None else made(value)


class CustomRule(ABC):
    """A callable made by `custom_rule`."""

    def __init__(self, value: Callable, rule: Callable, name: str | None = None):
        self.value, self.rule, self._named = value, rule, name
        self.name = str(name or getattr(value, "__name__", type(value).__name__))
        self.__name__, self.__doc__ = self.name, getattr(value, "__doc__", None)
        self.__module__: str = getattr(value, "__module__", None) or ""
        self.__qualname__: str = getattr(value, "__qualname__", self.name)
        self.__wrapped__ = value

    def __call__(self, *args: Any) -> Any:
        args = tuple(joined(a) if isinstance(a, list | tuple | np.ndarray) else a for a in args)
        if any(getattr(a, "wrapped", None) is not None for a in args):
            y = self(*map(unwrapped, args))
            return wrap(y) if isinstance(y, np.ndarray) else y
        return value_at(self, args)

    def __repr__(self) -> str:
        return f"<custom rule {self.name}>"

    def __reduce__(self) -> Any:
        """By name when it is a module's function, as one made by the decorator is."""
        found: Any = sys.modules.get(self.__module__)
        for part in self.__qualname__.split("."):
            found = getattr(found, part, None)
        return self.__qualname__ if found is self else (type(self), (self.value, self.rule, self._named))

    def at(self, args: tuple) -> Any:
        """The value at plain arrays, or recorded at traced ones."""
        outermost = max((a for a in args if hasattr(a, "level")), key=lambda a: a.level, default=None)
        if isinstance(outermost, Tracer):
            return self._record(outermost, args)
        result = unfollowed(self.value, *(a[()] if isinstance(a, np.ndarray) else a for a in args))
        y = self._numbers(result)
        self._check_value(y, args)
        return narrowed(y[()], args)

    def _numbers(self, result: Any) -> Any:
        try:
            if result is None or isinstance(result, str | dict | set):
                raise TypeError
            return as_coefficients(result)
        except (TypeError, ValueError):
            raise TypeError(
                f"custom rule {self.name}: its value must be a number or an array of numbers, got {result!r}"
            ) from None

    def _check_value(self, y: Any, args: tuple) -> None:  # noqa: B027 - a map may return any shape
        """Refuse a value of a wrong shape."""

    @abstractmethod
    def push(self, args: tuple, tangents: list) -> Any:
        """Tangents of the value; directions along the first axis."""

    @abstractmethod
    def _record(self, owner: Tracer, args: tuple) -> Any:
        """A node of a program."""


def narrowed(y: Any, args: tuple) -> Any:
    """A result in single precision if all arrays among the arguments are."""
    kinds = {a.dtype.char for a in args if hasattr(a, "dtype")}
    if kinds and kinds <= set("fF") and y.dtype.char in "dD":
        return y.astype(np.float32 if y.dtype.char == "d" else np.complex64)
    return y


class Elementwise(CustomRule):
    """Value and slopes."""

    def slopes(self, args: tuple) -> tuple:
        """The slope in each argument (None: it has none)."""
        slopes = self.rule(*args)
        if len(args) == 1 and not isinstance(slopes, tuple):
            slopes = (slopes,)
        if not isinstance(slopes, tuple | list) or len(slopes) != len(args):
            got = f"{len(slopes)} slopes" if isinstance(slopes, tuple | list) else f"a {type(slopes).__name__}"
            raise ValueError(
                f"custom rule {self.name}: its derivative must return a tuple of {len(args)} slopes, one for each "
                f"argument (None for one that is not differentiated), got {got}"
            )
        return tuple(s if s is None else self._checked(s, i, args) for i, s in enumerate(slopes))

    def _checked(self, slope: Any, i: int, args: tuple) -> Any:
        slope = joined(unwrapped(slope))
        try:
            slope = as_coefficients(slope)
            slope = narrowed(slope if hasattr(slope, "level") else slope[()], args)
        except (TypeError, ValueError):
            raise TypeError(f"custom rule {self.name}: slope {i + 1} must be numbers, got {slope!r}") from None
        own, shape = _shape(slope), _common_shape(args)
        if len(own) > len(shape) or any(a not in (1, b) for a, b in zip(own[::-1], shape[::-1], strict=False)):
            raise ValueError(
                f"custom rule {self.name}: slope {i + 1} has shape {own}, the value has shape {shape}: the slopes of a "
                "function applied entry by entry have its shape (use pushforward= for other functions)"
            )
        return slope

    def _check_value(self, y: Any, args: tuple) -> None:
        shape = _common_shape(args)
        if y.shape != shape:
            raise ValueError(
                f"custom rule {self.name}: its value has shape {y.shape}, its arguments {shape}: a function with a "
                "derivative is applied entry by entry (use pushforward= for other functions)"
            )

    def _moving(self, i: int, slope: Any) -> Any:
        if slope is None:
            raise TypeError(
                f"custom rule {self.name} has no derivative in argument {i + 1}: its derivative returns None there "
                "(pass .value to hold it constant)"
            )
        return slope

    def push(self, args: tuple, tangents: list) -> Any:
        slopes, shape = self.slopes(args), _common_shape(args)
        total: Any = None
        for i, (slope, dx) in enumerate(zip(slopes, tangents, strict=True)):
            if dx is not None:
                aligned = dx.reshape(dx.shape[0], *(1,) * (len(shape) + 1 - len(dx.shape)), *dx.shape[1:])
                term = self._moving(i, slope) * aligned
                total = term if total is None else total + term
        full = (next(t.shape[0] for t in tangents if t is not None), *shape)
        return total if total.shape == full else np.broadcast_to(total, full)

    def _record(self, owner: Tracer, args: tuple) -> Any:
        nodes, values = owner.split(args)
        rung = Rung(values)
        y = rung.value(self)
        with np.errstate(all="ignore"), rung.active(self):
            slopes = self.slopes(values)
        places = tuple(i for i, node in enumerate(nodes) if node.__class__ is Node)
        chosen = tuple(np.asarray(s)[()] if not hasattr(s, "dtype") else s for s in (
            self._moving(i, slopes[i]) for i in places
        ))  # fmt: skip
        primitive = Primitive(self.name, "custom", self)
        operands = tuple(n if n.__class__ is Node else kept(n) for n in nodes)
        result = owner.result(ops.ELEMENTARY, operands, (primitive, 0, places), chosen, y)
        result.exposed = True  # a slope may be the value itself
        return result


def _common_shape(args: tuple) -> tuple[int, ...]:
    return np.broadcast_shapes(*map(_shape, args))


class Map(CustomRule):
    """Value and pushforward; perhaps its transpose."""

    def __init__(self, value: Callable, rule: Callable, name: str | None = None, pullback: Callable | None = None):
        super().__init__(value, rule, name)
        self.pullback = pullback

    def __reduce__(self) -> Any:
        reduced = super().__reduce__()
        return reduced if isinstance(reduced, str) else (reduced[0], (*reduced[1], self.pullback))

    def tangent(self, args: tuple, tangents: tuple) -> Any:
        """``pushforward(x..., dx...)``; a tangent None is zero."""
        filled = tuple(np.zeros(_shape(a)) if t is None else t for a, t in zip(args, tangents, strict=True))
        dy = joined(unwrapped(self.rule(*args, *filled)))
        if dy is None or isinstance(dy, str | dict | set):
            raise TypeError(f"custom rule {self.name}: its pushforward must return an array, got {dy!r}")
        return narrowed(dy if hasattr(dy, "dtype") else np.asarray(dy)[()], args)

    def push(self, args: tuple, tangents: list) -> Any:
        """One direction after the other: a pushforward may apply the function itself to tangents."""
        count = next(t.shape[0] for t in tangents if t is not None)
        return np.stack([self.tangent(args, tuple(t if t is None else t[i] for t in tangents)) for i in range(count)])

    def _record(self, owner: Tracer, args: tuple) -> Any:
        nodes, values = owner.split(args)
        places = tuple(i for i, node in enumerate(nodes) if node.__class__ is Node)
        owner.expose(*args)
        operands = tuple(n if n.__class__ is Node else kept(n) for n in nodes)
        residual = tuple(v if n.__class__ is Node else n for n, v in zip(operands, values, strict=True))
        y = Rung(residual).value(self)
        result = owner.result(ops.CALL, operands, _Transposed(self, places), residual, y)
        result.exposed = True
        return result


class _Transposed:
    """A map as a node of a program; its pullback is the transpose of its pushforward."""

    def __init__(self, rule: Map, places: tuple[int, ...]):
        self.rule, self.places, self.name = rule, places, rule.name

    def evaluate(self, *values: Any) -> Any:
        return self.rule(*values)

    def push(self, values: tuple, tangents: Any) -> Any:
        return self.rule.tangent(tuple(values), tuple(tangents))

    def pull(self, values: tuple, ybar: Any) -> list[Any]:
        given = self._given if self.rule.pullback is not None else self._transposed
        cotangents: list[Any] = [None] * len(values)
        for i, xbar in zip(self.places, given(tuple(values), ybar), strict=True):
            cotangents[i] = xbar
        return cotangents

    def _given(self, values: tuple, ybar: Any) -> list[Any]:
        assert self.rule.pullback is not None
        result = self.rule.pullback(*values, ybar)
        parts = result if isinstance(result, tuple | list) else (result,)
        if len(parts) != len(values):
            raise ValueError(
                f"custom rule {self.name}: its pullback must return a tuple of {len(values)} cotangents, one for each "
                f"argument, got {len(parts)}"
            )
        return [self._cotangent(parts[i], i, values[i]) for i in self.places]

    def _cotangent(self, xbar: Any, i: int, x: Any) -> Any:
        if xbar is None:
            raise TypeError(f"custom rule {self.name} has no derivative in argument {i + 1}: its pullback returns None")
        xbar = joined(unwrapped(xbar))
        xbar = xbar if hasattr(xbar, "dtype") else np.asarray(xbar)[()]
        if xbar.shape != x.shape:
            raise ValueError(
                f"custom rule {self.name}: cotangent {i + 1} of its pullback has shape {xbar.shape}, the argument has "
                f"shape {x.shape}"
            )
        return xbar

    def _transposed(self, values: tuple, ybar: Any) -> list[Any]:
        """The pushforward, recorded as the linear function of the tangents it is, and pulled back."""
        zeros = tuple(np.zeros_like(values[i]) for i in self.places)

        def linear(*moving: Any) -> Any:
            tangents: list[Any] = [None] * len(values)
            for i, dx in zip(self.places, moving, strict=True):
                tangents[i] = dx
            return checked(self.rule, self.rule.tangent(values, tuple(tangents)), ybar.shape)

        recording = Recording(linear, zeros)
        rest = getattr(recording.values[0], "primal", recording.values[0])
        if np.any(np.abs(rest) > 0):
            raise ValueError(
                f"custom rule {self.name}: its pushforward is not linear in the tangents, it is not 0 where they are"
            )
        with _descending(self.rule):
            return recording.pull([ybar])


class _Depth(threading.local):
    """How many transposes of each rule are being taken inside each other."""

    def __init__(self) -> None:
        self.of: Counter = Counter()


_depth = _Depth()


@contextmanager
def _descending(rule: Map) -> Iterator[None]:
    _depth.of[rule] += 1
    try:
        if _depth.of[rule] > DEEPEST:
            raise RecursionError(
                f"custom rule {rule.name}: its pushforward applies the function to tangents, so the transpose "
                "cannot be found from it: give custom_rule a pullback= too"
            )
        yield
    finally:
        _depth.of[rule] -= 1


def _shape(a: Any) -> tuple[int, ...]:
    return a.shape if hasattr(a, "shape") else np.shape(a)
