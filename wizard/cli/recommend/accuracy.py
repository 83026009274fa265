"""accuracy: how far predictions were off, where the model had not seen what it was asked; or for any table of runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geos.wizard.cli.recommend.pictures import draw
from geos.wizard.errors import BadRows, Exit, UsageError

if TYPE_CHECKING:
    from geos.benchmarks.accuracy import Checked
    from geos.benchmarks.table import Run
    from geos.wizard.cli.context import Context
    from geos.wizard.ui.plots import Figure


def run(context: Context) -> Exit:
    if context.flags.save_plot:
        from geos.wizard.ui.plots import check_suffix

        check_suffix(Path(context.flags.save_plot))
    return _of_rows(context) if context.flags.rows else _of_model(context)


def _of_model(context: Context) -> Exit:
    """What leaving out cores, machines and sources shows."""
    from geos.benchmarks import accuracy
    from geos.wizard.cli.recommend.structured import put
    from geos.wizard.ui.views.accuracy import left_out

    with context.ui.waiting("fitting again without each machine and each source"):
        parts = {
            "cores": accuracy.left_out_points(),
            "machine": accuracy.left_out(),
            "source": accuracy.left_out(key=accuracy.by_source),
        }
    body = {**accuracy.report(accuracy.accuracy()), "left_out": {n: accuracy.report(c) for n, c in parts.items()}}
    rows = [{"left_out": name, **one.to_json()} for name, checked in parts.items() for one in checked]
    if not put(context, body, rows):
        context.ui.show(left_out(parts, width=context.ui.width))
    return _pictures(context, parts["machine"], "each machine left out")


def _of_rows(context: Context) -> Exit:
    """The rows of somebody's table beside what the shipped fits say of them."""
    from geos.benchmarks import accuracy
    from geos.wizard.cli.recommend.structured import put
    from geos.wizard.measuring.machines import find_machine
    from geos.wizard.ui.views.accuracy import of_rows

    name = context.flags.rows
    checked = accuracy.accuracy(_load(name), find_machine=find_machine)
    body = accuracy.report(checked)
    if not put(context, body, [one.to_json() for one in checked]):
        context.ui.show(of_rows(checked, name, width=context.ui.width))
    return _pictures(context, checked, Path(name).name)


def _load(name: str) -> tuple[Run, ...]:
    from geos.benchmarks.table import COLUMNS, BadTable, load

    try:
        data = Path(name).read_bytes()
    except OSError as e:
        raise UsageError(f"{name} cannot be read: {e.strerror or e}.", hint="--rows takes a CSV of runs") from e
    try:
        return load(data, name=Path(name).name, for_fitting=False)
    except BadTable as e:
        raise BadRows(e.faults, hint=f"columns: {', '.join(COLUMNS)}") from e


def _pictures(context: Context, checked: tuple[Checked, ...], what: str) -> Exit:
    draw(context, lambda: [_residuals(checked, what)])
    return Exit.OK


def _residuals(checked: tuple[Checked, ...], what: str) -> Figure:
    from geos.wizard.ui.plots import figures

    return figures.residuals(checked, what)
