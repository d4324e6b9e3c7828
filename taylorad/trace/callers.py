"""Who called: whether the user's line names the very function that was called.

Compiled libraries look up ``np.empty`` as Python code does, but have no frame of their own: their calls appear to come
from the user's line that called them, and what they get must be a plain array. The instruction a frame is at tells what
the line calls: the load with the same beginning in the source as the call, and the last end before it.
"""

from __future__ import annotations

import builtins
import dis
import functools
from types import CodeType
from typing import Any

_LOADS = ("LOAD_ATTR", "LOAD_METHOD", "LOAD_GLOBAL", "LOAD_NAME", "LOAD_FAST", "LOAD_DEREF", "LOAD_CLASSDEREF")
Span = tuple[tuple[int, int], tuple[int, int]]  # line and column of the beginning and of the end
_verdicts: dict[tuple[int, int, str], tuple[CodeType, bool]] = {}


def calls(frame: Any, name: str) -> bool:
    """Whether the call a frame is at is that of a function of this name (or of one that is bound to another name)."""
    code, place = frame.f_code, frame.f_lasti
    known = _verdicts.get((id(code), place, name))
    if known is not None:
        return known[1]
    operation, callee = _callee(code, place)
    if operation in ("LOAD_ATTR", "LOAD_METHOD"):
        verdict = callee == name
    elif operation is None:
        verdict = name in code.co_names
    else:
        verdict = _is(_value(frame, operation, callee), name, code)
        if "GLOBAL" not in operation:
            return verdict
    _verdicts[id(code), place, name] = code, verdict  # the code is kept, so that its id stays its own
    return verdict


def _value(frame: Any, operation: str, name: str) -> Any:
    spaces = (frame.f_globals,) if operation == "LOAD_GLOBAL" else (frame.f_locals, frame.f_globals)
    for space in spaces:
        if name in space or name in getattr(space, "real", ()):
            return space[name]
    return getattr(builtins, name, None)


def _is(value: Any, name: str, code: CodeType) -> bool:
    """Whether a called value is the function, or a function of Python that calls those it is given."""
    if getattr(value, "taylorad_original", None) is not None:
        return value.__name__ == name
    if isinstance(value, functools.partial):
        return True
    return name in code.co_names and getattr(value, "__module__", "") in ("builtins", "functools", "itertools")


def _span(position: tuple[int | None, ...]) -> Span | None:
    line, end_line, column, end_column = position
    if line is None or end_line is None or column is None or end_column is None:
        return None
    return (line, column), (end_line, end_column)


@functools.lru_cache(4096)
def _tables(code: CodeType) -> tuple[list[Span | None], list[tuple[Span, str, str]]]:
    """The source that each two bytes of code belong to, and what loads and calls there are."""
    spans = list(map(_span, code.co_positions()))
    loads = []
    for instruction in dis.get_instructions(code):
        span = spans[instruction.offset // 2]
        if span is None:
            continue
        if instruction.opname.startswith("CALL"):
            loads.append((span, "", ""))  # what a call gives may be called again
        elif instruction.opname.startswith(_LOADS):
            loads.append((span, instruction.opname, instruction.argval))
    return spans, loads


def _callee(code: CodeType, place: int) -> tuple[str | None, str]:
    """How the called object was loaded, and under which name; None when that cannot be told."""
    spans, loads = _tables(code)
    span = spans[place // 2]
    if span is None:  # compiled without positions: users' and libraries' calls look alike
        return "LOAD_ATTR", ""
    start, end = span
    candidates = [(e, operation, name) for (s, e), operation, name in loads if s == start and e < end]
    if not candidates:
        return None, ""
    _, operation, name = max(candidates)
    return operation or None, name
