"""Without llvmlite everything works through NumPy, and says so once."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import sys
sys.modules["llvmlite"] = sys.modules["llvmlite.binding"] = None  # as if it was not installed
import warnings
import numpy as np
import taylorad as ta

def f(x):
    return np.sum(np.sin(x[1:]) * x[:-1] ** 2) if x[0] > 0 else np.sum(x**3)

x = np.array([0.7, 1.3, 0.4])
hessian = ta.jit(ta.hessian(f))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for point in (x, -x, x):
        assert np.allclose(hessian(point), ta.hessian(f)(point), rtol=1e-13)
    assert ta.jit(ta.grad(f))(x).shape == (3,)
print([str(w.message) for w in caught])
try:
    ta.jit(f, executor="native")(x)
except ValueError as error:
    print(error)
try:
    hessian.llvm_ir
except ValueError as error:
    print(error)
x1, x2 = ta.variables([0.3, 1.2], order=12)
assert np.isclose((np.exp(x1) * x2).coefficient((3, 1)), np.exp(0.3) / 6)
print(hessian.to_source("h").count("def h("))
"""


def test_without_llvmlite():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TAYLORAD_CACHE": "0"}
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=environment, check=False)
    assert run.returncode == 0, run.stderr
    said, native, inside, source = run.stdout.splitlines()
    assert said.count("llvmlite is not installed") == 1
    assert "pip install llvmlite" in said
    assert native == "this function cannot be compiled to machine code: llvmlite is not installed"
    assert inside == "there is no machine code: llvmlite is not installed"
    assert source == "1"
