"""A table of text as LaTeX and as Markdown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """A number with what belongs to it, or a word."""

    text: str
    bold: bool = False
    mark: str = ""
    """Leads to a note."""


@dataclass(frozen=True)
class Line:
    """A measure, or a setting, over all methods."""

    title: str
    cells: Sequence[Cell]
    is_text: bool = False


@dataclass(frozen=True)
class TextTable:
    """Lines over methods, with what stands above and below."""

    methods: Sequence[str]
    lines: Sequence[Line]
    by_method: bool
    """Whether methods are rows, else columns."""
    caption: str
    label: str
    notes: Sequence[str]

    @property
    def head(self) -> list[str]:
        """The first row."""
        return ["Method", *(line.title for line in self.lines)] if self.by_method else ["", *self.methods]

    @property
    def body(self) -> list[tuple[str, list[Cell]]]:
        """The other rows, each with its name."""
        if self.by_method:
            return [
                (method, [line.cells[place] for line in self.lines])
                for place, method in enumerate(self.methods)
            ]
        return [(line.title, list(line.cells)) for line in self.lines]

    @property
    def alignment(self) -> str:
        """A letter for each column: names and words to the left, numbers to the right."""
        if self.by_method:
            return "l" + "".join("l" if line.is_text else "r" for line in self.lines)
        return "l" + "r" * len(self.methods)


_GREEK = """
α alpha β beta γ gamma δ delta ε epsilon ζ zeta η eta θ theta ι iota κ kappa λ lambda μ mu ν nu ξ xi π pi
ρ rho σ sigma τ tau υ upsilon φ phi χ chi ψ psi ω omega Γ Gamma Δ Delta Θ Theta Λ Lambda Ξ Xi Π Pi Σ Sigma
Υ Upsilon Φ Phi Ψ Psi Ω Omega
"""
_LETTERS = _GREEK.split()
_LATEX = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "|": r"\textbar{}",
    "<": "$<$", ">": "$>$", "[": "{[}", "]": "{]}", "*": "{*}", '"': "''", "`": r"\textasciigrave{}",
    "±": r"$\pm$", "−": "$-$", "–": "--", "—": "---", "…": r"\dots{}", "·": r"$\cdot$", "×": r"$\times$",
    "↑": r"$\uparrow$", "↓": r"$\downarrow$", "†": r"$^{\dagger}$", "’": "'", "‘": "`", "“": "``", "”": "''",
} | {letter: f"$\\{name}$" for letter, name in zip(_LETTERS[::2], _LETTERS[1::2], strict=True)}  # fmt: skip
_LATEX |= {character: f"\\{character}" for character in "&%$#_{}"}
_LATIN_ENDS = 0x24F
"""The last letter that a pdfLaTeX with its usual fonts prints."""


def as_latex(table: TextTable) -> str:
    """For booktabs and threeparttable, which its first line names."""
    packages = "% \\usepackage{booktabs,threeparttable}"
    if any(ord(character) > _LATIN_ENDS and character not in _LATEX for character in _all_text(table)):
        packages += "\n% Names hold characters that XeLaTeX or LuaLaTeX with a font of theirs can print."
    rows = [_latex_row([_latex(title) for title in table.head]), r"\midrule"]
    rows += [_latex_row([_latex(name), *(_latex_cell(cell) for cell in cells)]) for name, cells in table.body]
    notes = [rf"\item {_latex(note)}" for note in table.notes]
    return "\n".join(
        [
            packages,
            r"\begin{table}[t]",
            r"\centering",
            r"\begin{threeparttable}",
            rf"\caption{{{_latex(table.caption)}}}",
            rf"\label{{{table.label}}}",
            rf"\begin{{tabular}}{{{table.alignment}}}",
            r"\toprule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            *([r"\begin{tablenotes}[flushleft]\footnotesize", *notes, r"\end{tablenotes}"] if notes else []),
            r"\end{threeparttable}",
            r"\end{table}",
            "",
        ]
    )


def as_markdown(table: TextTable) -> str:
    """With the caption above, and the notes below."""
    rule = ["---" if letter == "l" else "---:" for letter in table.alignment]
    lines = [_markdown_row([_markdown(title) for title in table.head]), _markdown_row(rule)]
    lines += [
        _markdown_row([_markdown(name), *(_markdown_cell(cell) for cell in cells)])
        for name, cells in table.body
    ]
    notes = [part for note in table.notes for part in ("", _markdown(note))]
    return "\n".join([_markdown(table.caption), "", *lines, *notes, ""])


def _latex_row(cells: Sequence[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _latex_cell(cell: Cell) -> str:
    text = _latex(cell.text)
    return (rf"\textbf{{{text}}}" if cell.bold else text) + _latex(cell.mark)


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in _printable(text))


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown_cell(cell: Cell) -> str:
    text = _markdown(cell.text)
    return (f"**{text}**" if cell.bold else text) + cell.mark


_to_entity: Callable[[str], str] = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.__getitem__


def _markdown(text: str) -> str:
    """Nothing in it is markup; a number stays as it is."""
    escaped = re.sub(r"[\\|*_`\[\]#~]", r"\\\g<0>", _printable(text))
    return re.sub(r"[&<>]", lambda found: _to_entity(found[0]), escaped)


def _printable(text: str) -> str:
    """On one line, without characters that only steer how others are shown."""
    kept = (character for character in text if unicodedata.category(character) not in ("Cc", "Cf", "Cs"))
    return " ".join("".join(" " if character.isspace() else character for character in kept).split(" "))


def _all_text(table: TextTable) -> str:
    titles = (line.title for line in table.lines)
    cells = (cell.text for line in table.lines for cell in line.cells)
    return _printable("".join([*table.methods, *titles, *cells, table.caption, *table.notes]))
