"""Functions that differentiate functions."""

from taylorad.transforms.forward import grad, hessian, jacobian, jvp
from taylorad.transforms.series import derivative, derivative_tensor, expand, partial, taylor

__all__ = ["derivative", "derivative_tensor", "expand", "grad", "hessian", "jacobian", "jvp", "partial", "taylor"]
