"""matrix: what can be built, what is experimental, what is impossible, and why. Asks nobody."""

from __future__ import annotations

from dataclasses import asdict

from geos.builder import matrix
from geos.builder.request import DEFAULT_VERSION
from geos.wizard.cli.context import Context
from geos.wizard.errors import Exit


def run(context: Context) -> Exit:
    arch, model = context.flags.arch, context.flags.model
    architectures = matrix.ARCHITECTURES if arch in ("", "both") else (arch,)
    models = matrix.MODELS if model in ("", "both") else (model,)
    verdicts = matrix.table(architectures, models)
    if context.json:
        context.ui.data({"schema": 1, "version": DEFAULT_VERSION, "pairs": [_json(v) for v in verdicts]})
    else:
        from geos.builder.views.matrix import matrix as view

        context.ui.show(view(verdicts, version=DEFAULT_VERSION))
    return Exit.OK


def _json(verdict: matrix.Verdict) -> dict[str, object]:
    return {
        **asdict(verdict.pair),
        "verdict": verdict.word,
        "reasons": [{"reason": s.reason, "source": s.source, "date": s.date} for s in verdict.statements],
        "nearest": matrix.command(verdict.nearest) if verdict.nearest else None,
    }
