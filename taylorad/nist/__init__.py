"""NIST's certified nonlinear regression problems, solved by Newton's method with exact Hessians."""

from taylorad.nist.fitting import Result, fit
from taylorad.nist.problems import Problem, load, names

__all__ = ["Problem", "Result", "fit", "load", "names"]
