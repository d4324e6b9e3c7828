"""Warns for every public class or function of `taylorad` that the reference leaves out."""

import inspect

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

logger = logging.getLogger(__name__)


def check(app: Sphinx, env: BuildEnvironment) -> None:
    import taylorad

    documented = env.get_domain("py").data["objects"]
    for name in taylorad.__all__:
        public = getattr(taylorad, name)
        if (inspect.isclass(public) or callable(public)) and f"taylorad.{name}" not in documented:
            logger.warning("taylorad.%s is public, but no page under docs/reference/ documents it", name)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("env-check-consistency", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
