"""How many generated mutants the checks kill, from the record that `tests.suite.generated_mutants` leaves.

Mutants that mean the same as the original are listed in `equivalent_mutants.toml`, each with its reason. Rows of the
record whose line is no longer in the reference say nothing any more and are not counted.
"""

from __future__ import annotations

import csv
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "docs" / "generated_mutants.csv"
EQUIVALENT = Path(__file__).parent / "equivalent_mutants.toml"
COLUMNS = ["key", "operator", "line", "killed_by", "seconds"]
Row = dict[str, str]


def read(path: Path = RECORD) -> list[Row]:
    """What was measured so far."""
    if not path.exists() or not path.stat().st_size:
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def stands(row: Row) -> bool:
    """Whether the line that was changed is still in the reference."""
    place, _, change = row["key"].partition(": ")
    text = (ROOT / "implementations" / f"{place.partition('.')[0]}.py").read_text(encoding="utf-8")
    return change.partition(" -> ")[0] in text


def equivalent() -> Row:
    """Reasons by key."""
    return tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Score:
    """How many mutants were killed, mean the same, or survive."""

    killed: int
    equivalent: int
    survives: int

    @property
    def share(self) -> float:
        """Killed among those that mean something else."""
        return self.killed / max(self.killed + self.survives, 1)


def score(rows: list[Row]) -> Score:
    """Of these rows."""
    reasons = equivalent()
    counts = Counter("killed" if r["killed_by"] else "same" if r["key"] in reasons else "survives" for r in rows)
    return Score(counts["killed"], counts["same"], counts["survives"])


def scores(rows: list[Row]) -> dict[str, Score]:
    """Of each module."""
    modules = sorted({row["key"].partition(".")[0] for row in rows})
    return {m: score([row for row in rows if row["key"].startswith(f"{m}.")]) for m in modules}


def section() -> str:
    """The score in words and as a table, with every mutant that was not killed."""
    rows = [row for row in read() if stands(row)]
    total = score(rows)
    lines = [
        "## Generated mutants",
        "",
        f"Of {len(rows)} changes of one operator, number or condition that cosmic-ray made in the reference, most of "
        f"them drawn at random (`python -m tests.suite.generated_mutants`), {total.killed} are killed by a check, "
        f"{total.equivalent} mean the same and {total.survives} survive: {total.share:.1%} of those that mean "
        f"something else. The rows are in `generated_mutants.csv`.",
        "",
        "| module | killed | mean the same | survive |",
        "| --- | --- | --- | --- |",
        *(f"| {m} | {s.killed} | {s.equivalent} | {s.survives} |" for m, s in scores(rows).items()),
        "",
        *(f"- `{r['key']}`: {equivalent().get(r['key'], '**survives**')}" for r in rows if not r["killed_by"]),
        "",
    ]
    return "\n".join(lines)
