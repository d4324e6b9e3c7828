"""Another library has left the processor in another rounding mode, or flushing subnormal numbers to zero.

Then every operation gives the result it gives otherwise, or a `RoundingModeError`; never a wrong enclosure. Each case
runs in a process of its own: the C library's `fesetround`, or the control word of the SSE unit, is set before the
package is loaded, after it, or in the middle of a computation.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

PROLOGUE = """
import ctypes, ctypes.util, json, sys
library = ctypes.CDLL(ctypes.util.find_library("m"))
MODES = {"nearest": 0, "down": 0x400, "up": 0x800, "zero": 0xC00}

def disturb(mode):
    if mode in MODES:
        assert library.fesetround(MODES[mode]) == 0
        return
    state = ctypes.create_string_buffer(32)
    library.fegetenv(state)
    flags = {"ftz": 1 << 15, "daz": 1 << 6, "both": (1 << 15) | (1 << 6)}[mode]
    control = int.from_bytes(state.raw[28:32], "little") | flags
    state[28:32] = control.to_bytes(4, "little")
    library.fesetenv(state)

def restore():
    library.fesetround(0)
    state = ctypes.create_string_buffer(32)
    library.fegetenv(state)
    control = int.from_bytes(state.raw[28:32], "little") & ~((1 << 15) | (1 << 6))
    state[28:32] = control.to_bytes(4, "little")
    library.fesetenv(state)
"""

OPERATIONS = """
import warnings
warnings.simplefilter("ignore")
import numpy as np
import scipy.special as sp
from fractions import Fraction
import taylorad as ta
from taylorad import Interval
from taylorad.rings.interval.environment import RoundingModeError

def operands():
    global x, y, n, many, others, matrix, tiny
    x, y = Interval([0.1, 1e-310, -3.0], [0.3, 2e-310, 5.0]), Interval([0.7, 1e-5, 1e300], [0.7, 0.1, 1e301])
    n = 5000
    steps = np.arange(1.0, n + 1)  # ends are exact in every mode, so that operands are the same
    many, others = Interval(steps * 3 / 1024, (steps * 3 + 1) / 1024), Interval(steps * 5 / 1024 - 3)
    matrix = Interval(np.arange(1.0, 26.0).reshape(5, 5) * 0.0625, np.arange(1.0, 26.0).reshape(5, 5))
    tiny = Interval(2.0**-1022, 2.0**-1021)

try:
    operands()
except RoundingModeError:
    restore()
    try:
        operands()
    except RoundingModeError:  # what was loaded in a wrong mode refuses for good: literals were read wrongly in it
        print(json.dumps("RoundingModeError"))
        sys.exit()
    disturb(sys.argv[1])

def chosen(relation):
    return Interval(np.where(getattr(relation, "certainly", relation), 1.0, 2.0))

def inside(box, points):
    assert all(p >= q for p, q in zip(points.tolist(), box.ends[0].tolist()))
    return Interval(1.0)

