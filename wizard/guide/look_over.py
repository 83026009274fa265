"""The review: what a design would create and cost, and all that could stop it or its jobs. Facts in, lines out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geos.wizard.account.requests import Purpose, increases
from geos.wizard.errors import GeosError
from geos.wizard.guide.parts import Account, Review, ReviewLine
from geos.wizard.systems.derive.policies import as_letter, as_policy
from geos.wizard.ui.views.quotas import short_name
from geos.wizard.ui.views.words import band, count, listing, number, usd

if TYPE_CHECKING:
    from geos.wizard.account.advice import Advice
    from geos.wizard.account.permissions import Permissions
    from geos.wizard.account.requests import Filed, Increase
    from geos.wizard.account.verdicts import Verdict
    from geos.wizard.study import Study

BUDGET = "AWS::Budgets::Budget"


@dataclass(frozen=True)
class Looked:
    """Everything that was asked for a review; an error stands where something could not be."""

    study: Study
    account: Account
    advice: Advice | GeosError
    permissions: Permissions | GeosError
    there_already: bool = False
    taken: tuple[str, ...] = ()
    """Names that the new stacks need and something else has."""
    network: tuple[str, ...] = ()
    """Subnets of the user's own where instances would reach nothing, and why."""


def review_of(found: Looked) -> Review:
    """Pure."""
    design = found.study.design
    short = _to_raise(found)
    return Review(
        design.deployment,
        found.study.region,
        design.resource_count,
        found.study.estimate.idle_usd_per_month,
        run_usd(found.study),
        tuple(_lines(found)),
        run_words(found.study),
        short,
        _offer(short),
        missing_files(found.study, found.account, found.permissions),
        found.there_already,
        _blocked(found),
    )


def run_usd(study: Study) -> tuple[float, float, float] | None:
    """Low, likely and high of one run; None where a part of it is not known."""
    run = study.estimate.run
    return (run.low, run.likely, run.high) if run else None


def run_words(study: Study) -> str:
    """Why a run has no price; empty when it has one, or when nothing runs."""
    if study.workload is None or study.estimate.run:
        return ""
    return "What a run costs is not known: nobody published its speed."


def _lines(found: Looked) -> Iterator[ReviewLine]:
    yield _identity(found.account)
    yield _permissions(found.permissions)
    yield from _quotas(found.advice)
    yield _region(found.study)
    yield from (ReviewLine("short", "network", text, "jobs would wait for ever") for text in found.network)
    yield from budget(found.study)
    if found.taken:
        yield ReviewLine("failed", "names", f"something else has them already: {listing(found.taken)}")


def _identity(account: Account) -> ReviewLine:
    name = account.identity.arn.split(":", 5)[-1]
    plan = {"FREE": "free plan: jobs cannot run", "PAID": "paid plan"}.get(account.plan.kind, "")
    text = ", ".join(filter(None, (name, plan)))
    word = "short" if account.plan.kind == "FREE" or account.identity.kind == "root" else "ok"
    return ReviewLine(word, "identity", text, "root user" if account.identity.kind == "root" else "")


def _permissions(found: Permissions | GeosError) -> ReviewLine:
    if isinstance(found, GeosError):
        return ReviewLine("unknown", "permissions", f"not told: {found.message}")
    denied, unsure = found.of("denied"), found.of("not-told")
    if denied:
        names = listing(sorted({a.grant.action for a in denied}), most=3)
        return ReviewLine("short", "permissions", f"missing: {names}", f"{count(len(denied), 'action')} denied")
    if unsure:
        reasons = listing(sorted({a.reason for a in unsure}), most=2)
        text = f"{len(unsure)} of {count(len(found.answers), 'action')} not told: {reasons}"
        return ReviewLine("unknown", "permissions", text)
    return ReviewLine("ok", "permissions", f"{count(len(found.answers), 'action')} allowed")


def missing_files(study: Study, account: Account, found: Permissions | GeosError) -> dict[str, str]:
    """The policies and the letter for what is denied or was not told; nothing when all is allowed."""
    if isinstance(found, GeosError):
        wanted = set(study.grants)
    else:
        wanted = {g for a in found.answers if a.word != "allowed" for g in study.grants if g == a.grant}
    grants = [g for g in study.grants if g in wanted]
    if not grants:
        return {}
    policies = as_policy(grants)
    name = "missing-permissions" if len(policies) == 1 else "missing-permissions-{}"
    files = {f"{name.format(i)}.json": json.dumps(p, indent=2) + "\n" for i, p in enumerate(policies, 1)}
    return {**files, "letter-to-administrator.txt": as_letter(grants, account.identity, study.design.deployment)}


