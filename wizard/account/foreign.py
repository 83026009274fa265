"""Any CloudFormation template, also one that geos did not write: would it fit this account and region?

Reads only. What a template leaves open (a parameter without value, a nested template) is told, and never
counted as nothing.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geos.wizard.account.advice import Advice, advise
from geos.wizard.account.permissions import Permissions, check_permissions
from geos.wizard.cfn.load import Template
from geos.wizard.cfn.resolve import Pseudo, resolve
from geos.wizard.concurrently import gather
from geos.wizard.errors import Exit, GeosError, UsageError
from geos.wizard.systems.derive import StackInRegion
from geos.wizard.systems.derive.arns import Names
from geos.wizard.systems.derive.needs import blind_spots, needs
from geos.wizard.systems.derive.permissions import required_actions
from geos.wizard.systems.derive.regions import RegionFault, region_faults

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.facts import Identity


@dataclass(frozen=True)
class Checked:
    """What was found out about some templates; an error stands where something could not be asked."""

    names: tuple[str, ...]
    region: str
    identity: Identity
    advice: Advice | GeosError
    permissions: Permissions | GeosError
    faults: tuple[RegionFault, ...]
    unseen: tuple[str, ...]
    """What may use quotas and cannot be looked into."""
    open_parameters: tuple[str, ...]
    """Parameters that have neither value nor default."""
    resources: int = 0
    notes: tuple[str, ...] = field(default=())

    @property
    def exit(self) -> Exit:
        """3 when something is known not to fit, 4 when something could not be told, else 0."""
        exits = [
            e.exit if not isinstance(e, GeosError) else Exit.COULD_NOT_CHECK for e in (self.advice, self.permissions)
        ]
        if Exit.SAID_NO in exits or any(f.certain and f.fatal for f in self.faults):
            return Exit.SAID_NO
        doubt = self.unseen or self.open_parameters or any(not f.certain for f in self.faults)
        return Exit.COULD_NOT_CHECK if Exit.COULD_NOT_CHECK in exits or doubt else Exit.OK


def check_templates(aws: Aws, templates: Sequence[Template], given: Mapping[str, str]) -> Checked:
    """Ask everything at the same time. Raises UsageError for parameters that no template has, BadTemplate."""
    check_parameters(templates, given)
    identity = aws.identity.with_role(aws.identity.caller())
    zones = tuple(zone.name for zone in aws.ec2.zones())
    stacks = [_in_region(t, given, aws.region, identity, zones) for t in templates]
    asked: dict[str, Any] = {
        "advice": lambda: advise(aws, needs(stacks)),
        "permissions": lambda: check_permissions(aws, identity, _grants(stacks, identity)),
    }
    found = gather(asked)
    unset = {
        name: None
        for t in templates
        for name, spec in t.section("Parameters").items()
        if name not in given and "Default" not in spec
    }
    return Checked(
        tuple(t.name for t in templates),
        aws.region,
        identity,
        found["advice"],
        found["permissions"],
        region_faults(stacks),
        blind_spots(stacks),
        tuple(unset),
        sum(len(s.resolved.resources) for s in stacks),
    )


def _in_region(
    template: Template, given: Mapping[str, str], region: str, identity: Identity, zones: tuple[str, ...]
) -> StackInRegion:
    own = {name: value for name, value in given.items() if name in template.section("Parameters")}
    pseudo = Pseudo(
        account_id=identity.account_id,
        region=region,
        partition=identity.partition,
        stack_name=stack_name_of(template.name),
        availability_zones=zones,
    )
    return StackInRegion(resolve(template, own, pseudo), region, identity.partition)


def _grants(stacks: Sequence[StackInRegion], identity: Identity) -> Any:
    """What the stacks need; geos's own commands have nothing to do with a template that is not geos's."""
    grants: dict[Any, None] = {}
    for stack in stacks:
        names = Names(stack_name_of(stack.resolved.name), stack.region, identity.account_id, identity.partition)
        grants |= dict.fromkeys(required_actions([stack], names, commands=()))
    return tuple(grants)


def stack_name_of(file_name: str) -> str:
    """The stack name that a template would get here: its file's name, as CloudFormation takes it."""
    stem = file_name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    tidy = "".join(c if c.isalnum() else "-" for c in stem).strip("-")
    return tidy if tidy[:1].isalpha() else f"stack-{tidy}"


def check_parameters(templates: Sequence[Template], given: Mapping[str, str]) -> None:
    """Raises UsageError for a name that no template has, and for a value that a template does not allow."""
    known: dict[str, Mapping[str, Any]] = {}
    for template in templates:
        known |= template.section("Parameters")
    for name, value in given.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f' Did you mean "{near[0]}"?' if near else ""
            raise UsageError(
                f'no template has a parameter "{name}".{meant}', hint=f"they have: {', '.join(known) or 'none'}"
            )
        allowed = known[name].get("AllowedValues")
        if allowed and value not in [str(a) for a in allowed]:
            raise UsageError(f'parameter {name} is "{value}"; allowed: {", ".join(map(str, allowed))}.')
