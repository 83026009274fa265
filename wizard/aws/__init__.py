"""AWS as geos needs it: one account, seen from one region, with only the calls that geos makes.

Each service has a file of its own; none is imported before it is used, because a service's model costs
3 to 90 ms to load.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from geos.wizard.facts import Target

if TYPE_CHECKING:
    from geos.wizard.aws.batch import Batch
    from geos.wizard.aws.billing import Billing
    from geos.wizard.aws.budgets import Budgets
    from geos.wizard.aws.door import AskCode, Door
    from geos.wizard.aws.ec2 import Ec2
    from geos.wizard.aws.ecr import Ecr
    from geos.wizard.aws.freeplan import FreePlan
    from geos.wizard.aws.hosts import Hosts
    from geos.wizard.aws.iam import Iam
    from geos.wizard.aws.identity import IdentityCalls
    from geos.wizard.aws.kms import Keys
    from geos.wizard.aws.launch_templates import LaunchTemplates
    from geos.wizard.aws.lock import LockTable
    from geos.wizard.aws.logs import Logs
    from geos.wizard.aws.market import MarketCalls
    from geos.wizard.aws.quotas import Quotas
    from geos.wizard.aws.regions import RegionCalls
    from geos.wizard.aws.s3 import Buckets
    from geos.wizard.aws.service_linked import ServiceLinkedRoles
    from geos.wizard.aws.sessions import Sessions
    from geos.wizard.aws.sns import Topics
    from geos.wizard.aws.ssm import Parameters
    from geos.wizard.aws.stacks import Stacks
    from geos.wizard.aws.tagging import Tagging


class Aws:
    """One account in one region. Every method raises geos errors only."""

    def __init__(self, target: Target, *, ask_code: AskCode | None = None, door: Door | None = None) -> None:
        if door is None:
            from geos.wizard.aws.door import Door

            door = Door(target, ask_code=ask_code)
        self.door = door

    @property
    def target(self) -> Target:
        return self.door.target

    @property
    def region(self) -> str:
        return self.door.region

    def in_region(self, region: str) -> Aws:
        """The same account and session, seen from another region."""
        if region == self.region:
            return self
        return Aws(self.target, door=self.door.in_region(region))

    # --- services a deployment is made of ----------------------------------------------------

    @cached_property
    def batch(self) -> Batch:
        from geos.wizard.aws.batch import Batch

        return Batch(self.door)

    @cached_property
    def billing(self) -> Billing:
        from geos.wizard.aws.billing import Billing

        return Billing(self.door)

    @cached_property
    def budgets(self) -> Budgets:
        from geos.wizard.aws.budgets import Budgets

        return Budgets(self.door)

    @cached_property
    def ecr(self) -> Ecr:
        from geos.wizard.aws.ecr import Ecr

        return Ecr(self.door)

    @cached_property
    def hosts(self) -> Hosts:
        from geos.wizard.aws.hosts import Hosts

        return Hosts(self.door)

    @cached_property
    def kms(self) -> Keys:
        from geos.wizard.aws.kms import Keys

        return Keys(self.door)

    @cached_property
    def launch_templates(self) -> LaunchTemplates:
        from geos.wizard.aws.launch_templates import LaunchTemplates

        return LaunchTemplates(self.door)

    @cached_property
    def lock(self) -> LockTable:
        from geos.wizard.aws.lock import LockTable

        return LockTable(self.door)

    @cached_property
    def logs(self) -> Logs:
        from geos.wizard.aws.logs import Logs

        return Logs(self.door)

    @cached_property
    def s3(self) -> Buckets:
        from geos.wizard.aws.s3 import Buckets

        return Buckets(self.door)

    @cached_property
    def service_linked(self) -> ServiceLinkedRoles:
        from geos.wizard.aws.service_linked import ServiceLinkedRoles

        return ServiceLinkedRoles(self.door)

    @cached_property
    def sessions(self) -> Sessions:
        from geos.wizard.aws.sessions import Sessions

        return Sessions(self.door)

    @cached_property
    def sns(self) -> Topics:
        from geos.wizard.aws.sns import Topics

        return Topics(self.door)

    @cached_property
    def ssm(self) -> Parameters:
        from geos.wizard.aws.ssm import Parameters

        return Parameters(self.door)

    @cached_property
    def stacks(self) -> Stacks:
        from geos.wizard.aws.stacks import Stacks

        return Stacks(self.door)

    @cached_property
    def tagging(self) -> Tagging:
        from geos.wizard.aws.tagging import Tagging

        return Tagging(self.door)

    # --- what an account is and may ----------------------------------------------------------

    @cached_property
    def ec2(self) -> Ec2:
        from geos.wizard.aws.ec2 import Ec2

        return Ec2(self.door)

    @cached_property
    def market(self) -> MarketCalls:
        from geos.wizard.aws.market import MarketCalls

        return MarketCalls(self.door)

    @cached_property
    def quotas(self) -> Quotas:
        from geos.wizard.aws.quotas import Quotas

        return Quotas(self.door)

    @cached_property
    def identity(self) -> IdentityCalls:
        from geos.wizard.aws.identity import IdentityCalls

        return IdentityCalls(self.door)

    @cached_property
    def iam(self) -> Iam:
        from geos.wizard.aws.iam import Iam

        return Iam(self.door)

    @cached_property
    def free_plan(self) -> FreePlan:
        from geos.wizard.aws.freeplan import FreePlan

        return FreePlan(self.door)

    @cached_property
    def regions(self) -> RegionCalls:
        from geos.wizard.aws.regions import RegionCalls

        return RegionCalls(self.door)
