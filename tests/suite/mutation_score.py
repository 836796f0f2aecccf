"""How many generated mutants the checks kill, from the record that `tests.suite.generated_mutants` leaves.

Mutants that are as right as the original are listed in `equivalent_mutants.toml`, each with its reason. Rows of the
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
    """How many mutants were killed, are as right as the original, or survive."""

    killed: int
    equivalent: int
    survives: int

    @property
    def share(self) -> float:
        """Killed among those that are wrong."""
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
        f"cosmic-ray changes one operator, number or condition of the reference at a time, in what the questions ask "
        f"for (`python -m tests.suite.generated_mutants`). Of {len(rows)} such changes {total.killed} are killed by a "
        f"check, {total.equivalent} are no mistake, for the reasons below, and {total.survives} survive: a score of "
        f"{total.share:.1%}. The rows are in `generated_mutants.csv`.",
        "",
        "| module | killed | no mistake | survive |",
        "| --- | --- | --- | --- |",
        *(f"| {m} | {s.killed} | {s.equivalent} | {s.survives} |" for m, s in scores(rows).items()),
        "",
        *(f"- `{r['key']}`: {equivalent().get(r['key'], '**survives**')}" for r in rows if not r["killed_by"]),
        "",
    ]
    return "\n".join(lines)
