"""Executes every notebook of this folder from top to bottom; the first error ends the run.

Notebooks are kept without outputs. The executed copies go to notebooks/executed/, which is not tracked.

    python notebooks/execute.py [NOTEBOOK ...]
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent


def main(arguments: list[str]) -> int:
    """Execute the notebooks and print one line for each; return the exit code."""
    notebooks = [Path(argument) for argument in arguments] or sorted(HERE.glob("*.ipynb"))
    executed = HERE / "executed"
    executed.mkdir(exist_ok=True)
    for path in notebooks:
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(HERE)}}).execute()
        nbformat.write(notebook, executed / path.name)
        print(f"{path.name}: executed")
    print(f"{len(notebooks)} notebooks executed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
