"""The real Parts: the machine's profiles, the account, the shipped tables and systems."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from geos.wizard.concurrently import gather
from geos.wizard.errors import GeosError
from geos.wizard.guide import tables
from geos.wizard.guide.parts import Account, Choices, Profile, Review
from geos.wizard.study import Study
from geos.wizard.systems.design import design
from geos.wizard.systems.expressions import Facts, shipped_facts
from geos.wizard.systems.manifest import System, SystemTitle, list_systems, load_system

if TYPE_CHECKING:
    from geos.wizard.account.advice import Advice
    from geos.wizard.aws import Aws
    from geos.wizard.guide import Ready
    from geos.wizard.guide.look_over import Looked
    from geos.wizard.systems.answers import Settled
    from geos.wizard.ui import Question, Ui


class RealParts:
    """Implements Parts."""

    # --- the machine -----------------------------------------------------------------------------

    @functools.cached_property
    def _profiles(self) -> tuple[Profile, ...]:
        from geos.wizard.aws.profiles import profiles

        return tuple(Profile(p.name, p.how, p.region, p.wants_code) for p in profiles())

    def profiles(self) -> tuple[Profile, ...]:
        return self._profiles

    def ambient(self) -> str:
        from geos.wizard.aws.profiles import ambient

        return ambient()

    def store_key(self, profile: str, region: str, key_id: str, secret: str) -> None:
        from geos.wizard.aws.profiles import store_key

        store_key(profile, region, key_id, secret)
        self.__dict__.pop("_profiles", None)

    def sign_in_sso(self, ui: Ui, ask: Callable[[Question], Any]) -> str:
        from geos.wizard.guide.sso import sign_in

        name = sign_in(ui, ask, {p.name for p in self.profiles()})
        self.__dict__.pop("_profiles", None)
        return name

    # --- systems ---------------------------------------------------------------------------------

    def systems(self) -> Sequence[SystemTitle]:
        return list_systems()

    def system(self, name: str) -> System:
        return load_system(name)

    # --- the account -----------------------------------------------------------------------------

    def account(self, aws: Aws) -> Account:
        from geos.wizard.account.identity import read_who

        return read_who(aws)

    def facts(self, aws: Aws) -> Facts:
        from geos.wizard.account.read_facts import read_facts

        return read_facts(aws)

    def region_facts(self, aws: Aws, settled: Settled) -> Any:
        """The plan as far as it is known, judged in every region."""
        from geos.wizard.account.regions import compare
        from geos.wizard.tables.regions import region, regions

        study = _study(settled, shipped_facts(aws.region))
        here = region(aws.region)
        names = [r.code for r in regions() if here is None or r.partition == here.partition]
        job = study.job
        if job is None:
            return None
        return compare(aws, study.needs, names, job, data_region=study.data_region)

    def regions(self, found: Any, settled: Settled) -> Choices:
        from geos.wizard.account.regions import Comparison
        from geos.wizard.tables.regions import regions

        if isinstance(found, Comparison):
            study = _study(settled, shipped_facts(""))
            return tables.region_rows(found, study.job, study.data_region)
        return tables.known_regions(regions())

    def instances(self, aws: Aws, settled: Settled, facts: Facts, parameter: str) -> Choices:
        study = _study(settled, facts)
        wanted = study.workload
        proposed = settled.values.get(parameter) or ()
        return tables.instance_rows(study.machines, study.refused, proposed, wanted.purchase if wanted else "")

    def vpcs(self, aws: Aws) -> Choices:
        found = gather({"vpcs": lambda: aws.ec2.vpcs(), "subnets": lambda: aws.ec2.subnets()})
        return tables.vpc_rows(_told(found["vpcs"]), _told(found["subnets"]))

    def subnets(self, aws: Aws, vpc_id: str) -> Choices:
        found = _inside(aws, vpc_id)
        # Who may not list endpoints loses what they would allow.
        endpoints = () if isinstance(found["endpoints"], GeosError) else found["endpoints"]
        return tables.subnet_rows(_told(found["subnets"]), _told(found["routes"]), endpoints)

    def ways_out(self, settled: Settled, facts: Facts) -> Mapping[str, float]:
        from geos.wizard.systems.variants import ways_out

        return {one.name: one.idle_usd_per_month for one in ways_out(_study(settled, facts).design)}

    # --- the review ------------------------------------------------------------------------------

    def review(self, ready: Ready, account: Account) -> Review:
        from geos.wizard.guide.look_over import review_of

        return review_of(look(ready.aws, _study(ready.settled, ready.facts), account))

    def file_increases(self, aws: Aws, review: Review) -> Sequence[str]:
        from geos.wizard.account.requests import file
        from geos.wizard.guide.look_over import filed_words

        return [filed_words(one) for one in file(aws, review.increases)]


def look(aws: Aws, study: Study, account: Account | None = None) -> Looked:
    """Ask the account everything that could stop a plan or its jobs. Reads only.

    Raises AccessError when not even the caller can be told; anything else that fails stands in its place.
    """
    from geos.wizard.account.identity import read_who
    from geos.wizard.account.permissions import check_permissions
    from geos.wizard.guide.look_over import Looked

    who = account or read_who(aws)
    found: dict[str, Any] = gather(
        {
            "advice": lambda: _advice(aws, study),
            "permissions": lambda: check_permissions(aws, who.identity, study.grants),
            "there": lambda: _there(aws, study),
            "network": lambda: _network(aws, study),
        }
    )
    network = () if isinstance(found["network"], GeosError) else found["network"]
    there, taken = (False, ()) if isinstance(found["there"], GeosError) else found["there"]
    return Looked(study, who, found["advice"], found["permissions"], there, taken, network)


def _network(aws: Aws, study: Study) -> tuple[str, ...]:
    """Which of the user's own subnets lead nowhere, and why; none where geos makes the network."""
    from geos.wizard.account.networks import why_not

    values = study.design.values
    vpc_id, picked = str(values.get("vpc_id") or ""), values.get("subnet_ids") or ()
    if not vpc_id or not picked:
        return ()
    found = _inside(aws, vpc_id)
    subnets, routes, endpoints = (_told(found[name]) for name in ("subnets", "routes", "endpoints"))
    whys = {subnet.id: why_not(subnet, routes, endpoints) for subnet in subnets if subnet.id in picked}
    return tuple(f"{name}: {why}" for name, why in whys.items() if why)


