"""Warns for every public class or function of the package that the reference leaves out."""

import inspect

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

logger = logging.getLogger(__name__)


def check(app: Sphinx, env: BuildEnvironment) -> None:
    import taylorad.ode
    import taylorad.verified

    documented = env.get_domain("py").data["objects"]
    for module in (taylorad, taylorad.ode, taylorad.ode.systems, taylorad.verified):
        for name in module.__all__:
            public, full = getattr(module, name), f"{module.__name__}.{name}"
            if (inspect.isclass(public) or callable(public)) and full not in documented:
                logger.warning("%s is public, but no page under docs/reference/ documents it", full)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("env-check-consistency", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
