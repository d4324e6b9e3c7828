"""Functions that differentiate functions."""

from taylorad.transforms.check import DerivativeError, DerivativeReport, check_derivatives
from taylorad.transforms.checkpoint import checkpoint, checkpointed_loop
from taylorad.transforms.custom import custom_rule
from taylorad.transforms.gradients import grad, jacobian, value_and_grad
from taylorad.transforms.interpolation import derivative_tensor
from taylorad.transforms.products import jvp, linearize, pullback, pushforward, taylor_vjp, vjp
from taylorad.transforms.recording import record
from taylorad.transforms.second import hessian, hessian_operator, hvp, third_directional
from taylorad.transforms.series import derivative, expand, partial, taylor

__all__ = [
    "DerivativeError",
    "DerivativeReport",
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
    "jvp",
    "linearize",
    "partial",
    "pullback",
    "pushforward",
    "record",
    "taylor",
    "taylor_vjp",
    "third_directional",
    "value_and_grad",
    "vjp",
]