cases = {
    "add": lambda: x + y,
    "subtract": lambda: x - y,
    "multiply": lambda: x * y,
    "divide": lambda: x / y,
    "many": lambda: many * others + many / (others + 10.5) - others,
    "square": lambda: np.square(x),
    "power": lambda: many**7,
    "powers": lambda: many**0.1,
    "sqrt": lambda: np.sqrt(many),
    "sum": lambda: np.sum(many * others),
    "dot": lambda: np.dot(many, others),
    "matmul": lambda: matrix @ matrix,
    "mean": lambda: np.mean(many),
    "exp": lambda: np.exp(many),
    "log": lambda: np.log(many),
    "sin": lambda: np.sin(many),
    "arctan2": lambda: np.arctan2(x, y),
    "tanh": lambda: np.tanh(x),
    "gamma": lambda: sp.gamma(Interval(0.3, 2.5)),
    "erf": lambda: sp.erf(x[:1]),
    "jv": lambda: sp.jv(0.5, Interval(1.0, 3.0)),
    "gammainc": lambda: sp.gammainc(0.3, Interval(1.0, 3.0)),
    "hypot": lambda: np.hypot(x, y),
    "subnormal": lambda: tiny * 0.3,
    "subnormal sum": lambda: tiny * 0.5 - 2.0**-1023,
    "subnormal quotient": lambda: tiny / 3,
    "subnormal end": lambda: np.exp(Interval(-745.0, -740.0)),
    "width": lambda: Interval(x.width),
    "midpoint": lambda: inside(x, x.midpoint),
    "less": lambda: chosen(x > 0),
    "contains": lambda: chosen(x.contains(0.0)),
    "maximum": lambda: np.maximum(x, 0.0),
    "max": lambda: np.max(x[1:2]),
    "hull": lambda: x[1].hull(0.0),
    "where": lambda: np.where(x > 0, 1.0, 2.0),
    "text": lambda: Interval(["0.1", "1/3", "1e-320", "[0.2, 0.7]"]),
    "fraction": lambda: Interval(Fraction(1, 3)) + Fraction(2, 7),
    "integer": lambda: Interval(2**53 + 1) * (10**30 + 1),
    "series": lambda: np.exp(ta.Taylor._along(Interval(0.1, 0.2), Interval(1.0), 4)).coefficients,
    "gradient": lambda: ta.grad(lambda t: np.sum(np.sin(t) * t / 3))(x[:1]),
    "hessian": lambda: ta.hessian(lambda t: np.sum(np.sin(t * 0.1) * t))(x[::2]),
    "verified": lambda: ta.verified.gradient(lambda t: np.exp(t[0]) * t[1] / 3, Interval([0.1, 0.2], [0.3, 0.7])),
    "enclose": lambda: ta.verified.enclose(lambda t: t * (1 - t) / 3, Interval(0.1, 0.9)).interval,
}

def bits(found):
    return [np.array(end).reshape(-1).view(np.int64).tolist() for end in found.ends]

def outcome(case):
    try:
        found = case()
    except RoundingModeError:
        return "RoundingModeError"
    except Exception as error:
        cause = error
        while cause is not None:
            if isinstance(cause, RoundingModeError):
                return "RoundingModeError"
            cause = cause.__cause__ or cause.__context__
        return type(error).__name__ + ": " + str(error)[:200]
    return bits(found)
"""

EPILOGUES = {
    "before": (
        "disturb(sys.argv[1])\n",
        "results = {name: outcome(case) for name, case in cases.items()}\nrestore()\nprint(json.dumps(results))",
    ),
    "after": (
        "",
        "disturb(sys.argv[1])\nresults = {name: outcome(case) for name, case in cases.items()}\n"
        "restore()\nprint(json.dumps(results))",
    ),
    "between": (
        "",
        "for case in cases.values():\n    outcome(case)\ndisturb(sys.argv[1])\n"
        "results = {name: outcome(case) for name, case in cases.items()}\nrestore()\nprint(json.dumps(results))",
    ),
}
SUPPORTED = sys.platform.startswith("linux") and os.uname().machine == "x86_64"
pytestmark = pytest.mark.skipif(not SUPPORTED, reason="the control word is known of x86-64 under Linux only")


def results_of(mode: str, when: str) -> Any:
    """What every operation gave in a process of its own."""
    first, last = EPILOGUES[when]
    script = PROLOGUE + (first if when == "before" else "") + "restored = None\n" + OPERATIONS + last
    run = subprocess.run([sys.executable, "-c", script, mode], capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def usual() -> dict:
    """What every operation gives in rounding to nearest."""
    return results_of("nearest", "after")


def test_nothing_is_refused_in_rounding_to_nearest(usual: dict) -> None:
    assert all(isinstance(found, list) for found in usual.values()), usual


CASES = [
    ("down", "after"), ("up", "between"), ("zero", "after"), ("ftz", "between"), ("daz", "after"), ("both", "before"),
    ("up", "before"),
]  # fmt: skip


@pytest.mark.parametrize(("mode", "when"), CASES)
def test_a_disturbed_processor_changes_no_result(mode: str, when: str, usual: dict) -> None:
    found = results_of(mode, when)
    if found == "RoundingModeError":
        assert when == "before"
        return
    assert set(found) == set(usual)
    for name, result in found.items():
        assert result in (usual[name], "RoundingModeError"), name


def test_the_mode_is_noticed_where_results_rest_on_it() -> None:
    found = results_of("up", "after")
    assert "RoundingModeError" in found.values()
