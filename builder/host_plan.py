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
from geos.builder.host_quota import free_vcpus, quota_verdict, read_quota
from geos.builder.networks import Place, places, vpc_for
from geos.builder.request import HostWish, Request
from geos.wizard.aws.ec2_facts import RouteTable, Subnet, Vpc
from geos.wizard.aws.hosts_facts import MachineImage
from geos.wizard.concurrently import gather
from geos.wizard.errors import GeosError
from geos.wizard.facts import InstanceType

if TYPE_CHECKING:
    from geos.wizard.account.verdicts import Found, Verdict
    from geos.wizard.aws import Aws

ROCKY_OWNER = "792107900819"
"""The account in which the Rocky Enterprise Software Foundation publishes its images (AWS's own ParallelCluster
tests name it)."""
ROCKY_NAMES = {"arm64": "Rocky-9-EC2-Base-9.*.aarch64", "x86_64": "Rocky-9-EC2-Base-9.*.x86_64"}
LOGIN_USER = "rocky"
"""Made by user data, so that it is there in every image."""


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
    seen = _look(aws, request, wish, deployment, ask)
    region = aws.region
    free = free_vcpus(seen.quota, region, spot=wish.spot)
    share = None if free is None else free // len(request.architectures)
    types = {
        arch: host_types(request, wish, arch, region=region, free_vcpus=share, free_plan=seen.free_plan)
        for arch in request.architectures
    }
    vpc = vpc_for(seen.vpcs, deployment, region)
    subnets = places(vpc, seen.subnets, seen.routes, private=wish.transport == "ssm")
    offers = aws.ec2.offers({fact.name for several in types.values() for fact in several})
    hosts = tuple(_host(aws, request, wish, seen, arch, types[arch], subnets, offers) for arch in request.architectures)
    return HostsPlan(hosts, quota_verdict(seen.quota, region, _first_vcpus(hosts), spot=wish.spot))


@dataclass(frozen=True)
class _Seen:
    """What was read in the account, and where this machine comes from."""

    quota: Found
    free_plan: bool
    vpcs: tuple[Vpc, ...]
    subnets: tuple[Subnet, ...]
    routes: tuple[RouteTable, ...]
    cidr: str
    profile: str
    images: Mapping[str, MachineImage]


def _look(aws: Aws, request: Request, wish: HostWish, deployment: str, ask: Callable[[], str]) -> _Seen:
    ssm = wish.transport == "ssm"
    asked: dict[str, Callable[[], Any]] = {
        "quota": partial(read_quota, aws, spot=wish.spot),
        "vpcs": aws.ec2.vpcs,
        "subnets": aws.ec2.subnets,
        "routes": aws.ec2.route_tables,
        "cidr": (lambda: "") if ssm else partial(who_may_enter, aws, wish, ask),
        "profile": partial(_profile, aws, deployment) if ssm else lambda: "",
    }
    images = {arch: partial(find_image, aws, wish, arch) for arch in request.architectures}
    every: dict[str, Callable[[], Any]] = {"plan": aws.free_plan.state, **asked, **images}
    found = gather(every)
    account = found["plan"]  # old accounts have none, and some callers may not ask
    free_plan = not isinstance(account, GeosError) and account.kind == "FREE"
    return _Seen(
        free_plan=free_plan,
        images={arch: _or_raise(found[arch]) for arch in images},
        **{name: _or_raise(found[name]) for name in asked},
    )


def _or_raise(answer: Any) -> Any:
    if isinstance(answer, GeosError):
        raise answer
    return answer


def _host(
    aws: Aws,
    request: Request,
    wish: HostWish,
    seen: _Seen,
    architecture: str,
    types: tuple[InstanceType, ...],
    subnets: tuple[Place, ...],
    offers: Mapping[str, frozenset[str]],
) -> HostPlan:
    here_now = here.is_here(aws.target.endpoint)
    names, gib = [fact.name for fact in types], volume_gib(request)
    return HostPlan(
        architecture,
        seen.images[architecture],
        types,
        subnets,
        offers,
        seen.cidr,
        here.user() if here_now else LOGIN_USER,
        here.free_port() if here_now and wish.ssh_port == HostWish.ssh_port else wish.ssh_port,
        gib,
        wish.spot,
        cost_of(names, aws.region, gib, spot=wish.spot, time_limit_seconds=wish.time_limit_seconds),
        seen.profile,
    )


def _first_vcpus(hosts: tuple[HostPlan, ...]) -> int:
    """Of the first choice of every host at once."""
    return sum(host.types[0].vcpus for host in hosts)


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
