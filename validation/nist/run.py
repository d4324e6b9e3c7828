"""Fits every NIST problem from both start points and writes table.md: correct digits against the certified values.

python validation/nist/run.py
"""

from pathlib import Path

from taylorad import nist

HEADER = """# Correct digits of the worst parameter, certified to 11

| problem | level of difficulty | start | iterations | residual sum of squares | certified | digits |
|---|---|---|---|---|---|---|
"""


def main() -> None:
    """Write the table beside this script."""
    rows, reached = [], 0
    for name in nist.names():
        problem = nist.load(name)
        for start in (1, 2):
            result = nist.fit(problem, start)
            reached += result.digits >= 8
            rows.append(
                f"| {name} | {problem.level} | {start} | {result.iterations} | {result.rss:.10e} | "
                f"{result.certified_rss:.10e} | {result.digits:.1f} |\n"
            )
    closing = f"\n{reached} of {len(rows)} runs reached 8 or more correct digits.\n"
    Path(__file__).with_name("table.md").write_text(HEADER + "".join(rows) + closing, encoding="utf-8")


if __name__ == "__main__":
    main()
