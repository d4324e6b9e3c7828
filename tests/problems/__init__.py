"""Published unconstrained test problems, each written once as a plain NumPy function ``f(np, x)`` of a vector.

``np`` is NumPy, or the functions of `multiprecision` for 40 digits and more: the text is the same, every literal is the
same double. `references.json`, written by `make_references.py`, holds value, gradient and Hessian.
"""

from tests.problems import classical, likelihoods, more_garbow_hillstrom, physics, scalable, separable, small
from tests.problems.problem import Minimum, Problem

__all__ = ["PROBLEMS", "Minimum", "Problem"]

PROBLEMS: list[Problem] = [
    *more_garbow_hillstrom.PROBLEMS,
    *scalable.PROBLEMS,
    *separable.PROBLEMS,
    *small.PROBLEMS,
    *classical.PROBLEMS,
    *likelihoods.PROBLEMS,
    *physics.PROBLEMS,
]
