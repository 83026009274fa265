"""Whether the caller may do what the plan needs, as IAM's own simulator tells it. Three answers, never two.

`allowed` is said only where the simulator says so without having missed anything: when simulation is refused,
the principal cannot be named, or a policy asks about something the simulator was not told, the answer is
`not-told`. Policies of resources, session policies and conditions of service control policies are not simulated
by AWS; notes say so where that matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal, Protocol

from geos.wizard.account.limits import why_unread
from geos.wizard.aws.iam_facts import Simulated, Simulation
from geos.wizard.concurrently import gather
from geos.wizard.errors import Exit, GeosError, NotThere

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.facts import Identity

Word = Literal["allowed", "denied", "not-told"]

ACTIONS_PER_CALL = 60
RESOURCES_PER_CALL = 12
"""A call answers every action on every resource; more would run into pages."""


class GrantLike(Protocol):
    """One action on one pattern of resources (systems.derive.permissions.Grant)."""

    @property
    def action(self) -> str: ...
    @property
    def resource_pattern(self) -> str: ...
    @property
    def why(self) -> tuple[str, ...]: ...
    @property
    def passed_to(self) -> tuple[str, ...]: ...
    @property
    def region(self) -> str: ...


@dataclass(frozen=True)
class Answer:
    """What is known of one grant."""

    grant: GrantLike
    word: Word
    reason: str = ""


@dataclass(frozen=True)
class Permissions:
    """The answers, worst first, and what limits their truth."""

    answers: tuple[Answer, ...]
    notes: tuple[str, ...] = ()
    principal: str = ""
    """Who was simulated; empty when nobody could be."""

    def of(self, word: Word) -> tuple[Answer, ...]:
        return tuple(a for a in self.answers if a.word == word)

    @property
    def exit(self) -> Exit:
        if self.of("denied"):
            return Exit.SAID_NO
        return Exit.COULD_NOT_CHECK if self.of("not-told") else Exit.OK


BADNESS: Mapping[Word, int] = {"denied": 0, "not-told": 1, "allowed": 2}


def check_permissions(aws: Aws, identity: Identity, grants: Sequence[GrantLike]) -> Permissions:
    """Ask IAM about every grant. Never raises for what IAM refuses to tell: that becomes `not-told`."""
    if identity.kind == "root":
        note = "The root user may do everything that service control policies do not forbid."
        return Permissions(tuple(Answer(g, "allowed", "root user") for g in grants), (note,), identity.arn)
    candidates = principals(identity)
    if not candidates:
        reason = f"AWS cannot simulate a {identity.kind.replace('-', ' ')}"
        return Permissions(_not_told(grants, reason), (f"{reason}; whether it may do this was not checked.",))
    questions = plan_questions(grants, aws.region)
    principal, answers = _ask(aws, candidates, questions)
    if isinstance(answers, GeosError):
        reason = f"simulation was refused: {why_unread(answers)}"
        note = "Simulating permissions needs iam:SimulatePrincipalPolicy; without it nothing here counts as allowed."
        return Permissions(_not_told(grants, reason), (note,))
    worst: dict[GrantLike, Answer] = {}
    for question in questions:
        for grant in question.grants:
            told = _answer(grant, question, answers.get(question))
            if grant not in worst or BADNESS[told.word] < BADNESS[worst[grant].word]:
                worst[grant] = told
    ordered = sorted(worst.values(), key=lambda a: (BADNESS[a.word], a.grant.action, a.grant.resource_pattern))
    return Permissions(tuple(ordered), notes_for(identity), principal)


def _not_told(grants: Iterable[GrantLike], reason: str) -> tuple[Answer, ...]:
    return tuple(Answer(g, "not-told", reason) for g in grants)


# --- who is simulated ------------------------------------------------------------------------


def principals(identity: Identity) -> tuple[str, ...]:
    """ARNs that may stand for the caller in a simulation, the surest first; empty when none can.

    An assumed role's ARN lacks the path of its role. Role names are unique in an account, so that a guess that
    IAM knows is the role itself, and one that it does not know is refused.
    """
    if identity.kind == "user":
        return (identity.arn,)
    if identity.role_arn:
        return (identity.role_arn,)
    if "assumed-role/" not in identity.arn:
        return ()
    name = identity.arn.split("assumed-role/", 1)[1].split("/", 1)[0]
    start = f"arn:{identity.partition}:iam::{identity.account_id}:role/"
    if identity.kind == "sso-role":
        return (f"{start}aws-reserved/sso.amazonaws.com/{name}", f"{start}{name}")
    return (f"{start}{name}", f"{start}service-role/{name}")


def notes_for(identity: Identity) -> tuple[str, ...]:
    if identity.kind in ("assumed-role", "sso-role", "instance-role"):
        return ("Policies given to this session alone, if there are any, were not simulated.",)
    return ()


# --- what is asked ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """One call to the simulator, and the grants it answers."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    region: str
    passed_to: str
    grants: tuple[GrantLike, ...] = field(compare=False, hash=False)


