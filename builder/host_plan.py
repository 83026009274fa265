"""The hosts of a build before there is any: machine, image, network, who may come in, price. Reads, never writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from geos.builder import here
from geos.builder.caller import ask_aws, checked_range, own_range
from geos.builder.choosing import host_types, volume_gib
from geos.builder.errors import NoHostProfile, NoMachineImage
from geos.builder.host_cost import HostCost, cost_of
from geos.builder.networks import Place, places, vpc_for
from geos.builder.request import HostWish, Request
from geos.wizard.aws.hosts_facts import MachineImage
from geos.wizard.concurrently import gather
from geos.wizard.errors import GeosError
from geos.wizard.facts import InstanceType
from geos.wizard.tables.quotas import vcpu_quota_code

if TYPE_CHECKING:
    from geos.wizard.account.verdicts import Found, Verdict
    from geos.wizard.aws import Aws

ROCKY_OWNER = "792107900819"
"""The account in which the Rocky Enterprise Software Foundation publishes its images (AWS's own ParallelCluster
tests name it)."""
ROCKY_NAMES = {"arm64": "Rocky-9-EC2-Base-9.*.aarch64", "x86_64": "Rocky-9-EC2-Base-9.*.x86_64"}
LOGIN_USER = "rocky"
"""Made by user data, so that it is there in every image."""
STANDARD_TYPE = "c6i.large"
"""Any type of the class whose vCPU quota the usual hosts take from."""


@dataclass(frozen=True)
class HostPlan:
    """All that a launch needs to know."""

    architecture: str
    image: MachineImage
    types: tuple[InstanceType, ...]
    """Tried in turn."""
    places: tuple[Place, ...]
    offers: Mapping[str, frozenset[str]]
    """Type -> zone ids that sell it; what is missing is not known."""
    admin_cidr: str
    """Who is let in by SSH; empty: nobody."""
    user: str
    port: int
    volume_gib: int
    spot: bool
    cost: HostCost
    instance_profile: str = ""

    @property
    def vpc_id(self) -> str:
        return self.places[0].vpc_id


@dataclass(frozen=True)
class HostsPlan:
    """The hosts of all architectures, and whether the account's quota has room for them."""

    hosts: tuple[HostPlan, ...]
    quota: Verdict

    def of(self, architecture: str) -> HostPlan:
        return next(host for host in self.hosts if host.architecture == architecture)


def plan_hosts(
    aws: Aws, request: Request, wish: HostWish, *, deployment: str = "", ask: Callable[[], str] = ask_aws
) -> HostsPlan:
    """Raises NoMachineImage, NoPlaceForHost, CallerUnknown, HostQuotaShort, HostTypeWrong, and what AWS refused."""
    region, ssm = aws.region, wish.transport == "ssm"
    asked: dict[Any, Callable[[], Any]] = {
        "quota": partial(read_quota, aws, spot=wish.spot),
        "plan": aws.free_plan.state,
        "vpcs": aws.ec2.vpcs,
        "subnets": aws.ec2.subnets,
        "routes": aws.ec2.route_tables,
        "cidr": (lambda: "") if ssm else partial(who_may_enter, aws, wish, ask),
        "profile": partial(_profile, aws, deployment) if ssm else lambda: "",
        **{arch: partial(find_image, aws, wish, arch) for arch in request.architectures},
    }
    found = gather(asked)
    quota: Found = _or_raise(found["quota"])
    account = found["plan"]
    free_plan = not isinstance(account, GeosError) and account.kind == "FREE"
    here_now = here.is_here(aws.target.endpoint)
    free = free_vcpus(quota, region, spot=wish.spot)
    share = None if free is None else free // len(request.architectures)
    types = {
        arch: host_types(request, wish, arch, region=region, free_vcpus=share, free_plan=free_plan)
        for arch in request.architectures
    }
    vpc = vpc_for(_or_raise(found["vpcs"]), deployment, region)
    subnets = places(vpc, _or_raise(found["subnets"]), _or_raise(found["routes"]), private=ssm)
    offers = aws.ec2.offers({t.name for several in types.values() for t in several})
    gib = volume_gib(request)
    hosts = tuple(
        HostPlan(
            arch,
            _or_raise(found[arch]),
            types[arch],
            subnets,
            offers,
            _or_raise(found["cidr"]),
            here.user() if here_now else LOGIN_USER,
            here.free_port() if here_now and wish.ssh_port == HostWish.ssh_port else wish.ssh_port,
            gib,
            wish.spot,
            cost_of(
                [fact.name for fact in types[arch]],
                region,
                gib,
                spot=wish.spot,
                time_limit_seconds=wish.time_limit_seconds,
            ),
            _or_raise(found["profile"]),
        )
        for arch in request.architectures
    )
    return HostsPlan(hosts, quota_verdict(quota, region, hosts, spot=wish.spot))


