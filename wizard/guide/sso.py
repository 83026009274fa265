"""Sign in through IAM Identity Center, question by question; at the end there is a profile."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from geos.wizard.errors import SsoLoggedOut, UsageError
from geos.wizard.ui import Option, Question, Ui
from geos.wizard.waiting import until

if TYPE_CHECKING:
    from geos.wizard.aws.sso import Pending, SsoLogin, Token

Ask = Callable[[Question], Any]


def sign_in(ui: Ui, ask: Ask, taken: Collection[str], make_login: Callable[[str, str], SsoLogin] | None = None) -> str:
    """The name of the profile that was written. Raises Back from any of the questions."""
    from geos.wizard.aws.sso import SsoLogin, remember

    start_url = ask(_START)
    region = ask(_REGION)
    login = (make_login or SsoLogin)(start_url, region)
    with ui.waiting("asking for a login code"):
        pending = login.begin()
    ui.say(f"  Open this page, sign in, and confirm the code {pending.code}:\n    {pending.url}")
    with ui.waiting("waiting for the confirmation in the browser"):
        token = confirmed(login, pending)
    with ui.waiting("listing your accounts"):
        accounts = login.accounts(token)
    if not accounts:
        raise UsageError(
            "this login leads to no AWS account.", hint="ask the administrator of the organisation to assign you one"
        )
    account_id = ask(_which_account(accounts))
    role = ask(_which_role(login.roles(token, account_id)))
    name = ask(_profile_name(next((a.name for a in accounts if a.id == account_id), ""), role, taken))
    remember(login, token, name, account_id, role, ask(_DEFAULT_REGION))
    return str(name)


def confirmed(login: SsoLogin, pending: Pending) -> Token:
    """Look until somebody confirmed the code. Raises SsoLoggedOut when nobody did in time."""
    token = until(
        lambda: login.look(pending),
        at_most_seconds=pending.at_most_seconds,
        first_seconds=pending.every_seconds,
        longest_seconds=pending.every_seconds + 10.0,  # AWS wants 5 s more each time it says "slow down"
        factor=1.3,
    )
    if token is None:
        raise SsoLoggedOut("the login was not confirmed in time.", hint="choose SSO login again for a new code")
    return token


def _like_a_page(text: str) -> str:
    return (
        "" if re.fullmatch(r"https?://[^\s/]+(/\S*)?", text) else "an address such as https://my-org.awsapps.com/start"
    )


_START = Question(
    "sso_start_url",
    "Address of the login page",
    "The AWS access portal of your organisation. It ends in .awsapps.com/start; your administrator knows it.",
    check=_like_a_page,
)
_REGION = Question(
    "sso_region",
    "Region of the login",
    "Where the organisation's Identity Center lives, which need not be where you work. The portal shows it.",
    default="us-east-1",
    check=lambda text: "" if re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", text) else "a region such as us-east-1",
)
_DEFAULT_REGION = Question(
    "default_region", "Usual region of the profile", "Where commands without --region go.", default="us-east-1"
)


def _which_account(accounts: Collection[Any]) -> Question:
    options = tuple(Option(a.id, (a.name or a.id, a.id, a.email)) for a in accounts)
    help_text = "Accounts that this login may enter."
    return Question("account", "Which account?", help_text, "choice", options, ("account", "id", "e-mail"))


def _which_role(roles: Collection[str]) -> Question:
    options = tuple(Option(role, (role,)) for role in roles)
    return Question("role", "Which role?", "It decides what you may do there.", "choice", options, ("role",))


def _profile_name(account: str, role: str, taken: Collection[str]) -> Question:
    name = re.sub(r"[^A-Za-z0-9]+", "-", f"{account}-{role}").strip("-").lower() or "sso"
    default = name if name not in taken else f"{name}-2"
    return Question(
        "profile",
        "Name of the profile to write",
        "A new name; a profile that is there already is never replaced.",
        default=default,
        check=lambda text: _name_fault(text, taken),
    )


def _name_fault(text: str, taken: Collection[str]) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", text):
        return "letters, digits, points and hyphens were expected"
    return f"there is a profile {text} already; choose another name" if text in taken else ""
