"""taylorad: higher-order Taylor-series and hyperdual arithmetic on plain NumPy functions."""

from importlib import import_module
from typing import Any

from taylorad.algebras import (
    DomainWarning,
    Dual,
    HyperDual,
    Interval,
    MultivariateTaylor,
    Taylor,
    TaylorModel,
    variables,
)
from taylorad.compile.jit import Jitted, jit
from taylorad.dispatch import UnsupportedFunctionError
from taylorad.refusals import LostDerivativeError
from taylorad.rules.kinks import KinkError, at_kinks
from taylorad.trace import Program
from taylorad.transforms import (
    DerivativeError,
    DerivativeReport,
    check_derivatives,
    checkpoint,
    checkpointed_loop,
    custom_rule,
    derivative,
    derivative_tensor,
    expand,
    grad,
    hessian,
    hessian_operator,
    hvp,
    jacobian,
    jvp,
    linearize,
    partial,
    pullback,
    pushforward,
    record,
    taylor,
    taylor_vjp,
    third_directional,
    value_and_grad,
    vjp,
)

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Parts that are loaded when they are first used."""
    if name in ("ode", "verified"):
        return import_module(f"taylorad.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "DerivativeError",
    "DerivativeReport",
    "DomainWarning",
    "Dual",
    "HyperDual",
    "Interval",
    "Jitted",
    "LostDerivativeError",
    "KinkError",
    "MultivariateTaylor",
    "Program",
    "Taylor",
    "TaylorModel",
    "UnsupportedFunctionError",
    "at_kinks",
    "check_derivatives",
    "checkpoint",
    "checkpointed_loop",
    "custom_rule",
    "derivative",
    "derivative_tensor",
    "expand",
    "grad",
    "hessian",
    "hessian_operator",
    "hvp",
    "jacobian",
    "jit",
    "jvp",
    "linearize",
    "ode",
    "partial",
    "pullback",
    "pushforward",
    "record",
    "taylor",
    "taylor_vjp",
    "third_directional",
    "value_and_grad",
    "variables",
    "verified",
    "vjp",
]
