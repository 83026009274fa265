"""A deployment under test: a system's stacks, a simulated account, a folder of records."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geos.wizard.aws import Aws
from geos.wizard.aws.stack_facts import ResourceChange
from geos.wizard.deployment.apply import Deployed, Options, deploy
from geos.wizard.deployment.destroy import Destroyed, DestroyOptions, DestroyPlan, destroy, look_at
from geos.wizard.deployment.diagnosis import Diagnosis
from geos.wizard.deployment.following import Pace
from geos.wizard.deployment.plan import Plan, look, make_plan
from geos.wizard.deployment.progress import Progress
from geos.wizard.deployment.records import Records
from geos.wizard.deployment.watcher import StackChanges
from geos.wizard.facts import Target
from geos.wizard.systems.answers import from_flags, settle
from geos.wizard.systems.expressions import shipped_facts
from geos.wizard.systems.manifest import load_system
from geos.wizard.systems.render import RenderedStack, render, render_bootstrap

if TYPE_CHECKING:
    from parts.emulator import Emulator

ACCOUNT = "123456789012"
REGION = "us-east-1"
TINY = Path(__file__).parents[1] / "fixtures" / "systems" / "tiny"
QUICK = Pace(first_seconds=0.1, factor=1.2, longest_seconds=0.3)


class Recorder:
    """A watcher that remembers, and answers as it was told."""

    def __init__(self, *, agrees: bool = True) -> None:
        self.agrees = agrees
        self.notes: list[str] = []
        self.change_sets: list[StackChanges] = []
        self.pictures: list[Progress] = []
        self.failures: list[tuple[Diagnosis, tuple[str, ...]]] = []
        self.waited: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def waiting(self, what: str, usually_seconds: float | None = None) -> None:
        self.waited.append(what)

    def changes(self, changes: StackChanges) -> None:
        self.change_sets.append(changes)

    def agree(self, changes: StackChanges) -> bool:
        return self.agrees

    def progress(self, progress: Progress) -> None:
        self.pictures.append(progress)

    def failed(self, diagnosis: Diagnosis, undone: Sequence[str]) -> None:
        self.failures.append((diagnosis, tuple(undone)))

    def changed(self, layer: str) -> tuple[ResourceChange, ...]:
        return next((c.changes for c in reversed(self.change_sets) if c.layer == layer), ())


@functools.cache
def _aws(target: Target) -> Aws:
    """Clients cost half a second to make, and one account serves all tests."""
    return Aws(target)


class Case:
    """One deployment of one system."""

    def __init__(self, endpoint: str, folder: Path, system: str | Path = TINY, **answers: Any) -> None:
        self.target = Target(REGION, endpoint=endpoint, sandbox=True, account_id=ACCOUNT)
        self.aws = _aws(self.target)
        self.records = Records(folder)
        self.system = load_system(system)
        self.answers = answers
        self.watcher = Recorder()

    @property
    def deployment(self) -> str:
        return f"{self.answers.get('project', self.system.name)}-{self.answers.get('environment', 'dev')}"

    def rendered(self, **more: Any) -> tuple[RenderedStack, ...]:
        facts = shipped_facts(REGION)
        answers = {**self.answers, **more}
        settled = settle(self.system.schema, [from_flags(self.system.schema, answers)], facts)
        settled.require()
        return (render_bootstrap(facts), *render(self.system, settled.values, facts))

    def plan(self, stacks: Sequence[RenderedStack] | None = None, *, protect: bool = False, **more: Any) -> Plan:
        stacks = stacks if stacks is not None else self.rendered(**more)
        return make_plan(
            stacks,
            look(self.aws, stacks, self.deployment),
            deployment=self.deployment,
            system=self.system.name,
            target=self.target,
            account_id=ACCOUNT,
            protect=protect,
        )

    def deploy(
        self,
        stacks: Sequence[RenderedStack] | None = None,
        *,
        keep: bool = False,
        break_lock: bool = False,
        protect: bool = False,
        **more: Any,
    ) -> Deployed:
        self.watcher = Recorder(agrees=self.watcher.agrees)
        options = Options(
            keep=keep, break_lock=break_lock, pace=QUICK, again_seconds=0.0, files={"geos.yaml": "a: b\n"}
        )
        return deploy(self.plan(stacks, protect=protect, **more), self.aws, self.watcher, self.records, options)

    def look_at(self) -> DestroyPlan:
        return look_at(self.aws, self.deployment, self.records.read(self.deployment), ACCOUNT)

    def destroy(self, *, keep_data: bool = False, break_lock: bool = False) -> Destroyed:
        self.watcher = Recorder()
        options = DestroyOptions(keep_data=keep_data, break_lock=break_lock, pace=QUICK, between_seconds=0.1)
        return destroy(self.look_at(), self.aws, self.watcher, self.records, options)

    def states(self) -> dict[str, str]:
        return {s.name: s.status for s in self.aws.stacks.all()}


def changed(stacks: Sequence[RenderedStack], layer: str, **resources: Mapping[str, Any] | None) -> list[RenderedStack]:
    """The stacks with resources of one layer put in, or taken out where None is given."""
    found = []
    for stack in stacks:
        if stack.layer == layer:
            body = json.loads(stack.text)
            for name, resource in resources.items():
                if resource is None:
                    del body["Resources"][name]
                else:
                    body["Resources"][name] = {**body["Resources"].get(name, {}), **resource}
            stack = replace(stack, body=body, text=json.dumps(body, indent=2) + "\n")
        found.append(stack)
    return found


def put_image(emulator: Emulator, repository: str, tag: str) -> None:
    """An image with no layers, as a first build would leave one."""
    config = {
        "mediaType": "application/vnd.docker.container.image.v1+json",
        "size": 1,
        "digest": f"sha256:{hashlib.sha256(tag.encode()).hexdigest()}",
    }
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = {"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []}
    emulator.client("ecr").put_image(repositoryName=repository, imageManifest=json.dumps(manifest), imageTag=tag)
