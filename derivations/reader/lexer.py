r"""Raw pieces to the terminals of latex.lark, under a context that says what each letter is.

`q` before a parenthesis is a density where the context says so, $\psi$ the digamma function unless the context has a
symbol of that name, `KL` and $D_{KL}$ one operator, and the `d` of $dZ$ a differential only inside an integral.
"""

from __future__ import annotations

from collections.abc import Callable

from lark import Token

from derivations.context import Context
from derivations.reader.errors import ReadError
from derivations.reader.scanner import Piece, closing, named
from derivations.reader.vocabulary import (
    ACCENTS,
    COMMANDS,
    GREEK,
    MARKS,
    MATRICES,
    OPEN_ARGUMENT,
    RUNS,
    SCRIPT_ENTROPY,
    SCRIPT_EXPECT,
    SCRIPT_VARIANCE,
    TEXTS,
    WORDS,
)


class Lexer:
    """One pass over the pieces of one side of a relation; each step takes one or more pieces."""

    def __init__(self, pieces: list[Piece], context: Context) -> None:
        self.pieces, self.context = pieces, context
        self.position = 0
        self.integrals = 0
        self.matrices = 0
        self.in_norm = False
        self.brackets: list[bool] = []
        self.variations: set[Piece] = set()
        self.tokens: list[Token] = []

    def lex(self) -> list[Token]:
        """All tokens; ReadError at the first piece that is not of the language."""
        while self.position < len(self.pieces):
            self._step(self.pieces[self.position])
        return self.tokens

    def _emit(self, kind: str, value: str, piece: Piece, pieces: int = 1) -> None:
        self.tokens.append(Token(kind, value, line=piece.line, column=piece.column))
        self.position += pieces

    def _step(self, piece: Piece) -> None:
        """Tokens of the piece at the position."""
        steps: dict[str, Callable[[Piece], None]] = {
            "environment": self._environment,
            "row": self._row,
            "number": self._number,
            "letter": self._letter,
            "mark": self._mark,
            "command": self._command,
            "symbol": self._command,
            "other": self._foreign,
        }
        steps[piece.kind](piece)

    def _peek(self, ahead: int = 1) -> str:
        where = self.position + ahead
        return self.pieces[where].text if where < len(self.pieces) else ""

    def _foreign(self, piece: Piece) -> None:
        raise ReadError(f"the character {named(piece.text)} is not LaTeX here", piece.line, piece.column)

    def _row(self, piece: Piece) -> None:
        if not self.matrices:
            raise piece.error("a line break inside an expression")
        self._emit("NEWROW", piece.text, piece)

    def _environment(self, piece: Piece) -> None:
        r"""`\begin{pmatrix}`, and its end."""
        name = piece.text[piece.text.index("{") + 1 : piece.text.index("}")]
        if name not in MATRICES:
            raise piece.error(f"the environment {name} cannot be read here")
        begins = piece.text.startswith(r"\begin")
        self.matrices += 1 if begins else -1
        self._emit("BEGIN" if begins else "END", name, piece)

    def _number(self, piece: Piece) -> None:
        r"""TeX takes one digit after `_`, `^` and in `\frac12`; the rest is the next number."""
        single = self.tokens and self.tokens[-1].type in ("SUB", "SUP", "FRAC")
        second = len(self.tokens) > 1 and self.tokens[-2].type == "FRAC" and self.tokens[-1].type == "NUMBER"
        if (single or second) and len(piece.text) > 1:
            rest = Piece("number", piece.text[1:], piece.line, piece.column + 1, True)
            self.pieces[self.position : self.position + 1] = [
                Piece("number", piece.text[0], piece.line, piece.column, piece.adjacent),
                rest,
            ]
        self._emit("NUMBER", self.pieces[self.position].text, piece)

    def _mark(self, piece: Piece) -> None:
        """`|`, `&`, `*`, brackets and signs; an `&` outside of matrices only aligns."""
        text = piece.text
        if text == "|" and self._peek() == "|":
            return self._emit("KLBAR", "||", piece, 2)
        if text == "&" and not self.matrices:
            self.position += 1
            return None
        if (text == "*" and self.tokens and self.tokens[-1].type == "SUP") or self._starred(text):
            return self._emit("STAR", "*", piece)
        if text not in MARKS:
            raise piece.error("this mark cannot be read here")
        return self._bracketed(MARKS[text], text, piece)

    def _starred(self, text: str) -> bool:
        """`^{*}`: a star alone in a superscript."""
        kinds = [token.type for token in self.tokens[-2:]]
        return text == "*" and kinds == ["SUP", "LBRACE"] and self._peek() == "}"

    def _bracketed(self, kind: str, text: str, piece: Piece) -> None:
        """Remembers which parenthesis belongs to a KL, where the double bar separates; elsewhere it is a norm's."""
        if kind == "LPAR":
            self.brackets.append(bool(self.tokens) and self.tokens[-1].type == "KL")
        elif kind == "RPAR" and self.brackets:
            self.brackets.pop()
        elif kind == "NORM" and self.brackets and self.brackets[-1]:
            kind = "KLBAR"
        elif kind == "NORM":
            self.in_norm = not self.in_norm
            kind = "NORM" if self.in_norm else "NORMEND"
        self._emit(kind, text, piece)

    def _letter(self, piece: Piece) -> None:
        """A word that letters spell, a differential, an operator of one letter, or a name."""
        run = next((word for word in RUNS if self._is_run(word)), None)
        if run is not None:
            return self._word(run, piece, len(run))
        if piece.text == "D" and self._divergence():
            return None
        if piece.text == "d" and self._differential(piece):
            return None
        if piece.text == "E" and self._peek() in ("_", "[", "^") and "E" not in self.context.variables:
            return self._emit("EXPECT", "E", piece)
        if piece.text == "H" and self._peek() in ("(", "[") and "H" not in self.context.functions:
            return self._emit("ENTROPY", "H", piece)
        if piece.text == "e" and self._peek() == "^":
            return self._emit("EXPONENTIAL", "e", piece)
        if self._subscript_word(piece):
            return None
        return self._name(piece.text, piece)

    def _subscript_word(self, piece: Piece) -> bool:
        """`_{TD}`, `_{data}`: two capitals or three letters alone in a subscript are a word, not a product."""
        if [token.type for token in self.tokens[-2:]] != ["SUB", "LBRACE"]:
            return False
        inside = self.pieces[self.position : closing(self.pieces, self.position - 1)]
        word = "".join(p.text for p in inside)
        if not word.isalpha() or len(word) < (2 if word.isupper() else 3) or any(p.kind != "letter" for p in inside):
            return False
        self._emit("TEXT", word, piece, len(inside))
        return True

    def _is_run(self, word: str) -> bool:
        run = self.pieces[self.position : self.position + len(word)]
        return "".join(p.text for p in run) == word and all(p.adjacent for p in run[1:])

    def _divergence(self) -> bool:
        r"""`D_{KL}`, `D_{\text{KL}}`, `D_\mathrm{KL}`: the same operator as `KL`."""
        following = "".join(piece.text for piece in self.pieces[self.position : self.position + 12])
        for written in (r"D_{KL}", r"D_{\text{KL}}", r"D_{\mathrm{KL}}", r"D_\text{KL}", r"D_\mathrm{KL}"):
            if following.startswith(written):
                taken, length = 0, 0
                while length < len(written):
                    length += len(self.pieces[self.position + taken].text)
                    taken += 1
                self._emit("KL", "KL", self.pieces[self.position], taken)
                return True
        return False

    def _differential(self, piece: Piece) -> bool:
        """Is this the d of `d/dx` or, under an integral, of `dx`?"""
        if [token.type for token in self.tokens[-2:]] in (["FRAC", "LBRACE"], ["RBRACE", "LBRACE"]) and (
            self.tokens[-2].type == "FRAC" or any(token.value == "d" for token in self.tokens)
        ):
            self._emit("PARTIAL", "d", piece)
            return True
        following = self.pieces[self.position + 1] if self.position + 1 < len(self.pieces) else None
        if self.integrals and following is not None and following.kind in ("letter", "command"):
            self._emit("DIFF", "d", piece)
            return True
        return False

    def _command(self, piece: Piece) -> None:
        """A LaTeX command: an accent, text, a letter, an operator."""
        text, name = piece.text, piece.text[1:]
        if text in ACCENTS:
            return self._accent(piece)
        if text in TEXTS:
            return self._text(piece)
        if text == r"\delta" and self._varies(piece):
            return self._emit("PARTIAL", text, piece)
        if text == r"\partial" and self._peek() == "_":
            return self._emit("NABLA", text, piece)
        if text in (r"\setminus", r"\neg") and [token.type for token in self.tokens[-2:]] == ["SUB", "LBRACE"]:
            return self._emit("MINUS", text, piece)
        if text == r"\cdot" and self._is_left_open():
            return self._emit("LETTER", OPEN_ARGUMENT, piece)
        if name in self._known_letters():
            return self._name(name, piece)
        if text == r"\cdot" and self._peek() in (r"\frac", r"\dfrac", r"\tfrac"):
            return self._emit("TIMESFRAC", text, piece)
        if text in (r"\arg", r"\argmax", r"\max", r"\min", r"\argmin", r"\softmax"):
            return self._emit("NAME", name, piece)
        if text in COMMANDS:
            self.integrals += text == r"\int"
            return self._bracketed(COMMANDS[text], text, piece)
        if name in GREEK:
            return self._name(name, piece)
        raise piece.error("this command is not of the language")

    def _is_left_open(self) -> bool:
        r"""Whether a dot stands for an argument, as in $q(\cdot \mid x)$."""
        opens = bool(self.tokens) and self.tokens[-1].type in ("LPAR", "COMMA")
        return opens and self._peek() in ("|", r"\mid", r"\vert", ")", ",", ";")

    def _varies(self, piece: Piece) -> bool:
        r"""Whether this is a $\delta$ of a functional derivative: one begins the numerator, one the denominator."""
        if [token.type for token in self.tokens[-2:]] == ["FRAC", "LBRACE"]:
            end = closing(self.pieces, self.position - 1)
            below = self.pieces[end + 1 : end + 4]
            if [part.text for part in below[:2]] == ["{", r"\delta"] and below[-1].kind in ("letter", "command"):
                self.variations |= {piece, below[1]}
        return piece in self.variations

    def _known_letters(self) -> frozenset[str]:
        context = self.context
        return context.variables | context.indexed | context.functions | context.matrices

    def _argument(self, piece: Piece) -> tuple[str, int]:
        """The argument of a command as text, and how many pieces command and argument take."""
        if self._peek() != "{":
            if not self._peek():
                raise piece.error("a command without its argument")
            return self._peek(), 2
        end = closing(self.pieces, self.position + 1)
        inside = self.pieces[self.position + 2 : end]
        return "".join(p.text for p in inside), end - self.position + 1

    def _accent(self, piece: Piece) -> None:
        r"""`\tilde{x}`, `\mathcal{L}`: a letter of its own, or an operator that is written so."""
        argument, taken = self._argument(piece)
        text = rf"{piece.text}{{{argument}}}".replace(r"\wide", "\\").replace(r"\overline", r"\bar")
        if text == SCRIPT_EXPECT:
            return self._emit("EXPECT", text, piece, taken)
        if text in SCRIPT_ENTROPY and text not in self.context.functions:
            return self._emit("ENTROPY", text, piece, taken)
        if text == r"\mathcal{N}" and text not in self.context.functions:
            return self._emit("FAMILY", "Normal", piece, taken)
        if text == SCRIPT_VARIANCE and text not in self.context.functions:
            return self._emit("VARIANCE", text, piece, taken)
        if text == r"\mathbb{KL}":
            return self._emit("KL", "KL", piece, taken)
        return self._name(text, piece, taken)

    def _text(self, piece: Piece) -> None:
        argument, taken = self._argument(piece)
        self._word(argument.replace(r"\_", "_").rstrip(".,"), piece, taken)

    def _word(self, word: str, piece: Piece, taken: int) -> None:
        """A word in upright type: text in a subscript, a differential, an operator, or a name."""
        after_sub = [token.type for token in self.tokens[-2:]]
        if after_sub[-1:] == ["SUB"] or after_sub == ["SUB", "LBRACE"]:
            return self._emit("TEXT" if after_sub[-1] == "LBRACE" else "NAME", word, piece, taken)
        if word == "d":
            self._emit("DIFF" if self.integrals else "PARTIAL", word, piece, taken)
            return None
        if word in WORDS and word not in self.context.functions:
            return self._emit(WORDS[word], word, piece, taken)
        return self._emit("NAME", word, piece, taken)

    def _name(self, name: str, piece: Piece, taken: int = 1) -> None:
        """A letter: a density, an applied quantity, or plain."""
        context = self.context
        if name in context.densities and not self._is_plain(taken):
            return self._emit("DENSITY", name, piece, taken)
        if name in context.variables:
            return self._emit("LETTER", name, piece, taken)
        applied = name in context.functions or name in context.matrices or name.startswith((r"\mathcal", r"\hat{\nab"))
        if name == r"\tilde{\nabla}":
            return self._emit("NABLA", name, piece, taken)
        if applied or name in RUNS:
            return self._emit("NAME", name, piece, taken)
        return self._emit("LETTER", name, piece, taken)

    def _is_plain(self, taken: int) -> bool:
        """Whether a density's letter is used as an ordinary symbol, because the context has one of that name."""
        name = self.pieces[self.position].text
        return name in self.context.positive and self._peek(taken) not in ("(", "_", "^")