def _or_raise(answer: Any) -> Any:
    if isinstance(answer, GeosError):
        raise answer
    return answer


# --- image and way in ------------------------------------------------------------------------


def find_image(aws: Aws, wish: HostWish, architecture: str) -> MachineImage:
    """The image to start from. Raises NoMachineImage."""
    if wish.image_id:
        return _named_image(aws, wish.image_id, architecture)
    found = aws.hosts.newest_image(ROCKY_OWNER, ROCKY_NAMES[architecture], architecture)
    if found is None:
        raise NoMachineImage(
            f"{aws.region} has no Rocky Linux 9 image for {architecture} (owner {ROCKY_OWNER}, "
            f"{ROCKY_NAMES[architecture]}).",
            hint="name an image of Enterprise Linux 9 with --ami, or build in another --region",
        )
    return found


def _named_image(aws: Aws, image_id: str, architecture: str) -> MachineImage:
    found = aws.hosts.image(image_id)
    if found is None:
        raise NoMachineImage(
            f"--ami {image_id}: there is no such image in {aws.region}, or this account may not use it.",
            hint="image ids differ from region to region; leave --ami away for Rocky Linux 9",
        )
    if found.architecture != architecture:
        raise NoMachineImage(
            f"--ami {image_id} ({found.name}) is for {found.architecture}, and the host is {architecture}.",
            hint=f"--arch {found.architecture}, or another image",
        )
    return found


def who_may_enter(aws: Aws, wish: HostWish, ask: Callable[[], str] = ask_aws) -> str:
    """The range that is let in by SSH. Raises BadAddressRange, CallerUnknown."""
    if wish.admin_cidr:
        return checked_range(wish.admin_cidr)
    return here.RANGE if here.is_here(aws.target.endpoint) else own_range(ask)


def _profile(aws: Aws, deployment: str) -> str:
    """The instance profile that a deployment has for its build hosts. Raises NoHostProfile."""
    name = f"{deployment}-build-{aws.region}"
    if not deployment or not aws.iam.has_instance_profile(name):
        missing = f"there is no instance profile {name}" if deployment else "no deployment is known here"
        raise NoHostProfile(
            f"Session Manager needs an instance profile for the host, and {missing}.",
            hint="geos-setup deploy makes one; or come in by SSH (--transport ssh), which needs none",
        )
    return name


# --- quota -----------------------------------------------------------------------------------


def read_quota(aws: Aws, *, spot: bool) -> Found:
    """The vCPU quota that hosts take from: limit, use, open requests."""
    from geos.wizard.account.collect import collect

    key = _quota_key(aws.region, spot=spot)
    return collect(aws, {key: True}, account_id=aws.target.account_id, with_report=False)


def free_vcpus(found: Found, region: str, *, spot: bool) -> float | None:
    """What the quota leaves; None when its limit or its use is not known."""
    verdict = _judged(found, region, 0.0, spot=spot)
    return None if verdict.free is None else max(0.0, verdict.free)


def quota_verdict(found: Found, region: str, hosts: tuple[HostPlan, ...], *, spot: bool) -> Verdict:
    """Whether there is room for the first choice of every host at once."""
    return _judged(found, region, float(sum(host.types[0].vcpus for host in hosts)), spot=spot)


def _judged(found: Found, region: str, vcpus: float, *, spot: bool) -> Verdict:
    from geos.wizard.account.verdicts import Demand, judge

    return judge(Demand(_quota_key(region, spot=spot), vcpus, unit="vCPU", why=("build hosts",)), found)


def _quota_key(region: str, *, spot: bool) -> Any:
    from geos.wizard.account.verdicts import QuotaKey

    return QuotaKey("ec2", vcpu_quota_code(STANDARD_TYPE, spot=spot), region)