def _there(aws: Aws, study: Study) -> tuple[bool, tuple[str, ...]]:
    """(whether the deployment exists, names that its new stacks need and something else has)."""
    from geos.wizard.deployment.find import deployments_in
    from geos.wizard.deployment.names import NewStack, taken_names

    stacks, made = aws.stacks.all(), study.design
    known = {s.name for s in stacks}
    pairs = zip(made.stacks, made.resolved, strict=True)
    new = [NewStack(s.stack_name, s.region, r) for s, r in pairs if s.stack_name not in known]
    return bool(deployments_in(stacks).get(made.deployment)), tuple(map(str, taken_names(aws, new)))


def _inside(aws: Aws, vpc_id: str) -> dict[str, Any]:
    """What decides where instances in a VPC can reach; an error stands where something could not be read."""
    return dict(
        gather(
            {
                "subnets": lambda: aws.ec2.subnets(vpc_id),
                "routes": lambda: aws.ec2.route_tables(vpc_id),
                "endpoints": lambda: aws.ec2.endpoints(vpc_id),
            }
        )
    )


def _advice(aws: Aws, study: Study) -> Advice:
    from geos.wizard.account.advice import advise

    values = study.design.values
    own = {"Project": str(values["project"]), "Environment": str(values["environment"]), "ManagedBy": "geos"}
    return advise(aws, study.needs, job=study.job, stacks=study.stacks, own_tags=own)


def _study(settled: Settled, facts: Facts) -> Study:
    """What the answers come to, those that are still open by their defaults, or empty where they have none."""
    region = str(settled.values.get("region") or facts.region)
    still_open = {p.name: [] if p.type in ("list", "instances") else "" for p in settled.schema.in_order()}
    settled = replace(settled, values={**still_open, **settled.values})
    if facts.region != region:
        facts = replace(facts, region=region)
    return Study(design(load_system(str(settled.values.get("system") or settled.schema.system)), settled, facts))


def _told(answer: Any) -> Any:
    if isinstance(answer, GeosError):
        raise answer
    return answer
