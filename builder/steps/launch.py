"""Launch the host: idempotent, found again whatever happens, somewhere else where there is no capacity."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from geos.builder import refusals
from geos.builder.errors import NoCapacity, StillThere
from geos.builder.host_cost import cost_of
from geos.builder.host_plan import HostPlan
from geos.builder.job import Job
from geos.builder.keys import KeyPair, keep_private, new_key
from geos.builder.networks import Place, selling
from geos.builder.steps.group import group_name
from geos.builder.user_data import Boot, agent_url, user_data
from geos.wizard.aws.hosts_facts import HostState, Launch
from geos.wizard.errors import GeosError, NoNetwork
from geos.wizard.facts import InstanceType
from geos.wizard.ui.wording import usd
from geos.wizard.waiting import until

SPOT, ON_DEMAND = "spot", "on-demand"
PROFILE_SECONDS = 60.0
"""How long EC2 may take to hear from IAM of an instance profile."""
TOKEN_SECONDS = 10.0
"""How long a machine may take to be seen after a launch whose answer was lost."""
SEEN_SECONDS = 20.0
"""How long the end of a machine may take to be seen after it was asked for."""


@dataclass(frozen=True)
class Attempt:
    """One way to launch."""

    instance: InstanceType
    place: Place
    market: str


class LaunchHost:
    title = "host"

    def __init__(self, plan: HostPlan, *, profile_seconds: float = PROFILE_SECONDS) -> None:
        self._plan = plan
        self._profile_seconds = profile_seconds

    # --- run ---------------------------------------------------------------------------------

    def run(self, job: Job) -> None:
        if job.part.instance_id:
            return
        if self._take_up(job):
            return
        own = new_key(f"geos-build {job.build.build_id}")
        keep_private(own, job.key)
        host_key = new_key(f"host of {job.build.build_id}")
        job.note(host_key=host_key.public, user=self._plan.user, port=self._plan.port, image_id=self._plan.image.id)
        text = user_data(self._boot(job, host_key, own.public))
        state, attempt = self._somewhere(job, text)
        hourly = self._usd_per_hour(job, attempt)
        job.note(instance_id=state.id, zone=state.zone, usd_per_hour=hourly)
        job.facts["image"] = f"{self._plan.image.id} {self._plan.image.name}"
        price = f", {usd(hourly)}/h" if hourly is not None else ""
        job.tell(f"{attempt.instance.name} {state.id} in {state.zone}, {attempt.market}{price}")

    def _take_up(self, job: Job) -> bool:
        """The machine that an earlier run launched without hearing so."""
        state = self._lost(job)
        if state is None:
            return False
        job.note(instance_id=state.id, zone=state.zone)
        return True

    def _boot(self, job: Job, host_key: KeyPair, authorized_key: str) -> Boot:
        agent = agent_url(job.build.region, job.architecture) if self._plan.instance_profile else ""
        return Boot(
            job.build.build_id,
            self._plan.user,
            host_key,
            authorized_key,
            job.build.wish.time_limit_seconds,
            self._plan.port,
            agent,
        )

    def _somewhere(self, job: Job, text: str) -> tuple[HostState, Attempt]:
        """Raises NoCapacity when every attempt was refused for want of machines."""
        refused: GeosError | None = None
        without_spot = False
        for number, attempt in enumerate(attempts(self._plan)):
            if without_spot and attempt.market == SPOT:
                continue
            job.wait(0)
            try:
                return self._attempt(job, text, attempt, number), attempt
            except GeosError as e:
                if isinstance(e, NoNetwork):
                    raise  # whether there is a machine now is not known; cleanup looks
                job.note(client_token="", launched="")
                if refusals.not_as_spot(e) and attempt.market == SPOT:
                    without_spot = True
                elif not refusals.elsewhere(e):
                    raise refusals.explained(e, attempt.instance.name) from e
                job.tell(f"no {attempt.instance.name} in {attempt.place.zone} as {attempt.market}: {e.aws_code}")
                refused = e
        raise NoCapacity(
            f"AWS has no {' or '.join(t.name for t in self._plan.types)} free in any zone of {job.build.region} now.",
            hint="try again later, name other types with --instance-type, or build in another --region",
            aws_code=refused.aws_code if refused else "",
        )

    def _attempt(self, job: Job, text: str, attempt: Attempt, number: int) -> HostState:
        """One launch. Other parameters need another token; the same token is the same machine."""
        token = f"{group_name(job)}-{number}-{secrets.token_hex(3)}"
        wanted = Launch(
            token,
            self._plan.image,
            attempt.instance.name,
            attempt.place.subnet_id,
            job.part.group_id,
            self._plan.volume_gib,
            text,
            {**job.build.tags, "Name": group_name(job)},
            public_address=attempt.place.public,
            spot=attempt.market == SPOT,
            instance_profile=self._plan.instance_profile,
        )
        job.note(
            client_token=token,
            instance_type=attempt.instance.name,
            market=attempt.market,
            launched=datetime.now(UTC).isoformat(timespec="seconds"),
        )

        def launched() -> HostState | None:
            try:
                return job.aws.hosts.launch(wanted)
            except GeosError as e:
                if wanted.instance_profile and e.aws_code == refusals.PROFILE_NOT_YET:
                    return None
                raise

        found = job.until(launched, at_most_seconds=self._profile_seconds)
        return found if found is not None else job.aws.hosts.launch(wanted)

    def _usd_per_hour(self, job: Job, attempt: Attempt) -> float | None:
        names, gib, spot = (attempt.instance.name,), self._plan.volume_gib, attempt.market == SPOT
        return cost_of(names, job.build.region, gib, spot=spot, time_limit_seconds=0).usd_per_hour

    # --- cleanup -----------------------------------------------------------------------------

    def cleanup(self, job: Job) -> None:
        lost = None if job.part.instance_id else self._lost(job)
        instance_id = lost.id if lost else job.part.instance_id
        if instance_id:
            state = _end(job, instance_id)
            if state is not None and not state.gone:
                job.note(leftovers=(*job.part.leftovers, instance_id))
                raise StillThere(
                    f"{instance_id} was told to end and still runs; it costs until its time limit ends it.",
                    hint="geos-build clean tells it again",
                )
        job.records.forget_key(job.build.build_id, job.architecture)
        job.note(instance_id="", client_token="")

    def _lost(self, job: Job) -> HostState | None:
        """The machine whose launch was never answered, if there is one that lives."""
        token = job.part.client_token
        if not token:
            return None
        found = until(lambda: job.aws.hosts.with_token(token), at_most_seconds=TOKEN_SECONDS)
        return None if found is None or found.gone else found


def _end(job: Job, instance_id: str) -> HostState | None:
    """Tell it to end until it is seen to. Returns how it was last seen; None: EC2 knows no such machine.

    Right after its launch a machine is not known everywhere, and being told that there is none means nothing yet.
    """
    hosts = job.aws.hosts
    seen: list[HostState | None] = []

    def told() -> bool | None:
        hosts.terminate(instance_id)
        seen.append(hosts.state(instance_id))
        return True if (state := seen[-1]) is not None and state.gone else None

    until(told, at_most_seconds=SEEN_SECONDS)
    return seen[-1]


def attempts(plan: HostPlan) -> Iterator[Attempt]:
    """Every type in a zone, then the next zone; all that as Spot first where that was wished."""
    for market in (SPOT, ON_DEMAND) if plan.spot else (ON_DEMAND,):
        for place in plan.places:
            for instance in plan.types:
                if selling((place,), plan.offers, instance.name):
                    yield Attempt(instance, place, market)
