"""Which context holds at each question of a document, growing with the document's own definitions."""

from __future__ import annotations

from derivations.choices import Decide, chosen
from derivations.context import Context
from derivations.contexts import ContextError, questions, read_page
from derivations.document import Document


class Contexts:
    """The context of each question: the caller's, the front matter's, or the question's own."""

    def __init__(self, document: Document, given: Context | None, decide: Decide) -> None:
        self.document, self.decide = document, decide
        self.start: dict[str | None, Context] = {}
        self.given, self.front, self.pages = given, document.front, document.front.get("contexts", {})
        if not isinstance(self.pages, dict):
            raise ContextError('contexts: write one table for each question, such as [contexts."1.1.1"]')
        self.known: dict[str | None, Context] = {}

    def __getitem__(self, question: str | None) -> Context:
        if question not in self.known:
            self.known[question] = self.initial(question)
        return self.known[question]

    def __setitem__(self, question: str | None, context: Context) -> None:
        self.known[question] = context

    def is_own(self, question: str) -> bool:
        """Whether the question's own context holds, and none that the document or the caller brings."""
        return self.given is None and "context" not in self.front and question not in self.pages

    def initial(self, question: str | None) -> Context:
        """The context before the document adds to it."""
        if self.given is not None:
            return self.given
        if question in self.pages:
            return read_page(self.pages[question])
        if "context" in self.front:
            return read_page(self.front["context"])
        if question not in questions():
            return Context("no question")
        if question not in self.start:
            self.start[question] = chosen(str(question), self.document, self.decide)
        return self.start[question]
