"""``jit``: a function of NumPy, or any transform of one, as machine code.

The first call with arguments of some shapes records what the function does with plain numbers, compiles that, and
keeps it. Where a branch depends on values the compiled code checks that it would go the same way, and if not, the
function is recorded again for the new branch; both versions are kept.
"""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from taylorad.compile.executors import FINE, GUARD, NativeExecutor
from taylorad.compile.versions import Version
from taylorad.dispatch import DuckArray
from taylorad.rules.kinks import POLICY, policy
from taylorad.trace import GuardedProgram, followed
from taylorad.transforms.containers import LEAF, flatten

VERSIONS = 16  # of one kind of arguments; beyond them a function is run as it is
MOST = 256  # of all kinds together
DIRECT = 4  # versions that a call tries without going through Python
EXECUTORS = ("auto", "native", "numpy")
RECURRENCES = ("auto", "unrolled", "loops")


def jit(f: Callable | None = None, *, executor: str = "auto", lanes: bool = True, recurrences: str = "auto") -> Any:
    """f compiled to machine code: the same results, to rounding.

    Parameters
    ----------
    f : callable
        A function of arrays of floating-point numbers, or nested containers of such, written with NumPy and SciPy, or
        any transform of one: ``jit(hessian(f))``. Other arguments (integers, strings, None, …) are part of what it is
        compiled for.
    executor : {"auto", "native", "numpy"}
        What runs it: machine code, NumPy's functions without the detours of the recording, or the first that can.

    lanes : bool
        Whether independent operations on single numbers, as in Python loops, become SIMD.
    recurrences : {"auto", "unrolled", "loops"}
        The shape of the code of Taylor series: straight lines, or loops over the order; by their cost if "auto".

    Returns
    -------
    Jitted
        Callable like f. Captured arrays, global variables and random draws are constants of the first call. Results
        that contain nan are computed again by f itself, so that points where a special case counts are as they were.

    Raises
    ------
    ValueError
        When called: ``executor="native"``, and the function does what machine code cannot do.

    Examples
    --------
    >>> import numpy as np, taylorad as ta
    >>> hessian = ta.jit(ta.hessian(lambda x: np.sum(x**2) * x[0]))
    >>> hessian(np.array([1.0, 2.0]))
    array([[6., 4.],
           [4., 2.]])
    """
    if executor not in EXECUTORS:
        raise ValueError(f"executor must be one of {', '.join(EXECUTORS)}, got {executor!r}")
    if recurrences not in RECURRENCES:
        raise ValueError(f"recurrences must be one of {', '.join(RECURRENCES)}, got {recurrences!r}")
    if f is None:
        return functools.partial(jit, executor=executor, lanes=lanes, recurrences=recurrences)
    if not callable(f):
        raise TypeError(f"jit takes a function, got {type(f).__name__}")
    return Jitted(f, executor, lanes, recurrences)


class Jitted:
    """A compiled function; see `jit`.

    Attributes
    ----------
    function : callable
        What was compiled.
    """

    __slots__ = ("__call__", "__dict__", "__weakref__")

    def __init__(self, function: Callable, executor: str = "auto", lanes: bool = True, recurrences: str = "auto"):
        self.function, self.options = function, (executor, lanes, recurrences)
        self._versions: dict[Any, list[Version]] = {}
        self._entered: list[tuple[Any, Version]] = []  # with their keys, in order
        self._lock, self._told = threading.RLock(), False
        functools.update_wrapper(self, function)
        self.__call__ = self.call  # until there is machine code with an entry of its own

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The function's result, by the first version that is valid."""
        arguments = Arguments(args, kwargs)
        if arguments.as_it_is:
            return self.function(*args, **kwargs)
        for version in self._versions.get(arguments.key, ()):
            status, results = version.executor.run(arguments.leaves)
            if status == FINE:
                return version.structure.build(iter(results))
            if status != GUARD:
                return self.function(*args, **kwargs)
        new = self._compile(arguments)
        status, results = new.executor.run(arguments.leaves) if new else (GUARD, [])
        return new.structure.build(iter(results)) if new and status == FINE else self.function(*args, **kwargs)

    def _compile(self, arguments: Arguments) -> Version | None:
        """A version for arguments that no other one is valid at; None if there are too many already."""
        with self._lock:
            versions = self._versions.setdefault(arguments.key, [])
            if len(versions) >= VERSIONS or len(self._entered) >= MOST:
                self._tell_once()
                return None
            version = Version(arguments.function(self.function), arguments.leaves, *self.options)
            version.compile()  # before other threads see it
            versions.append(version)
            self._entered.append((arguments.key, version))
            self._enter()
            return version

    def _tell_once(self) -> None:
        if not self._told:
            self._told = True
            name = getattr(self.function, "__name__", "the function")
            warnings.warn(
                f"{name} was compiled {len(self.versions)} times, for other branches or other values of arguments that "
                "are no arrays of floating-point numbers; from now on it runs as it is where none of them is valid: "
                "give numbers that vary as floats, or branch with np.where",
                RuntimeWarning,
                stacklevel=4,
            )

    def _enter(self) -> None:
        """Let calls go to machine code directly: to the latest versions one after the other, then to `call`."""
        call: Callable = self.call
        for key, version in self._entered[-DIRECT:]:
            if isinstance(version.executor, NativeExecutor) and is_simple(key) and version.has_plain_results:
                call = version.executor.entry(call, (POLICY, key[-1]))
        self.__call__ = call

    def lower(self, *args: Any, **kwargs: Any) -> Version:
        """What was compiled for given arguments (it is compiled if need be): program, graph, LLVM text, assembly."""
        arguments = Arguments(args, kwargs)
        for version in self._versions.get(arguments.key, ()):
            if version.executor.run(arguments.leaves)[0] != GUARD:
                return version
        return self._compile(arguments) or Version(arguments.function(self.function), arguments.leaves, *self.options)

    @property
    def versions(self) -> list[Version]:
        """All that was compiled, in order."""
        return [version for _, version in self._entered]

    @property
    def latest(self) -> Version:
        """What was compiled last.

        Raises
        ------
        ValueError
            Nothing was, since the function has not been called yet.
        """
        if not self.versions:
            raise ValueError("nothing is compiled yet: call the function, or its method `lower`, with arguments")
        return self.versions[-1]

    @property
    def program(self) -> GuardedProgram:
        """The program that was compiled last."""
        return self.latest.program

    @property
    def llvm_ir(self) -> str:
        """LLVM's text of what was compiled last."""
        return self.latest.llvm_ir

    @property
    def assembly(self) -> str:
        """The assembly of what was compiled last."""
        return self.latest.assembly

    def to_source(self, name: str | None = None) -> str:
        """What was compiled last as a module of NumPy source code; see `Version.to_source`."""
        return self.latest.to_source(name or _identifier(self.function))

    def to_object(self, path: str | PathLike, name: str | None = None) -> Path:
        """What was compiled last as an object file, with a C header beside it; see `Version.to_object`."""
        return self.latest.to_object(path, name or _identifier(self.function), self.function.__doc__ or "")

    def __repr__(self) -> str:
        name = getattr(self.function, "__qualname__", repr(self.function))
        return f"<compiled {name}: {len(self.versions)} version(s)>"

    def __reduce__(self) -> Any:
        return Jitted, (self.function, *self.options)

    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        """A method, where a method of a class was compiled."""
        return self if owner is None else functools.partial(self, owner)


