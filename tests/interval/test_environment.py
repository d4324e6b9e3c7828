"""The check of the rounding mode, and enclosures in a process whose mode another library has changed."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from taylorad.rings.interval import environment

PRELUDE = """
import ctypes
import ctypes.util
import numpy as np
from taylorad.compile.intervals.provider import NativeIntervalArithmetic
from taylorad.compile.native import target
from taylorad.rings.interval import arithmetic, environment

arithmetic.compiled = None
libm = ctypes.CDLL(ctypes.util.find_library("m"))
rng = np.random.default_rng(7)
a, b = (rng.standard_normal(1003) * 2.0 ** rng.integers(-1060, -10, 1003) for _ in range(2))
operands = {
    "add": (a, a, b, b), "subtract": (a, a, b, b), "multiply": (a, a, b, b), "divide": (a, a, b, b),
    "fma": (a, a, b, b, a, a), "sqrt": (abs(a), abs(a)), "square": (a, a), "integer_power": (a, a, 3), "sum": (a, a, 0),
    "dot": (a, a, b, b), "matmul": (a[:100].reshape(10, 10),) * 4,
    "hull": (a, a, b, b), "intersection": (a, a, b, b), "minimum": (a, a, b, b), "absolute": (a, a),
}

def results(arithmetic):
    return {name: np.array(getattr(arithmetic, name)(*x)) for name, x in operands.items()}

def same(first, second):
    return all(np.array_equal(first[name], second[name], equal_nan=True) for name in operands)
"""

MODES = {"nearest": 0, "downward": 0x400, "upward": 0x800, "toward zero": 0xC00}  # of x86's fesetround

on_linux_x86 = pytest.mark.skipif(
    not (sys.platform.startswith("linux") and platform.machine() == "x86_64"),
    reason="the numbers of the rounding modes are those of x86 under Linux",
)


def run(code: str) -> None:
    result = subprocess.run([sys.executable, "-c", PRELUDE + code], capture_output=True, text=True, timeout=100)
    assert result.returncode == 0, result.stderr


def test_the_check_passes_in_an_undisturbed_process():
    environment.check()
    with environment.nearest():
        environment.check()


@on_linux_x86
def test_a_changed_rounding_mode_is_noticed():
    run(f"""
for mode in {list(MODES.values())[1:]}:
    libm.fesetround(mode)
    for function, operands in ((environment.check, ()), (arithmetic.add, (1.0, 1.0, 2.0, 2.0))):
        try:
            function(*operands)
        except environment.RoundingModeError as error:
            assert "rounds " in str(error) and "nearest()" in str(error)
        else:
            raise AssertionError(mode)
    with environment.nearest():
        assert [x.item() for x in arithmetic.add(1.0, 1.0, 2.0, 2.0)] == [3.0, 3.0]
    assert libm.fegetround() == mode
""")


SET_STATE = """
text = '''
declare void @llvm.x86.sse.ldmxcsr(ptr)
declare void @llvm.x86.sse.stmxcsr(ptr)
define void @set(i32 %x) {
  %p = alloca i32
  store i32 %x, ptr %p
  call void @llvm.x86.sse.ldmxcsr(ptr %p)
  ret void
}
define i32 @get() {
  %p = alloca i32
  call void @llvm.x86.sse.stmxcsr(ptr %p)
  %x = load i32, ptr %p
  ret i32 %x
}
'''
state = target.optimise_and_compile(text)
set_state = ctypes.CFUNCTYPE(None, ctypes.c_int32)(state.address("set"))
get_state = ctypes.CFUNCTYPE(ctypes.c_int32)(state.address("get"))
"""


@on_linux_x86
def test_flushed_subnormal_numbers_are_noticed():
    run(
        SET_STATE
        + """
for flag in (0x8000, 0x40, 0x8040):
    set_state(0x1F80 | flag)
    try:
        environment.check()
    except environment.RoundingModeError as error:
        assert "subnormal" in str(error)
    else:
        raise AssertionError(flag)
    with environment.nearest():
        environment.check()
    set_state(0x1F80)
"""
    )


@on_linux_x86
def test_compiled_results_are_the_same_in_every_state_and_leave_it_as_it_was():
    run(
        SET_STATE
        + """
compiled = NativeIntervalArithmetic()
expected = results(compiled)
for rounding in range(4):
    for flush in (0, 0x8000, 0x40, 0x8040):
        word = 0x1F80 | rounding << 13 | flush
        set_state(word)
        found = results(compiled)
        after = get_state()
        set_state(0x1F80)
        assert same(found, expected), hex(word)
        assert after & 0xFFC0 == word, (hex(word), hex(after))
"""
    )


@on_linux_x86
def test_numpy_results_within_nearest_are_the_same_in_every_mode():
    run(f"""
expected = results(arithmetic)
for mode in {list(MODES.values())}:
    libm.fesetround(mode)
    with environment.nearest():
        found = results(arithmetic)
    libm.fesetround(0)
    assert same(found, expected), mode
""")
