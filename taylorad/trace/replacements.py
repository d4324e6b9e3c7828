"""What stands in for the functions of `numpy` and `math`, and for ``float`` and ``isinstance``, during a run.

Functions that make arrays return them covered (a `Tracer` without a node), so that traced values can be written into
them; ``np.array([...])`` of traced numbers joins them; ``math.sin`` of a traced number is ``np.sin`` of it. All pass
calls on to the original that come from other threads, from libraries, or have nothing to do with traced values.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from taylorad.dispatch import DuckArray, joined, settled, write
from taylorad.refusals import LostDerivativeError, is_library, place, user_frame
from taylorad.rules import TABLE
from taylorad.rules.writing import WRITING
from taylorad.trace.callers import calls
from taylorad.trace.tracer import Tracer, wrap
from taylorad.trace.tracer import cover as covered


class _Local(threading.local):
    depth = 0
    covers = False


local = _Local()
"""`depth` counts the runs under way in this thread, one within the other; `covers`: the code may write into arrays."""


def cover(result: Any) -> Any:
    """A result with its arrays covered, if anything may be written into them."""
    return covered(result) if local.covers else result


def has_duck(values: Any) -> bool:
    """Whether there is a duck array among values, at any depth of lists and tuples."""
    for value in values:
        kind = value.__class__
        if kind is Tracer or isinstance(value, DuckArray):
            return True
        if (kind is list or kind is tuple) and has_duck(value):
            return True
    return False


def _diverts(frame: Any, name: str, ducks: bool) -> bool:
    """Whether a call is to be diverted: made by a user's code in a run, or by a library with traced values."""
    namespace = frame.f_globals
    if is_library(namespace) and (not ducks or str(namespace.get("__name__")).startswith("taylorad.")):
        return False
    return calls(frame, name)


def replacing(original: Callable) -> Callable:
    """What marks a function, or class, as standing in for another, with its name and documentation."""

    def decorate(replacement: Any) -> Any:
        functools.update_wrapper(replacement, original, updated=())
        replacement.taylorad_original = original
        return replacement

    return decorate


# -------------------------------------------------------------------------------------------------------------- numpy


def covering(name: str, original: Callable, of_ducks: Callable | None = None, prefix: str = "") -> Callable:
    """A function of NumPy whose results are covered; for traced values another one may stand in."""
    known = prefix + name

    @replacing(original)
    def create(*args: Any, **kwargs: Any) -> Any:
        if not local.depth:
            return original(*args, **kwargs)
        ducks = has_duck(args) or has_duck(kwargs.values())
        if not _diverts(sys._getframe(1), name, ducks):
            return original(*args, **kwargs)
        if ducks and (of_ducks or known in TABLE):
            args = settled(known, args)
            kwargs = {key: settled(known, (value,))[0] for key, value in kwargs.items()}
        return cover((of_ducks or original)(*args, **kwargs) if ducks else original(*args, **kwargs))

    return create


def converting(name: str, original: Callable, copies: bool) -> Callable:
    """`numpy.array` and the like: traced numbers inside lists are joined."""

    @replacing(original)
    def convert(*args: Any, **kwargs: Any) -> Any:
        if not local.depth:
            return original(*args, **kwargs)
        ducks = bool(args) and _needs_joining(args[0])
        if not _diverts(sys._getframe(1), name, ducks):
            return original(*args, **kwargs)
        if ducks:
            array = _joined_array(original, copies, *args, **kwargs)
            return array if array.__class__ is Tracer or is_library(sys._getframe(1).f_globals) else wrap(array)
        return cover(original(*args, **kwargs))

    return convert


def _needs_joining(entries: Any) -> bool:
    if entries.__class__ is np.ndarray:
        return entries.dtype == object and has_duck(entries.flat)
    return has_duck((entries,))


def _joined_array(
    original: Callable, copies: bool, entries: Any, dtype: Any = None, *, ndmin: int = 0, **options: Any
) -> Any:
    if dtype is not None and np.dtype(dtype) == object:
        return original(entries, dtype=dtype, **({"ndmin": ndmin} if ndmin else {}), **options)
    array = joined(entries)
    copy = options.get("copy", copies)  # True, False, None, or an enumeration whose 1 stands for True
    if array is entries and (copy is True or getattr(copy, "value", 0) == 1):
        array = array.copy()
    if dtype is not None and array.dtype != np.dtype(dtype):
        array = array.astype(dtype)
    return array if array.ndim >= ndmin else np.reshape(array, (1,) * (ndmin - array.ndim) + array.shape)


