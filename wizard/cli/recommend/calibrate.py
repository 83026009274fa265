"""calibrate --instance A,B: price a one-day run on each type and, once agreed, write the job requests.

Jobs cannot be submitted by geos yet, which the screen says; `learn` takes the logs of the finished runs.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from geos.wizard.errors import Cancelled, CannotCalibrate, Exit, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from geos.benchmarks.question import Question
    from geos.wizard.cli.context import Context
    from geos.wizard.facts import InstanceType
    from geos.wizard.measuring.calibration import Trial


def run(context: Context) -> Exit:
    from geos.wizard.cli.recommend.live import cached_market, price_in, regions_named
    from geos.wizard.cli.recommend.structured import put
    from geos.wizard.measuring.calibration import SCHEMA, job_configuration, job_request, plan_trials
    from geos.wizard.measuring.store import own_fits
    from geos.wizard.ui.views import learning as view

    region, question = regions_named(context)[0], _question(context)
    price_of = partial(price_in, cached_market(context), region=region)
    found = plan_trials(question, _kinds(context), own_fits(), price_of, not_sold=partial(_not_sold, region))
    what = f"{question.model} {question.simulation} {question.grid}"
    context.ui.say(view.trials(found, what, region))
    many = "the job request" if len(found) == 1 else f"the {len(found)} job requests"
    if not context.ui.confirm(f"Write {many}? Nothing is submitted.", default=True):
        raise Cancelled("nothing was written.")
    for fault in context.given.offline.faults if context.given.file.exists() else ():
        context.ui.say(f"! {fault}")
    places = {trial.name: _place(context, trial.kind) for trial in found}
    requests = {
        trial.name: job_request(trial, question, queue=queue, definition=definition, tags=_tags(context), share=share)
        for trial, (queue, definition, share) in ((t, places[t.name]) for t in found)
    }
    paths = _write(requests, {trial.name: job_configuration(trial, question) for trial in found})
    body = {"schema": SCHEMA, "submitted": False, "trials": [_as_data(t, requests[t.name], paths) for t in found]}
    if not put(context, body):
        unplaced = [t.name for t in found if not all(places[t.name][:2])]
        context.ui.show(view.requests_written(list(paths.values()), unplaced, region=region))
    return Exit.OK


def _question(context: Context) -> Question:
    from geos.benchmarks.question import Question, question_faults

    def value(key: str, otherwise: str = "") -> str:
        return (getattr(context.flags, key, "") or context.given.first(key) or otherwise).strip().lower()

    question = Question(
        value("model", "gcclassic"),
        value("simulation", "fullchem"),
        value("grid", "4x5"),
        context.flags.model_version.strip(),
        context.flags.met.strip(),
        days=1.0,
    )
    if wrong := list(question_faults(question)):
        raise UsageError("\n".join(f"{fault}." for fault in wrong), hint="geos-recommend calibrate --help")
    return question


def _kinds(context: Context) -> list[InstanceType]:
    from difflib import get_close_matches

    from geos.wizard.tables.instances import instance, instances

    names = list(dict.fromkeys(name.strip() for name in context.flags.instance.split(",") if name.strip()))
    if not names:
        raise CannotCalibrate(
            "calibrate wants to know which instance types.",
            hint="geos-recommend calibrate --instance c8g.16xlarge,c7a.16xlarge; geos-recommend lists those worth it",
        )
    wrong = [name for name in names if instance(name) is None]
    if wrong:
        near = get_close_matches(wrong[0], instances(), n=1)
        meant = f' Did you mean "{near[0]}"?' if near else ""
        raise CannotCalibrate(f"{', '.join(wrong)}: no such instance type.{meant}", hint="name types by their size")
    return [kind for name in names if (kind := instance(name))]


def _not_sold(region: str, name: str) -> str:
    from geos.wizard.tables.instances import offered, offers_known

    return f"{name} is not offered in {region}" if offers_known(region) and name not in offered(region) else ""


def _place(context: Context, kind: InstanceType) -> tuple[str, str, str]:
    """(queue, job definition, share) of the deployment that the answers make; "" for what it has not."""
    from geos.wizard.facts import OWN_SHARE
    from geos.wizard.study import Study
    from geos.wizard.systems.derive.batch import queues

    if context.given.offline.faults or context.given.offline.missing or not context.given.file.exists():
        return "", "", ""  # faults were told
    stacks = Study(context.offline_design).stacks
    having = [
        queue
        for queue in queues(stacks)
        if any(kind.name in {one.name for one in env.instance_types} for env in queue.environments)
    ]
    # On-Demand first, if there is such a queue: a run that is interrupted measures nothing.
    found = sorted(having, key=lambda queue: queue.environments[0].spot)
    definitions = [
        str(resource.properties.get("JobDefinitionName", ""))
        for stack in stacks
        for resource in stack.resolved.of_type("AWS::Batch::JobDefinition")
    ]
    fitting = [name for name in definitions if kind.architecture in name]
    queue, share = (found[0].name, OWN_SHARE if found[0].fair_share else "") if found else ("", "")
    return queue, next(iter(fitting), ""), share


def _tags(context: Context) -> dict[str, str]:
    project, environment = context.given.first("project"), context.given.first("environment")
    own = {"Project": project, "Environment": environment} if project and environment else {}
    return {**own, "ManagedBy": "geos"}


def _write(requests: dict[str, dict[str, object]], configurations: dict[str, str]) -> dict[str, Path]:
    """The requests, and beside each the configuration file that its job reads."""
    import json

    from geos.wizard.files import write_whole
    from geos.wizard.paths import out_dir

    paths = {}
    for name, request in requests.items():
        paths[name] = out_dir() / "calibration" / f"{request['jobName']}.json"
        write_whole(paths[name].with_suffix(".yaml"), configurations[name], mode=0o644)
        write_whole(paths[name], json.dumps(request, indent=2) + "\n", mode=0o644)
    return paths


def _as_data(trial: Trial, request: dict[str, object], paths: dict[str, Path]) -> dict[str, object]:
    return {
        "instance_type": trial.name,
        "label": trial.label,
        "cores": trial.cores,
        "threads": trial.threads,
        "wall_seconds": trial.seconds._asdict(),
        "limit_seconds": trial.limit_seconds,
        "cost_usd": {"likely": trial.usd_likely, "at_most": trial.usd_at_most},
        "request_file": str(paths[trial.name]),
        "request": request,
    }
