"""Ordinary differential equations by Taylor's method."""

from taylorad.ode import systems
from taylorad.ode.dense import TaylorSolution
from taylorad.ode.integrator import Integrator, integrator
from taylorad.ode.march import IntegrationError
from taylorad.ode.scipy_method import Taylor
from taylorad.ode.solve import solve_ivp

__all__ = ["IntegrationError", "Integrator", "Taylor", "TaylorSolution", "integrator", "solve_ivp", "systems"]