def _with_ducks(original: Callable, function: Callable) -> Callable:
    """A function for traced values that stands beside NumPy's for plain ones."""

    @replacing(original)
    def choose(*args: Any, **kwargs: Any) -> Any:
        if local.depth and (has_duck(args) or has_duck(kwargs.values())):
            return function(*args, **kwargs)
        return original(*args, **kwargs)

    return choose


def _fromiter(iter: Any, dtype: Any, count: int = -1, **options: Any) -> Any:
    entries = [entry for _, entry in zip(range(count), iter, strict=False)] if count >= 0 else list(iter)
    if not has_duck(entries):
        return cover(np.asarray(entries, dtype))
    return joined(entries).astype(dtype)


def _ndenumerate(arr: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    return ((index, arr[index]) for index in np.ndindex(arr.shape))


def _nditer(*args: Any, **kwargs: Any) -> Any:
    raise LostDerivativeError(
        f"{place(user_frame())}numpy.nditer cannot run over traced values: loop over x.flat or np.ndenumerate(x)"
    )


def _isscalar(element: Any) -> bool:
    return np.ndim(element) == 0


class _Vectorize(np.vectorize):
    """`numpy.vectorize` whose results at traced values are arrays of them, not of objects, whatever `otypes` says."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not (local.depth and has_duck(args)) or kwargs or self.excluded or self.signature is not None:
            return super().__call__(*args, **kwargs)
        arrays = np.broadcast_arrays(*map(joined, args))
        results = [self.pyfunc(*(a[index] for a in arrays)) for index in np.ndindex(arrays[0].shape)]
        if results and isinstance(results[0], tuple):
            return tuple(_shaped(column, arrays[0].shape) for column in zip(*results, strict=True))
        return _shaped(results, arrays[0].shape)


def _shaped(entries: Any, shape: tuple[int, ...]) -> Any:
    return np.reshape(joined(list(entries)), shape)


class _Index:
    """``np.r_`` and its like, with traced values among what is put together."""

    def __init__(self, original: Any):
        self.taylorad_original = original

    def __getitem__(self, key: Any) -> Any:
        result = self.taylorad_original[key]
        return cover(joined(result)) if local.depth and not is_library(sys._getframe(1).f_globals) else result

    def __getattr__(self, name: str) -> Any:
        return getattr(self.taylorad_original, name)


_COVERING = (
    "zeros ones empty full eye identity linspace arange logspace geomspace tri vander fromfunction zeros_like "
    "ones_like empty_like full_like diag diagflat tile repeat concatenate stack hstack vstack dstack column_stack "
    "meshgrid where select outer append insert delete block loadtxt genfromtxt load frombuffer fromstring "
    "broadcast_to roll kron asfortranarray require astype mean std var average median interp nanmean nansum nanmax "
    "nanmin ptp isclose allclose cov corrcoef polyfit percentile quantile trapezoid gradient unwrap convolve correlate"
)
_CONVERTING = {"array": True, "asarray": False, "asanyarray": False, "ascontiguousarray": False, "copy": True}
_RANDOM = (
    "rand randn random random_sample ranf sample normal standard_normal uniform exponential standard_exponential gamma "
    "standard_gamma beta lognormal laplace logistic gumbel weibull chisquare dirichlet multivariate_normal permutation "
    "choice"
)


def numpy_replacements() -> dict[str, Any]:
    """For the namespace of `numpy`."""
    names = [name for name in _COVERING.split() if hasattr(np, name)]
    replacements: dict[str, Any] = {name: covering(name, getattr(np, name)) for name in names}
    for name, copies in _CONVERTING.items():
        replacements[name] = converting(name, getattr(np, name), copies)
    for name in WRITING:
        replacements[name] = _with_ducks(getattr(np, name), functools.partial(write, name))
    replacements["ndenumerate"] = _with_ducks(np.ndenumerate, _ndenumerate)
    replacements["nditer"] = _with_ducks(np.nditer, _nditer)
    for name, function in _OF_DUCKS.items():
        replacements[name] = covering(name, getattr(np, name), function)
    replacements["isscalar"] = _with_ducks(np.isscalar, _isscalar)
    replacements["fromiter"] = _iterating("fromiter", np.fromiter)
    replacements["vectorize"] = _Vectorize
    replacements |= {name: _Index(getattr(np, name)) for name in ("r_", "c_", "mgrid", "ogrid")}
    return replacements


def _full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C") -> Any:
    filled: Any = np.broadcast_to(joined(fill_value), shape).copy()
    return filled if dtype is None else filled.astype(dtype)


def _linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, **options: Any) -> Any:
    if set(options) - {"axis"} or options.get("axis", 0) != 0:
        raise TypeError("linspace between traced values takes start, stop, num and endpoint")
    steps = num - 1 if endpoint else num
    share = np.arange(num).reshape(num, *(1,) * max(np.ndim(start), np.ndim(stop))) / max(steps, 1)
    return start * (1 - share) + stop * share


def _logspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, **options: Any) -> Any:
    return base ** _linspace(start, stop, num, endpoint, **options)


def _geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, **options: Any) -> Any:
    return np.exp(_linspace(np.log(start), np.log(stop), num, endpoint, **options))


def _arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Any:
    if stop is None:
        start, stop = 0, start
    values = [getattr(x, "primal", x) for x in (start, stop, step)]
    return start + step * np.arange(len(np.arange(*values)))


_OF_DUCKS: dict[str, Callable] = {
    "full": _full,
    "linspace": _linspace,
    "logspace": _logspace,
    "geomspace": _geomspace,
    "arange": _arange,
}


def _iterating(name: str, original: Callable) -> Callable:
    @replacing(original)
    def iterate(*args: Any, **kwargs: Any) -> Any:
        return (_fromiter if local.depth and _diverts(sys._getframe(1), name, False) else original)(*args, **kwargs)

    return iterate


def submodule_replacements(module: Any) -> dict[str, Any]:
    """For the namespaces of `numpy.linalg` and `numpy.fft`."""
    prefix = module.__name__.removeprefix("numpy.") + "."
    functions = {name: f for name, f in vars(module).items() if hasattr(f, "_implementation")}
    return {name: covering(name, f, prefix=prefix) for name, f in functions.items()}


def random_replacements() -> dict[str, Any]:
    """For the namespace of `numpy.random`."""
    return {name: covering(name, getattr(np.random, name)) for name in _RANDOM.split()}


# ----------------------------------------------------------------------------------------------------------- builtins


class _Number(type):
    """What makes a stand-in for a number type the type itself, except when it is called."""

    kind: type

    def __instancecheck__(cls, instance: Any) -> bool:
        return is_instance(instance, cls.kind)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls.kind)

    def __eq__(cls, other: Any) -> bool:
        return other is cls or other is cls.kind

    def __hash__(cls) -> int:
        return hash(cls.kind)


def _stand_in(number: type, convert: Callable) -> type:
    """A number type whose call lets traced values through."""

    def new(cls: type, *args: Any, **kwargs: Any) -> Any:
        if len(args) and isinstance(args[0], DuckArray) and local.depth:
            return convert(*args, **kwargs)
        return number(*args, **kwargs)

    return _Number(number.__name__, (number,), {"__new__": new, "kind": number, "dtype": np.dtype(number)})


def _scalar(x: Any) -> Any:
    """An array of one entry as a number."""
    if x.size != 1:
        raise TypeError("only length-1 arrays can be converted to Python scalars")
    return x if x.shape == () else np.reshape(x, ())


def _to_complex(real: Any, imag: Any = 0) -> Any:
    return _scalar(real) + 1j * imag


def is_instance(instance: Any, kinds: Any) -> bool:
    """``isinstance`` that takes a traced array, or number, for the ndarray, or number, that it stands for."""
    if not isinstance(instance, DuckArray) or not local.depth or _names_a_duck(kinds):
        return isinstance(instance, kinds)
    return isinstance(np.empty(0) if instance.ndim else instance.dtype.type(0), kinds)  # type: ignore[attr-defined]


def _names_a_duck(kinds: Any) -> bool:
    if isinstance(kinds, tuple):
        return any(map(_names_a_duck, kinds))
    return isinstance(kinds, type) and issubclass(kinds, DuckArray)


def builtin_replacements() -> dict[str, Any]:
    """For the namespaces of users' modules whose code calls these functions."""
    return {
        "float": _stand_in(float, _scalar),
        "int": _stand_in(int, lambda x: int(_scalar(x).primal)),
        "complex": _stand_in(complex, _to_complex),
        "isinstance": is_instance,
    }
