"""The kernels, best first, and the choice among them (measured in `docs/theory/interval-kernel.md`)."""

from __future__ import annotations

from taylorad.rings.interval.kernels.arb import Arb
from taylorad.rings.interval.kernels.base import Kernel, Pair
from taylorad.rings.interval.kernels.crival import Crival
from taylorad.rings.interval.kernels.pyintval import Pyintval

__all__ = ["ARB", "CRIVAL", "KERNELS", "Kernel", "MissingKernelError", "Pair", "kernel_for"]

CRIVAL, PYINTVAL, ARB = Crival(), Pyintval(), Arb()
KERNELS: tuple[Kernel, ...] = (CRIVAL, PYINTVAL, ARB)


class MissingKernelError(ImportError):
    """No installed library encloses a function."""


def kernel_for(name: str, what: str = "points") -> Kernel:
    """The best installed kernel that knows a function.

    Parameters
    ----------
    what : {"points", "ranges"}

    Raises
    ------
    MissingKernelError
        With the installation command, when none does.
    """
    for kernel in KERNELS:
        if name in getattr(kernel, what) and kernel.available():
            return kernel
    able = " or ".join(kernel.name for kernel in KERNELS if name in kernel.points or name in kernel.ranges)
    raise MissingKernelError(
        f"an enclosure of {name} needs {able or 'a library this package does not know'}, which is not installed: "
        'pip install "taylorad[verified]"'
    )
