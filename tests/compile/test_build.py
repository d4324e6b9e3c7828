"""Machine code by way of the cache on disk."""

from __future__ import annotations

import numpy as np
import pytest

import taylorad as ta
from taylorad.compile.native import build, cache, target

pytest.importorskip("llvmlite")
TEXT = "define double @twice(double %x) {\n  %y = fmul double %x, 2.0\n  ret double %y\n}\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TAYLORAD_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("TAYLORAD_CACHE", raising=False)
    cache.set_disk_cache(True)
    yield tmp_path / "cache"
    cache.set_disk_cache(None)


def test_code_is_compiled_once(folder, monkeypatch):
    compiled = []
    whole = target.optimise_and_compile
    monkeypatch.setattr(target, "optimise_and_compile", lambda *args: compiled.append(1) or whole(*args))
    assert all(build.build(TEXT).address("twice") for _ in range(3))
    assert len(compiled) == 1
    (file,) = (f for f in folder.rglob("*") if f.is_file())
    file.write_bytes(file.read_bytes()[:-1] + b"?")  # corrupt: ignored and replaced
    assert build.build(TEXT).address("twice")
    assert len(compiled) == 2


def test_bytes_that_are_no_object_are_compiled_anew(folder):
    host = target.machine()
    cache.disk_cache().store(cache.key_of(TEXT, host.cpu, host.features, 2), b"no object")
    assert build.build(TEXT).address("twice")


def test_functions_from_the_cache_compute_the_same(folder):
    def f(x):
        return np.sum(np.exp(x) * x[0])

    x = np.array([0.3, 0.5])
    first = ta.jit(ta.hessian(f))(x)
    assert any(folder.rglob("*"))
    assert np.array_equal(ta.jit(ta.hessian(f))(x), first)