def _quotas(found: Advice | GeosError) -> Iterator[ReviewLine]:
    if isinstance(found, GeosError):
        yield ReviewLine("unknown", "quotas", f"not read: {found.message}")
        return
    for verdict in (*found.short, *found.unknown):
        yield ReviewLine(
            "short" if verdict.verdict == "short" else "unknown", "quota", _quota_words(verdict), _quota_remark(verdict)
        )
    fine = len(found.verdicts) - len(found.short) - len(found.unknown)
    if fine:
        yield ReviewLine("ok", "quotas", f"{count(fine, 'quota')} enough")


def _quota_words(v: Verdict) -> str:
    if v.verdict == "unknown":
        return f"{short_name(v.name)}: {v.reason}"
    free = "" if v.free is None else f", {number(max(0.0, v.free))} free"
    return f"{short_name(v.name)}: needs {number(v.required)}{free}"


def _quota_remark(v: Verdict) -> str:
    if v.verdict == "unknown":
        return ""
    if v.pending_request:
        return f"asked for {number(v.pending_request.requested)}"
    return f"short by {number(v.short_by)}"


def _region(study: Study) -> ReviewLine:
    faults = study.faults
    fatal = [f for f in faults if f.fatal and f.certain]
    if fatal:
        return ReviewLine("failed", "region", f"{study.region} lacks {listing([f.what for f in fatal])}")
    doubtful = [f.what for f in faults if not f.certain]
    if doubtful:
        return ReviewLine("unknown", "region", f"the tables do not know {listing(doubtful)} in {study.region}")
    left_out = [f.what for f in faults]
    wanted = study.workload.instance_types if study.workload else ()
    types = f" and {len(wanted)} of {len(wanted)} instance types" if wanted else ""
    if left_out:
        return ReviewLine("ok", "region", f"every resource type offered; left out: {listing(left_out)}")
    return ReviewLine("ok", "region", f"every resource type{types} offered")


def _blocked(found: Looked) -> str:
    """What no agreement helps against."""
    study = found.study
    if found.taken:
        return "names are taken; choose another environment or project, or remove what has them"
    fatal = [f.what for f in study.faults if f.fatal and f.certain]
    return f"{study.region} lacks {listing(fatal)}; choose another region" if fatal else ""


def budget(study: Study) -> Iterator[ReviewLine]:
    """The month against budget_monthly_usd, where there is one."""
    estimate = study.estimate
    if estimate.budget_usd is None:
        return
    limit = f"of {usd(estimate.budget_usd)} a month"
    runs = f" at {count(int(estimate.runs_per_month), 'run')}" if estimate.runs_per_month else ""
    word = {"within": "ok", "may-exceed": "short", "over": "short"}.get(estimate.against_budget, "unknown")
    remark = {"may-exceed": "may pass it", "over": "over it"}.get(estimate.against_budget, "")
    month = estimate.month
    if month is None:
        text = f"{usd(estimate.fixed.likely)} without runs, {limit}; what runs cost is not known"
    else:
        text = f"{band(month.low, month.likely, month.high)} {limit}{runs}"
    yield ReviewLine(word, "budget", text, remark)
    if not study.design.facts.has_type(BUDGET):
        text = f"CloudFormation has none in {study.region}; make one by hand: console, Billing, Budgets"
        yield ReviewLine("short", "budget", text, "nobody watches it")


# --- increases -------------------------------------------------------------------------------


def _to_raise(found: Looked) -> tuple[Increase, ...]:
    """What the plan needs, AWS can raise, and nobody asked for yet."""
    if isinstance(found.advice, GeosError):
        return ()
    design, estimate = found.study.design, found.study.estimate
    purpose = Purpose(
        design.deployment,
        design.system.title,
        f"{found.study.job.vcpus} vCPUs a job" if found.study.job else "",
        estimate.month.likely if estimate.month else None,
    )
    told = increases(found.advice.verdicts, found.advice.requests, purpose, told=found.advice.requests_told)
    return tuple(one for one in told if one.state == "to-file")


def _offer(wanted: tuple[Increase, ...]) -> str:
    if not wanted:
        return ""
    told = " and ".join(f"{short_name(one.name)} to {number(one.desired)}" for one in wanted[:3])
    more = f" and {len(wanted) - 3} more" if len(wanted) > 3 else ""
    return f"The quota stops jobs, not the set-up. Ask AWS to raise {told}{more} now?"


def filed_words(filed: Filed) -> str:
    """What became of one increase, as a line."""
    one = filed.increase
    name = short_name(one.name)
    if filed.request is not None and not filed.error:
        return f"  ✓ asked AWS to raise {name} from {number(one.current)} to {number(one.desired)}"
    if filed.request is not None:
        return f"  ! {name}: {filed.error}"
    return f"  ✗ {name}: {filed.error}\n    by hand: {one.console_url}"