class Arguments:
    """The arguments of a call: arrays of numbers, and what else a version is compiled for.

    Attributes
    ----------
    leaves : list of arrays
        C-contiguous, of floating-point or complex numbers.
    key : hashable
        All the rest: how leaves make up the arguments, their shapes and types, and the values of other arguments.
    as_it_is : bool
        Whether the function is to be run as it is: an argument belongs to a derivative that is being taken, or is of
        another class of arrays, or kinks are treated in a special way. Then there is nothing else.
    """

    def __init__(self, args: tuple, kwargs: dict):
        self.found, self.structure = flatten((*args, kwargs))
        self.as_it_is = policy() != "subgradient" or any(map(_is_foreign, self.found))
        if self.as_it_is:
            return
        self.leaves, self.places, others = [], [], []
        for i, leaf in enumerate(self.found):
            array = _as_array(leaf)
            if array is None:
                others.append((i, _key_of(leaf)))
            else:
                self.leaves.append(array)
                self.places.append(i)
        shapes = tuple([(a.shape, a.dtype.char) for a in self.leaves])
        self.key = self.structure, shapes, tuple(others), policy()

    def function(self, f: Callable) -> Callable:
        """f as a function of the leaves alone."""

        def of_leaves(*leaves: Any) -> Any:
            every = list(self.found)
            for i, x in zip(self.places, leaves, strict=True):
                every[i] = x
            *args, kwargs = self.structure.build(iter(every))
            return followed(f, *args, **kwargs)

        return of_leaves


def _identifier(f: Callable) -> str:
    name = getattr(f, "__name__", "")
    return name if name.isidentifier() and name != "<lambda>" else "program"


def is_simple(key: Any) -> bool:
    """Whether arguments are arrays by position, and nothing else."""
    structure, shapes, others, _ = key
    *positional, keywords = structure.parts
    return not others and not keywords.parts and len(positional) == len(shapes) and all(p == LEAF for p in positional)


def _as_array(x: Any) -> np.ndarray | None:
    """An argument as an array of floating-point or complex numbers; None if it is something else."""
    if x.__class__ is np.ndarray:
        if x.dtype.kind not in "fc" or not x.dtype.isnative:
            return None
        return x if x.flags.c_contiguous else x.copy(order="C")
    if isinstance(x, float | complex | np.inexact):
        return np.asarray(x)
    if isinstance(x, list | tuple):
        array = np.asarray(x)
        return array if array.dtype.kind in "fc" else None
    return None


def _is_foreign(x: Any) -> bool:
    """Whether an argument is differentiated, or an array of a class of its own."""
    return isinstance(x, DuckArray) or (isinstance(x, np.ndarray) and x.__class__ is not np.ndarray)


def _key_of(x: Any) -> Any:
    """What a version is compiled for, of an argument that is no array of floating-point numbers."""
    if isinstance(x, np.ndarray | list | tuple):
        array = np.asarray(x)
        content = array.tobytes() if array.dtype != object else id(x)
        return type(x), array.shape, array.dtype.str, content
    try:
        hash(x)
    except TypeError:
        raise TypeError(
            f"jit cannot tell arguments of type {type(x).__name__} apart, since they are not hashable: let the "
            "function capture them"
        ) from None
    return type(x), x
