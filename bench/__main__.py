"""Run every benchmark and print its table: `python -m bench` or `make bench`."""

from __future__ import annotations

from bench import bbvi, derivations, iwae, verdicts
from bench.timing import table

BENCHMARKS = (bbvi, derivations, iwae, verdicts)


def main() -> None:
    """One table a benchmark, as they finish."""
    for benchmark in BENCHMARKS:
        print(table(benchmark.TITLE, benchmark.rows()), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
