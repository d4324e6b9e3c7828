"""taylorad: higher-order Taylor-series and hyperdual arithmetic on plain NumPy functions."""

from taylorad.algebras import DomainWarning, Dual, HyperDual, MultivariateTaylor, Taylor, variables
from taylorad.dispatch import UnsupportedFunctionError
from taylorad.transforms import (
    derivative,
    derivative_tensor,
    expand,
    grad,
    hessian,
    jacobian,
    jvp,
    partial,
    taylor,
)

__version__ = "0.1.0"
__all__ = [
    "DomainWarning",
    "Dual",
    "HyperDual",
    "MultivariateTaylor",
    "Taylor",
    "UnsupportedFunctionError",
    "derivative",
    "derivative_tensor",
    "expand",
    "grad",
    "hessian",
    "jacobian",
    "jvp",
    "partial",
    "taylor",
    "variables",
]
