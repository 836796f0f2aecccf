"""`--course`: a course file, its spreadsheets and its own questions are refused by file, line and key."""

from __future__ import annotations

from tests.suite.errors.case import Case
from tests.suite.errors.cases_check import DEEP, LONG

COMMAND = "evidence doctor . --course course.toml"


def course(text: str | bytes, *says: str) -> Case:
    """A course file with this text."""
    return Case(COMMAND, ("course.toml", *says), {"course.toml": text})


def table(key: str, text: str | bytes, *says: str) -> Case:
    """A spreadsheet beside the course file."""
    return Case(COMMAND, says, {"course.toml": f'{key} = "table.csv"\n', "table.csv": text})


def own(text: str | bytes, *says: str, name: str = "own/page.toml") -> Case:
    """An own question's page; what it lacks is filled in."""
    page = f"{PAGE}{text}" if isinstance(text, str) and text.startswith("[[") else text
    return Case(COMMAND, says, {"course.toml": 'add = ["own"]\n', name: page})


PAGE = 'number = "5.1.1"\nlevel = "C"\ntitle = "Own"\npoints = 2\nstatement = "..."\n'
CHECK = '[[checks]]\nname = "one"\nclaim = "..."\n'
REGRADE = 'student = "ada"\ntext = "?"\ndate = 2026-12-20\n'

FILE = [
    Case("evidence handout new --course none.toml", ("none.toml: No such file",)),
    course(b"\xff", "can't decode byte 0xff", "save it as UTF-8"),
    course("title = ", "Invalid"),
    course(DEEP, "recursion"),
    course(LONG, "limit"),
    course('title = "T"\nlevle = ["D"]\n', "line 2", "unknown field `levle`"),
    course('[points]\n"1.2.4" = "many"\n', "line 1", "Expected `float`, got `str`", "$.points"),
    course('\n[points]\n"9.9.9" = 1\n', "line 3", "points: there is no question 9.9.9"),
    course('levels = ["E"]\n', "line 1", "levels: there is no level E; there are D, C, B, A"),
    course('add = ["nowhere"]\n', "line 1", "add:", "nowhere holds no question page (*.toml)"),
    course('add = ["\\u0000"]\n', "line 1", "holds no question page (*.toml)"),
    course("[extensions]\nada = { E = 2026-12-11T00:00:00 }\n", "extensions: ada: there is no level E; there are D"),
    course("[handed_in]\na = 2026-12-05T01:00:00\nb = 2026-12-05T01:00:00Z\n", "time zone", "give all of them one"),
    course(f'[[regrades]]\nquestion = "9.9.9"\n{REGRADE}', "regrades: ada asks about 9.9.9, which does not exist"),
]

TABLES = [
    Case(COMMAND, ("none.csv: No such file",), {"course.toml": 'handed_in = "none.csv"\n'}),
    table("handed_in", b"\xff", "table.csv", "save it as CSV in UTF-8"),
    table("handed_in", "student,time\n" + "x" * 200_000, "table.csv", "field limit", "save it as CSV in UTF-8"),
    table("handed_in", "student\nada\n", "table.csv, line 1: there is no column time; expected student,time"),
    table("handed_in", "student,time\nada,2026-12-05\nada,2026-12-06\n", "table.csv, line 3: ada stands here twice"),
    table("handed_in", "student,time\nada,soon\n", "table.csv, line 2: 'soon' is no time such as 2026-12-05 01:10"),
    table("regrades", "student,question,check,text,date\nada,1.1.1,,?,soon\n", "line 2: the date is none such as"),
]

PAGES = [
    own("title = 3\n", "own/page.toml: Expected `str`, got `int` - at `$.title`"),
    own(DEEP, "own/page.toml", "recursion"),
    own(b"\xff", "own/page.toml", "can't decode byte 0xff"),
    own("", "page.toml: Is a directory", name="own/page.toml/"),
    own(PAGE.replace("5.1.1", "5.x"), "own/page.toml", "matching regex", "$.number"),
    own(PAGE.replace("5.1.1", "1.1.1"), "course.toml: question 1.1.1 has two pages"),
    own('[[goals]]\nsays = "A"\n', "own/page.toml: the goal 'A' needs either show or find - at `$.goals[0]`"),
    own('[[goals]]\nsays = "A"\nfind = "x"\n', "own/page.toml: goals: no context says", 'kind = "prose"'),
    own(f'{CHECK}needs = ["1.1.9"]\n', "course.toml: 5.1.1/one needs 1.1.9, which does not exist"),
    own(f"{CHECK}alone = true\n", "own/page.toml: one: alone = true, but the page has no needs or uses"),
    own(f'{CHECK}uses = ["a.b"]\n', "course.toml: 5.1.1/one uses a.b, which no question asks for"),
    own(f'{CHECK}needs = ["5.1.1/one"]\n', "checks need one another: 5.1.1/one -> 5.1.1/one"),
]

CASES = [*FILE, *TABLES, *PAGES]
