"""Facts as frozen values: what AWS, the shipped tables and the user said. No methods that reach out."""

from __future__ import annotations

from dataclasses import dataclass

OWN_SHARE = "geos"
"""On queues that share fairly: whose share geos's own jobs take."""

SANDBOX_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SANDBOX_SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # noqa: S105 - the example key of AWS's documentation
"""The one user of a simulated account."""


@dataclass(frozen=True)
class Target:
    """Where calls go: an account seen through a profile, a region and perhaps another endpoint than AWS's."""

    region: str
    profile: str = ""
    """Empty: whatever AWS's own search order finds (environment, default profile, instance role)."""
    endpoint: str = ""
    """Empty: AWS itself."""
    sandbox: bool = False
    account_id: str = ""
    """Known once the identity was asked."""


@dataclass(frozen=True)
class Identity:
    """Who is asking (sts:GetCallerIdentity)."""

    account_id: str
    arn: str
    user_id: str
    kind: str
    """root, user, assumed-role, sso-role, federated-user or unknown."""
    role_arn: str = ""
    """For an assumed role: the ARN of the role itself, with its path; empty when it could not be looked up."""

    @property
    def partition(self) -> str:
        return self.arn.split(":")[1] if self.arn.startswith("arn:") else "aws"


@dataclass(frozen=True)
class AccountPlan:
    """Free or paid plan (freetier:GetAccountPlanState); accounts from before 2025-07-15 have none."""

    kind: str
    """FREE, PAID or empty when it could not be read."""
    status: str = ""
    remaining_credits_usd: float | None = None
    expires: str = ""
    unread_because: str = ""


@dataclass(frozen=True)
class RegionState:
    """A region as the account sees it."""

    code: str
    enabled: bool
    opt_in_status: str


@dataclass(frozen=True)
class RegionFact:
    """A region as the shipped table knows it."""

    code: str
    title: str
    partition: str
    opt_in: bool
    """Off until the account switches it on."""
    zone_count: int
    source: str
    date: str


@dataclass(frozen=True)
class InstanceType:
    """One EC2 instance type. A vCPU is a thread; on types with one thread a core it is a core."""

    name: str
    architecture: str
    """arm64 or x86_64."""
    cpu: str
    vcpus: int
    physical_cores: int
    threads_per_core: int
    memory_gib: float
    network_gbps: float
    efa: bool
    spot_supported: bool
    on_demand_supported: bool
    burstable: bool
    current_generation: bool
    free_plan_eligible: bool
    source: str
    date: str

    @property
    def family(self) -> str:
        return self.name.split(".", 1)[0]


@dataclass(frozen=True)
class Price:
    """What an instance costs in a region."""

    instance_type: str
    region: str
    on_demand_usd_per_hour: float | None
    spot_usd_per_hour: float | None
    kind: str
    """list (published), estimated (by the ratio of the previous family) or live."""
    source: str
    date: str
    spot_source: str = ""
    spot_date: str = ""
    spot_interruption: str = ""
    """Band of monthly interruptions, as the Spot Advisor prints it."""


@dataclass(frozen=True)
class ServicePrice:
    """A list price of anything but instance hours."""

    service: str
    item: str
    unit: str
    usd: float
    region: str
    """The region the figure is for; not always the one asked about."""
    source: str
    date: str
    verified: bool
    note: str = ""


@dataclass(frozen=True)
class ResourceType:
    """A CloudFormation resource type, as its published provider schema describes it."""

    name: str
    create: tuple[str, ...]
    """IAM actions the create handler needs; likewise read, update, delete."""
    read: tuple[str, ...]
    update: tuple[str, ...]
    delete: tuple[str, ...]
    create_only: tuple[str, ...]
    """Properties whose change replaces the resource."""
    tagging: bool
    missing_in: frozenset[str]
    """Regions whose registry lacks the type; holds "*" when `only_in` lists the few that have it."""
    only_in: frozenset[str]

    @property
    def handlers(self) -> bool:
        """False for older types, whose permissions AWS does not publish."""
        return bool(self.create or self.delete)

    def is_in(self, region: str) -> bool:
        return region in self.only_in if self.only_in else region not in self.missing_in


@dataclass(frozen=True)
class UsageMetric:
    """Where CloudWatch holds the use of a quota."""

    namespace: str
    metric: str
    statistic: str
    dimensions: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class QuotaDefault:
    """A quota as documented. What an account really has must be asked."""

    service: str
    code: str
    """Empty for limits that Service Quotas does not list."""
    name: str
    value: float | None
    """None: no source gives the default."""
    unit: str
    adjustable: bool | None
    scope: str
    """region, az or account; account-wide ones answer in us-east-1 only."""
    usage_metric: UsageMetric | None
    count_method: str
    verified: bool
    """Code and name were seen in output of the Service Quotas API or in the documentation."""
    value_verified: bool
    note: str
    source: str
    date: str
