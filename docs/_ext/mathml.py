"""Math renderer "mathml": LaTeX becomes MathML Core while the documentation is built, so that pages load no script.

A formula that cannot be converted is a warning that names the page and the line, and `sphinx-build -W` fails on it.
"""

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)
converter = LatexToMathML(
    fancy_error=False,
    macros={
        "R": r"\mathbb{R}",
        "C": r"\mathbb{C}",
        "erf": r"\operatorname{erf}",
        "sech": r"\operatorname{sech}",
        "d": r"\mathrm{d}",
    },
)


def to_mathml(node: nodes.math | nodes.math_block, display: bool) -> str:
    """Return the MathML of a formula, or its LaTeX as code after a warning."""
    latex = node.astext().strip().replace("{split}", "{aligned}")
    if display and r"\\" in latex and r"\begin{" not in latex:
        latex = rf"\begin{{aligned}}{latex}\end{{aligned}}"
    latex = latex.replace("{align}", "{align*}").replace("{equation}", "{equation*}")  # Sphinx numbers the equations
    try:
        return converter.convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        logger.warning("no MathML for %r: %s", latex, error, location=node)
        return f"<code>{nodes.Text(latex)}</code>"


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(to_mathml(node, display=False))
    raise nodes.SkipNode


def visit_display(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="displayed-math"))
    if node.get("number"):
        self.body.append(f'<span class="eqno">({node["number"]})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(to_mathml(node, display=True) + "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", inline_renderers=(visit_inline, None), block_renderers=(visit_display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
