"""Which compiler, MPI, architecture and model go together, and why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.text import Text

from geos.builder.matrix import EXPERIMENTAL, IMPOSSIBLE, MPIS, POSSIBLE, Statement, Verdict, command
from geos.builder.request import GCCLASSIC
from geos.wizard.ui.views.words import QUIET, answer, count, next_step, screen, table

_SIGN = {POSSIBLE: "✓", EXPERIMENTAL: "?", IMPOSSIBLE: "✗"}
_NO_MPI = "none"

Notes = Mapping[Statement, int]


def matrix(verdicts: Sequence[Verdict], *, version: str) -> RenderableType:
    """A table for each model: a row for each compiler, a column for each MPI. What is wrong stands below, once."""
    said = {word: sum(v.word == word for v in verdicts) for word in (POSSIBLE, EXPERIMENTAL, IMPOSSIBLE)}
    told = (s for v in verdicts if v.word != POSSIBLE and v.pair.mpi != _NO_MPI for s in v.statements)
    notes = {statement: i for i, statement in enumerate(dict.fromkeys(told), 1)}
    works = next((v for word in (POSSIBLE, EXPERIMENTAL) for v in verdicts if v.word == word), None)
    return screen(
        answer(
            f"GEOS-Chem {version}: {count(said[POSSIBLE], 'pair')} can be built, {said[EXPERIMENTAL]} are "
            f"experimental, {said[IMPOSSIBLE]} impossible."
        ),
        *(_table(verdicts, model, notes) for model in dict.fromkeys(v.pair.model for v in verdicts)),
        Text("  ✓ possible   ? experimental   ✗ impossible", style=QUIET),
        table(("", ""), [(f"{i}", _told(s)) for s, i in notes.items()], right=(0,), gap=2),
        next_step(command(works.pair) + " --plan") if works else None,
    )


def _table(verdicts: Sequence[Verdict], model: str, notes: Notes) -> RenderableType:
    own = [v for v in verdicts if v.pair.model == model]
    mpis = ("",) if model == GCCLASSIC else tuple(m for m in MPIS if m != _NO_MPI)
    headings = (model, "compiler", *(mpi or "without MPI" for mpi in mpis))
    return table(headings, list(_rows(own, mpis, notes)), keep=range(2, len(headings)))


def _rows(verdicts: Sequence[Verdict], mpis: Sequence[str], notes: Notes) -> Iterator[tuple[str, ...]]:
    """Compilers of an architecture of which the very same is to be said share a row."""
    rows: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for architecture in dict.fromkeys(v.pair.architecture for v in verdicts):
        for compiler in dict.fromkeys(v.pair.compiler for v in verdicts):
            cells = {
                v.pair.mpi: _cell(v, notes)
                for v in verdicts
                if (v.pair.architecture, v.pair.compiler) == (architecture, compiler)
            }
            found = tuple(cells.get(mpi, "") for mpi in mpis) if mpis != ("",) else tuple(cells.values())
            rows.setdefault((architecture, found), []).append(compiler)
    for (architecture, found), compilers in rows.items():
        yield architecture, ", ".join(compilers), *found


def _cell(verdict: Verdict, notes: Notes) -> str:
    numbers = ",".join(str(notes[s]) for s in verdict.statements if s in notes)
    return f"{_SIGN[verdict.word]} {numbers}".rstrip()


def _told(statement: Statement) -> str:
    return f"{statement.reason} ({statement.source}, {statement.date})"
