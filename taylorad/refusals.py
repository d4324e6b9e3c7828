"""Refusals: a traced value is never cut down to a plain number silently, and the error names the user's line.

NumPy replaces some of these errors by its own ("setting an array element with a sequence"); `refusal_behind` finds ours
among their causes.
"""

from __future__ import annotations

import dis
import linecache
import re
import sys
import threading
from typing import Any

AS_USERS_WRITE = "taylorad.ode.systems"  # modules of ours whose functions are treated as users' are
LIBRARIES = frozenset(
    [
        "numpy",
        "scipy",
        "pandas",
        "matplotlib",
        "sklearn",
        "taylorad",
        "jax",
        "jaxlib",
        "torch",
        "tensorflow",
        "numba",
        "sympy",
        "mpmath",
        "xarray",
        "dask",
        "networkx",
        "statsmodels",
        "skimage",
        "astropy",
        "cupy",
        "_pytest",
        "pytest",
        "hypothesis",
        "IPython",
        "ipykernel",
    ]
) | (sys.stdlib_module_names - {"__main__"})
_library_globals: dict[int, dict] = {}


class _Local(threading.local):
    latest = ""  # the last message


local = _Local()


WAY_OUT = (
    "use functions of NumPy, SciPy and math that taylorad knows (and make arrays of lists first, with np.array), give "
    "the function a rule with ta.custom_rule, or take .primal for the number alone, held constant"
)


class LostDerivativeError(TypeError):
    """An operation would have made a plain number of a value that is differentiated."""


def is_library(namespace: dict) -> bool:
    """Whether a namespace is that of a library module, not of a user's."""
    if id(namespace) in _library_globals:
        return True
    name = str(namespace.get("__name__", ""))
    if name.partition(".")[0] not in LIBRARIES or name.startswith(AS_USERS_WRITE):
        return False
    _library_globals[id(namespace)] = namespace  # kept, so that its id stays its own
    return True


def user_frame() -> Any:
    """The innermost frame of the user's code, None when there is none."""
    frame: Any = sys._getframe(1)
    while frame is not None and is_library(frame.f_globals):
        frame = frame.f_back
    return frame


def place(frame: Any, number: int | None = None) -> str:
    """File, line and text of what a frame is doing."""
    if frame is None:
        return ""
    file, number = frame.f_code.co_filename, number or frame.f_lineno
    text = linecache.getline(file, number, frame.f_globals).strip()
    return f"{file}, line {number}{f': `{text}`' if text else ''}\n"


def formats() -> bool:
    """Whether a number is asked for by ``"%.3f" % x``: no other operator wants a float. Text loses nothing."""
    frame: Any = sys._getframe(1)
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("taylorad."):
        frame = frame.f_back
    instruction = b"" if frame is None else frame.f_code.co_code[frame.f_lasti : frame.f_lasti + 2]
    return len(instruction) == 2 and dis.opname[instruction[0]] == "BINARY_OP" and instruction[1] == _REMAINDER


_REMAINDER = 6  # the number of % among binary operators


def forced_into(target: Any) -> LostDerivativeError:
    """The error for a value to be written into an array of plain numbers."""
    what = f"an array of {getattr(target, 'dtype', 'plain numbers')}"
    return LostDerivativeError(f"{place(user_frame())}{_INTO.format(what=what)}")


_INTO = (
    "a differentiated value cannot be written into {what} that was made where taylorad does not see it, its "
    "derivatives would be lost: make the array inside of the differentiated function, with np.zeros or "
    "np.zeros_like(x) for example, or copy it there, with np.array(a)"
)


def forced(kind: str, described: str) -> LostDerivativeError:
    """The error for a value that was asked to be a Python number; it depends on what the user's line does with it."""
    frame = user_frame()
    if frame is not None and dis.opname[frame.f_code.co_code[frame.f_lasti]].startswith("STORE_"):
        reason = _INTO.format(what="an array of plain numbers")
    elif kind == "index":
        reason = f"{described} as an index or a size would lose its derivatives: use int(...), or np.floor"
    else:
        reason = f"{kind}() of {described}, here or in a function called here, would lose its derivatives: {WAY_OUT}"
        if kind == "array":
            reason += (
                "; if it is to be written into an array, make that one here, with np.zeros, or copy it with np.array"
            )
    local.latest = place(frame) + reason
    return LostDerivativeError(local.latest)


def refusal_behind(error: BaseException) -> LostDerivativeError | None:
    """The refusal that another error replaced or stands for, or None."""
    if "setting single item" in str(error):  # NumPy forgets the cause of this one
        return LostDerivativeError(local.latest)
    cause: BaseException | None = error
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        if isinstance(cause, LostDerivativeError):
            return cause
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__
    return _met_by_a_library(error)


_MEETING = re.compile(
    r"Tracer|Taylor|Dual|object array|dtype object|dtype\('O'\)|'O'|safely coerced|matching signature|traced array"
    r"|bytes-like|NPY_ITER_REFS_OK"
)


def _met_by_a_library(error: BaseException) -> LostDerivativeError | None:
    """A refusal for an error that a library raised since it met traced values, or an array of them, for numbers."""
    if not _MEETING.search(str(error)):
        return None
    frames, trace = [], error.__traceback__
    while trace is not None:
        frames.append(trace.tb_frame.f_globals)
        trace = trace.tb_next
    if isinstance(error, AttributeError):  # of a traced value, in a library's code
        frames = [space for space in frames if not _is_ours(space)]
        if not frames or not is_library(frames[-1]):
            return None
    where = place_of(error)
    if not where or _is_ours(frames[-1]):
        return None
    reason = f"a function called here needs plain numbers and met values that are differentiated ({error}): {WAY_OUT}"
    return LostDerivativeError(where + reason)


def _is_ours(namespace: dict) -> bool:
    return str(namespace.get("__name__")).startswith("taylorad.")


def place_of(error: BaseException) -> str:
    """File, line and text of the user's code that an error came from."""
    users, trace = None, error.__traceback__
    while trace is not None:
        users = users if is_library(trace.tb_frame.f_globals) else trace
        trace = trace.tb_next
    return "" if users is None else place(users.tb_frame, users.tb_lineno)
