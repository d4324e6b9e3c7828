"""The compiled loop in registers of every width, in every shape of code, for states of every size."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from taylorad import ode
from taylorad.compile.native import target
from taylorad.compile.series import shapes
from taylorad.ode import native
from tests.ode.references import REFERENCES, rounding

NAMES = ["lorenz_5", "kepler_0.5", "figure_eight", "two_level", "elementary_functions", "duffing_two_wells"]


@pytest.fixture
def narrow(monkeypatch):
    """Makes code for registers of so many bits."""
    native._modules.clear()

    def use(bits):
        machine = dataclasses.replace(target.machine(), vector_bits=bits)
        monkeypatch.setattr(target, "machine", lambda: machine)

    yield use
    native._modules.clear()


@pytest.mark.parametrize("bits", [128, 256])
@pytest.mark.parametrize("name", NAMES)
def test_narrow_registers_reach_the_references(narrow, bits, name):
    problem = REFERENCES[name]
    bound = rounding(problem)
    narrow(bits)
    assert np.all(problem.error() <= 8 * bound)  # as for the widest registers: sums are taken in another order


@pytest.mark.parametrize("shape", ["unrolled", "packed", "loops"])
@pytest.mark.parametrize("name", NAMES)
def test_all_shapes_of_code_reach_the_references(monkeypatch, shape, name):
    problem = REFERENCES[name]
    bound = rounding(problem)
    planned = shapes.planned
    monkeypatch.setattr(native, "planned", lambda program, bits, _: planned(program, bits, shape))
    assert np.all(problem.error() <= 8 * bound)


@pytest.mark.parametrize("bits", [128, 256, 512])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 8, 9, 17, 63, 65, 70, 130])
def test_sizes_that_do_not_fill_registers(narrow, bits, size):
    narrow(min(bits, target.machine().vector_bits))
    rates = np.linspace(-1.0, 1.0, size)
    solution = ode.solve_ivp(
        lambda t, y: rates * y, (0, 2), np.ones(size), events=lambda t, y: y[-1] - np.exp(rates[-1])
    )
    np.testing.assert_allclose(solution.y[:, -1], np.exp(2 * rates), rtol=4e-15)  # some ten steps of rounding
    if size > 1:
        np.testing.assert_allclose(solution.t_events[0], 1.0, rtol=4e-15)
