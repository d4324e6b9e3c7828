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


@functools.lru_cache(4096)
def _tables(code: CodeType) -> tuple[dict[int, tuple], list[tuple[tuple, tuple, str, str]]]:
    """Positions of instructions by offset, and the loads: beginning, end, operation, name."""
    positions, loads = {}, []
    for instruction in dis.get_instructions(code):
        p = instruction.positions
        if p is None or None in (p.lineno, p.col_offset, p.end_lineno, p.end_col_offset):
            continue
        start, end = (p.lineno, p.col_offset), (p.end_lineno, p.end_col_offset)
        positions[instruction.offset] = start, end
        if instruction.opname in ("CALL", "CALL_FUNCTION_EX", "CALL_KW"):
            loads.append((start, end, "", ""))  # what a call gives may be called again
        elif instruction.opname in _LOADS:
            loads.append((start, end, instruction.opname, instruction.argval))
    return positions, loads


def _callee(code: CodeType, place: int) -> tuple[str | None, str]:
    """How the called object was loaded, and under which name; None when that cannot be told."""
    positions, loads = _tables(code)
    if place not in positions:
        return None, ""
    start, end = positions[place]
    candidates = [(e, operation, name) for s, e, operation, name in loads if s == start and e < end]
    if not candidates:
        return None, ""
    _, operation, name = max(candidates)
    return operation or None, name
