"""quotas: required, used, limit, free and a verdict for every quota of the plan; in one region or in many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geos.wizard.cli.context import Context
from geos.wizard.errors import Exit, UsageError

if TYPE_CHECKING:
    from geos.wizard.account.advice import Advice
    from geos.wizard.account.requests import Increase, Purpose
    from geos.wizard.study import Study


def run(context: Context) -> Exit:
    from geos.wizard.study import Study

    study = Study(context.design)
    if context.flags.regions:
        return _many(context, study)
    advice = ask(context, study)
    if context.flags.request:
        return _request(context, study, advice)
    if context.json:
        context.ui.data([v.to_json() for v in advice.verdicts])
    else:
        show(context, study.design.deployment, advice)
    return advice.exit


def ask(context: Context, study: Study) -> Advice:
    """The advice for the plan of the answers."""
    from geos.wizard.account.advice import advise

    values = study.design.values
    own = {"Project": str(values["project"]), "Environment": str(values["environment"]), "ManagedBy": "geos"}
    with context.ui.waiting(f"reading quotas and their use in {study.region}"):
        return advise(context.aws, study.needs, job=study.job, stacks=study.stacks, own_tags=own)


def show(context: Context, plan: str, advice: Advice) -> None:
    from geos.wizard.ui.views.quotas import quotas

    context.ui.show(
        quotas(
            advice.verdicts,
            plan=plan,
            region=advice.region,
            fits=advice.fit_words,
            verbose=context.flags.verbose,
            flags=context.plan_flags(),
        )
    )
    for note in advice.notes:
        context.ui.say(f"  ! {note}")


def _many(context: Context, study: Study) -> Exit:
    from geos.wizard.account.regions import compare
    from geos.wizard.ui.views.regions import comparison

    job = study.job
    if job is None:
        raise UsageError(f"{study.design.system.name} runs no jobs, so regions cannot be ranked by them.")
    names = [name.strip() for name in context.flags.regions.split(",") if name.strip()]
    with context.ui.waiting("reading quotas in many regions", usually_seconds=5.0):
        found = compare(context.aws, study.needs, names, job, data_region=study.data_region)
    if context.json:
        context.ui.data({"regions": [r.to_json() for r in found.regions], "notes": list(found.notes)})
    else:
        context.ui.show(comparison(found, job, study.design.deployment, flags=context.plan_flags()))
    if any(r.jobs for r in found.regions):
        return Exit.OK
    return Exit.COULD_NOT_CHECK if any(r.jobs is None for r in found.regions) else Exit.SAID_NO


def _request(context: Context, study: Study, advice: Advice) -> Exit:
    """Show the increases, and file them once somebody agreed."""
    from geos.wizard.account.requests import file, increases, refused
    from geos.wizard.ui.views import increases as view

    planned = increases(advice.verdicts, advice.requests, purpose(study), told=advice.requests_told)
    to_file = [i for i in planned if i.state == "to-file"]
    if not context.json:
        context.ui.show(view.planned(planned, advice.region))
    if not to_file:
        if context.json:
            context.ui.data({"increases": [_as_data(i) for i in planned]})
        return advice.exit
    if not context.ui.confirm(f"File {len(to_file)} of these with AWS?", default=False):
        return advice.exit
    with context.ui.waiting("filing"):
        filed = file(context.aws, planned)
    if context.json:
        done = {f.increase.key: f.request for f in filed}
        context.ui.data({"increases": [{**_as_data(i), "filed": done.get(i.key) is not None} for i in planned]})
    else:
        context.ui.show(view.filed(filed, flags=context.plan_flags()))
    error = refused(filed)
    if error:
        raise error
    return Exit.OK


def purpose(study: Study) -> Purpose:
    from geos.wizard.account.requests import Purpose

    job, month = study.job, study.estimate.month
    words = f"{job.vcpus} vCPUs and {job.memory_mib / 1024:.0f} GiB a job" if job else ""
    return Purpose(study.design.deployment, study.design.system.title, words, month.likely if month else None)


def _as_data(increase: Increase) -> dict[str, object]:
    return {
        "service": increase.key.service,
        "quota_code": increase.key.code,
        "region": increase.key.region,
        "name": increase.name,
        "current": increase.current,
        "desired": increase.desired,
        "justification": increase.justification,
        "state": increase.state,
        "reason": increase.reason,
        "console": increase.console_url,
    }
