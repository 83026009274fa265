"""Plans and outcomes for programs. `schema` changes when a field changes its meaning or goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from geos.builder.plan import BuildPlan, PartPlan, pushed_names
from geos.wizard.errors import GeosError

if TYPE_CHECKING:
    from geos.builder.doing import Outcome, PartOutcome

SCHEMA = 1


def plan_json(plan: BuildPlan, steps: Sequence[str]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "build": asdict(plan.build),
        "steps": list(steps),
        "pushes": list(pushed_names(plan)),
        "worst_usd": plan.worst_usd,
        "likely_usd": dict(zip(("low", "high"), plan.likely_usd, strict=True)) if plan.likely_usd else None,
        "parts": [_part_json(part) for part in plan.parts],
        "findings": [asdict(finding) for finding in plan.findings],
        "matrix": [{"pair": str(v.pair), "verdict": v.word, "reason": v.reason} for v in plan.verdicts],
        "quota": plan.quota.to_json() if plan.quota else None,
    }


def _part_json(part: PartPlan) -> dict[str, Any]:
    host, recipe = part.host, part.recipe
    return {
        "architecture": part.architecture,
        "tags": asdict(part.tags),
        "seconds": dict(zip(("low", "high"), part.seconds, strict=True)) if part.seconds else None,
        "earlier": asdict(part.earlier) if part.earlier else None,
        "host": {
            "image": asdict(host.image),
            "instance_types": [fact.name for fact in host.types],
            "zones": [place.zone for place in host.places],
            "spot": host.spot,
            "volume_gib": host.volume_gib,
            "open_to": host.admin_cidr or None,
            "cost": asdict(host.cost),
        }
        if host
        else None,
        "dockerfile": recipe.dockerfile if recipe else None,
        "build_arguments": dict(recipe.arguments) if recipe else None,
        "figures": [asdict(figure) for figure in recipe.figures] if recipe else [],
    }


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "build": outcome.build.build_id,
        "repository": outcome.build.repository,
        "sandbox": outcome.build.sandbox,
        "index": outcome.index or None,
        "index_error": _error(outcome.index_error),
        "parts": [_outcome_part(part) for part in outcome.parts],
        "left_behind": [*outcome.leftovers, *(part.instance_id for part in outcome.staying)],
    }


def _outcome_part(found: PartOutcome) -> dict[str, Any]:
    return {
        "architecture": found.part.architecture,
        "state": found.part.state,
        "digest": found.part.image_digest or None,
        "pushed": list(found.part.pushed),
        "seconds": round(found.seconds, 1),
        "usd": found.usd,
        "log": found.part.log_at or None,
        "log_error": _error(found.log_error),
        "remarks": list(found.part.remarks),
        "error": _error(found.error),
    }


def _error(error: BaseException | None) -> dict[str, str] | None:
    if error is None:
        return None
    if isinstance(error, GeosError):
        return {"code": error.code, "message": error.message, "hint": error.hint, "aws_code": error.aws_code}
    return {"code": "", "message": f"{type(error).__name__}: {error}", "hint": "", "aws_code": ""}
