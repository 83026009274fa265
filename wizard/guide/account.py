"""The first step: how AWS is reached, who that is, and on which plan the account is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from geos.wizard.account.identity import warnings
from geos.wizard.errors import GeosError
from geos.wizard.guide.asking import Asking
from geos.wizard.guide.state import AGREED, AMBIENT, PROFILE, SANDBOX, WAY
from geos.wizard.ui import Back, Option, Question

if TYPE_CHECKING:
    from geos.wizard.guide.flow import Guide
    from geos.wizard.guide.known import Known
    from geos.wizard.guide.parts import Account

GO_ON = "go on"
SSO, PASTE, HOW = "sso", "paste", "how"
"""Ways in that need a few questions more; afterwards there is a profile."""

_HELP = """\
geos signs its calls to AWS with the credentials you choose here; it stores none itself.
A profile is a named set of credentials in AWS's own files (~/.aws).
The sandbox is an account simulated on this machine: nothing reaches AWS, nothing costs, no sign-up."""

HOW_TO = """\
To get an account and credentials:

 1  Open an account (a card is needed), on the paid plan: the free plan starts the smallest machines only:
      https://portal.aws.amazon.com/billing/signup
 2  Protect its root user with a second factor, then put it away:
      https://console.aws.amazon.com/iam/home#/security_credentials
 3  Make a user for yourself. Either IAM Identity Center, where you sign in through the browser:
      https://console.aws.amazon.com/singlesignon/home
    or, simpler, an IAM user with an access key (Users, Create user, Security credentials):
      https://console.aws.amazon.com/iam/home#/users
 4  Come back, choose "SSO login" or "paste a key". geos-setup check then lists the permissions it needs.

At a university or company: ask the administrator of its AWS accounts for step 3 only."""


def questions(known: Known) -> Iterator[Asking]:
    """How AWS is reached, and whether to go on where the account has something to be warned about."""
    if not known.way:
        yield Asking(WAY, lambda: way_question(known))
        return
    found = known.account()
    if isinstance(found, GeosError):
        known.way_failed(found)
        yield Asking(WAY, lambda: way_question(known))
        return
    known.once(f"account {known.way}", identity_words(found))
    warning = warning_about(found)
    if warning and AGREED not in known.state.own:
        yield Asking(AGREED, lambda: _warning_question(warning))


def way_question(known: Known) -> Question:
    """Profiles first, then the ways in that need none."""
    ambient = known.parts.ambient()
    profiles = known.parts.profiles()
    options = [Option(AMBIENT, ("as found", ambient))] if ambient else []
    options += [Option(PROFILE + p.name, (f"profile {p.name}", _told(p.how, p.region))) for p in profiles]
    options += [
        Option(SANDBOX, ("sandbox", "an account simulated on this machine; nothing is real, nothing costs")),
        Option(SSO, ("SSO login", "sign in through your organisation, in the browser")),
        Option(PASTE, ("paste a key", "store an access key in a profile")),
        Option(HOW, ("how to get one", "an account and credentials, step by step")),
    ]
    if known.problem is not None:
        intro = f"That did not work: {known.problem.message}"
        intro += f"\nTry: {known.problem.hint}" if known.problem.hint else ""
    elif ambient or profiles:
        intro = ""
    else:
        intro = "No AWS credentials were found on this machine. There are four ways to go on."
    default = known.state.remembered.get(WAY, options[0].value)
    return Question(WAY, "How is AWS reached?", _HELP, "choice", tuple(options), ("way", "what it is"), default, intro)


def _told(how: str, region: str) -> str:
    return ", ".join(filter(None, (how, region)))


def resolve(guide: Guide, way: str) -> str:
    """Lead through what a way in needs beyond its choice; the way that then works. Raises Back."""
    match way:
        case "sso":
            return PROFILE + guide.known.parts.sign_in_sso(guide.ui, lambda q: guide.ui.ask(guide.headed(q, 1)))
        case "paste":
            return PROFILE + paste_key(guide)
        case "how":
            guide.ui.say(HOW_TO)
            raise Back
        case _:
            return way


def paste_key(guide: Guide) -> str:
    """Ask for an access key and write it into a profile of AWS's own file; the profile's name."""
    taken = {profile.name for profile in guide.known.parts.profiles()}
    name = "default" if "default" not in taken else "geos"
    asked = (
        Question(
            "access_key_id",
            "Access key ID",
            "Twenty letters and digits that begin with AKIA, from the console: IAM, Users, Security credentials.",
            check=lambda text: "" if _like_a_key(text) else "an access key ID has 16 to 128 letters and digits",
        ),
        Question(
            "secret_access_key",
            "Secret access key",
            "Shown once when the key was made. It is written to ~/.aws/credentials, which only you can read.",
            "secret",
            check=lambda text: "" if len(text.strip()) >= 16 else "that is too short for a secret key",
        ),
        Question(
            "profile",
            "Name of the profile to write",
            "A new name; a profile that is there already is never replaced.",
            default=name,
            check=lambda text: _profile_fault(text, taken),
        ),
        Question("default_region", "Its usual region", "Where commands without --region go.", default="us-east-1"),
    )
    given = guide.dialog(asked)
    guide.known.parts.store_key(
        given["profile"], given["default_region"], given["access_key_id"], given["secret_access_key"].strip()
    )
    return str(given["profile"])


def _like_a_key(text: str) -> bool:
    return text.isalnum() and 16 <= len(text) <= 128


def _profile_fault(text: str, taken: set[str]) -> str:
    if not text or any(letter in text for letter in "[]\n\r") or text != text.strip():
        return "a name without brackets was expected"
    return f"there is a profile {text} already; choose another name" if text in taken else ""


def warning_about(found: Account) -> str:
    """What must be told before anything else; empty when there is nothing."""
    return "\n".join(warnings(found)) if found.is_root or found.is_free_plan else ""


def _warning_question(warning: str) -> Question:
    options = (
        Option("other", ("choose another way", "back to the list")),
        Option(GO_ON, ("go on all the same", "")),
    )
    return Question(AGREED, "Go on with this account?", warning, "choice", options, ("", ""), "other", warning)


def identity_words(found: Account) -> str:
    """`✓ arn:…:user/ana in account 1234…, paid plan`."""
    plan = {"FREE": ", free plan", "PAID": ", paid plan"}.get(found.plan.kind, "")
    name = found.identity.arn.split(":", 5)[-1]
    return f"  ✓ {name} in account {found.identity.account_id}{plan}"
