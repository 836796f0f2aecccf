"""Make the screenshots of these pages: `python docs/pictures.py [GRADED]` (needs Chromium).

GRADED is a folder that `evidence grade` wrote for the bundled examples; without it they are graded first.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
PICTURES = Path(__file__).parent / "pictures"
EXAMPLES = ROOT / "grading" / "examples"


def main() -> None:
    """Write `pictures/report.png` and `pictures/check.png`."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("docs/pictures.py: no Chromium on the path; install it, for example with apt-get install chromium")
    PICTURES.mkdir(exist_ok=True)
    with TemporaryDirectory() as scratch, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 1000}, color_scheme="light")
        shoot(page, report(Path(scratch)), "report.png")
        shoot(page, checked(Path(scratch)), "check.png")
        browser.close()


def shoot(page: Page, document: Path, name: str) -> None:
    """A screenshot of the top of a page."""
    page.goto(document.resolve().as_uri())
    page.screenshot(path=PICTURES / name)


def report(scratch: Path) -> Path:
    """The report on the worked solution."""
    graded = Path(sys.argv[1]) if len(sys.argv) > 1 else scratch / "out"
    if len(sys.argv) == 1:
        run("grade", str(EXAMPLES), "--out", str(graded))
    return next(graded.glob("submissions/worked*/report.html"))


def checked(scratch: Path) -> Path:
    """The annotated derivations of the worked solution."""
    page = scratch / "check.html"
    run("check", str(EXAMPLES / "worked_solution" / "answers.md"), "--html", str(page))
    return page


def run(*arguments: str) -> None:
    """Run the program as its users do."""
    subprocess.run([sys.executable, "-m", "grading", *arguments], check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