def plan_questions(grants: Iterable[GrantLike], region: str) -> tuple[Asked, ...]:
    """The fewest calls: all actions of a service on all its patterns; what asks for a region, apart."""
    groups: dict[tuple[str, str, str], list[GrantLike]] = {}
    for grant in grants:
        service = "" if grant.resource_pattern == "*" else grant.action.split(":", 1)[0]
        for passed_to in grant.passed_to or ("",):
            groups.setdefault((service, grant.region or region, passed_to), []).append(grant)
    return tuple(q for key, members in groups.items() for q in _split(members, key[1], key[2]))


def _split(members: Sequence[GrantLike], region: str, passed_to: str) -> Iterable[Asked]:
    patterns = tuple(dict.fromkeys(g.resource_pattern for g in members))
    for p in range(0, len(patterns), RESOURCES_PER_CALL):
        some = patterns[p : p + RESOURCES_PER_CALL]
        actions = tuple(dict.fromkeys(g.action for g in members if g.resource_pattern in some))
        for a in range(0, len(actions), ACTIONS_PER_CALL):
            part = actions[a : a + ACTIONS_PER_CALL]
            answered = tuple(g for g in members if g.action in part and g.resource_pattern in some)
            yield Asked(part, some, region, passed_to, answered)


Answers = Mapping[Asked, "tuple[Simulated, ...] | GeosError"]


def _ask(aws: Aws, candidates: Sequence[str], questions: Sequence[Asked]) -> tuple[str, Answers | GeosError]:
    """(principal, answers), or why nothing was told at all. The first question finds the right candidate."""
    if not questions:
        return candidates[0], {}
    error: GeosError | None = None
    for principal in candidates:
        try:
            first = _simulate(aws, principal, questions[0])
        except NotThere as e:
            error = e
            continue
        except GeosError as e:
            return "", e
        rest = gather({q: partial(_simulate, aws, principal, q) for q in questions[1:]}, workers=8)
        return principal, {questions[0]: first, **rest}
    assert error is not None
    return "", error


def _simulate(aws: Aws, principal: str, question: Asked) -> tuple[Simulated, ...]:
    context = {"aws:RequestedRegion": question.region}
    if question.passed_to:
        context["iam:PassedToService"] = question.passed_to
    return aws.iam.simulate(Simulation(principal, question.actions, question.resources, context))


# --- what is answered ------------------------------------------------------------------------


def _answer(grant: GrantLike, question: Asked, told: tuple[Simulated, ...] | GeosError | None) -> Answer:
    if told is None or isinstance(told, GeosError):
        reason = why_unread(told) if told is not None else "it was not asked"
        return Answer(grant, "not-told", reason)
    action = grant.action.lower()
    match = [s for s in told if s.action.lower() == action and s.resource in (grant.resource_pattern, "*")]
    exact = [s for s in match if s.resource == grant.resource_pattern] or match
    if not exact:
        return Answer(grant, "not-told", "the simulator left this action out")
    return _worded(grant, exact[0])


def _worded(grant: GrantLike, simulated: Simulated) -> Answer:
    if simulated.decision == "explicitDeny" and not simulated.missing_context:
        return Answer(grant, "denied", _denier(simulated, "a policy forbids it"))
    if simulated.missing_context:
        keys = ", ".join(simulated.missing_context)
        return Answer(grant, "not-told", f"a policy asks about {keys}, which a simulation cannot know")
    if simulated.decision == "allowed":
        return Answer(grant, "allowed")
    return Answer(grant, "denied", _denier(simulated, "no policy allows it"))


def _denier(simulated: Simulated, otherwise: str) -> str:
    if simulated.by_boundary:
        return "the permissions boundary does not allow it"
    if simulated.by_organization:
        return "a service control policy of the organisation does not allow it"
    return otherwise
