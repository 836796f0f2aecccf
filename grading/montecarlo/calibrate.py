"""Measure the error rates of the Monte Carlo tests, in shards that can be stopped and resumed.

    python -m grading.montecarlo.calibrate --out DIR [--shard I/N]     measure (what is there is kept)
    python -m grading.montecarlo.calibrate --out DIR --write docs      write docs/calibration.md and .csv

Every block of replications has its own seed and its own file in DIR, so shards may run on different machines
and a stopped one loses at most the block it was in.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

from grading.montecarlo.calibration.table import totals, write_csv, write_markdown
from grading.montecarlo.calibration.trials import TRIALS, Trial


def block_path(out: Path, trial: Trial, index: int) -> Path:
    """DIR/relaxed/mean--Gaussian-+--3.json"""
    name = re.sub(r"[^\w.+-]+", "-", f"{trial.kind}--{trial.law}--{index}")
    return out / trial.table / f"{name}.json"


def measure(out: Path, shard: int, of: int) -> None:
    """Run the blocks of this shard that are not in DIR yet; each is written whole or not at all.

    First blocks come first, so that a run that is stopped early has something of every row.
    """
    last = max(trial.blocks for trial in TRIALS)
    blocks = [(trial, index) for index in range(last) for trial in TRIALS if index < trial.blocks][shard::of]
    for done, (trial, index) in enumerate(blocks):
        path = block_path(out, trial, index)
        if path.exists():
            continue
        print(f"{done + 1}/{len(blocks)}  {trial.table}: {trial.kind}, {trial.law}, block {index}", flush=True)
        counts = trial.run(index)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        draft.write_text(json.dumps(counts))
        draft.replace(path)


def collect(out: Path) -> list[tuple[Trial, list[dict[str, float]]]]:
    """Every trial with the counts of the blocks that are there."""
    paths = [(trial, [block_path(out, trial, i) for i in range(trial.blocks)]) for trial in TRIALS]
    return [(trial, [json.loads(p.read_text()) for p in found if p.exists()]) for trial, found in paths]


def shard(text: str) -> tuple[int, int]:
    """`2/4` is the second of four."""
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise argparse.ArgumentTypeError(f"a shard is I/N with 1 <= I <= N, not {text}")
    return int(match[1]) - 1, int(match[2])


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m grading.montecarlo.calibrate", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--out", type=Path, required=True, help="where the blocks are kept")
    parser.add_argument("--shard", type=shard, default=(0, 1), help="I/N: only the I-th of N parts")
    parser.add_argument("--write", type=Path, help="write calibration.md and calibration.csv into this folder")
    options = parser.parse_args(arguments)
    if options.write:
        rows = totals(collect(options.out))
        write_markdown(rows, options.write / "calibration.md")
        write_csv(rows, options.write / "calibration.csv")
        return 0
    try:
        measure(options.out, *options.shard)
    except KeyboardInterrupt:
        print(f"stopped; run the same command again to go on from {options.out}", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
