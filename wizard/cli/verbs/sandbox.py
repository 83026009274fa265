"""sandbox start|status|reset|stop|env: the simulated account, alive between commands."""

from __future__ import annotations

from geos.wizard.cli.context import Context
from geos.wizard.errors import Exit, SandboxNotRunning
from geos.wizard.sandbox import client


def run(context: Context) -> Exit:
    match context.flags.action:
        case "start":
            with context.ui.waiting("starting the simulated account"):
                found = client.start(context.flags.account)
            return _tell(context, found, "The sandbox is running")
        case "reset":
            with context.ui.waiting("emptying the simulated account"):
                client.reset(context.flags.account)
            found = _running()
            return _tell(context, found, "The sandbox is as new; everything in it is gone")
        case "stop":
            return _stop(context)
        case "env":
            from geos.wizard.ui.views.words import verbatim

            context.ui.show(verbatim("\n".join(client.env_exports(_running()))))
            return Exit.OK
        case _:
            return _status(context)


def _running() -> client.Sandbox:
    found = client.status()
    if found is None:
        raise SandboxNotRunning("the sandbox is not running.", hint="geos-setup sandbox start")
    return found


def _tell(context: Context, found: client.Sandbox, sentence: str) -> Exit:
    if context.json:
        context.ui.data({"running": True, **found.to_json()})
        return Exit.OK
    kind = "a brand-new account" if found.account_kind == "new" else "an account that has been in use"
    context.ui.show(
        f"{sentence}: {kind}, {found.account}, at {found.endpoint}.\n"
        "It is simulated: nothing costs anything, its state is in memory, and it stops after an idle hour.\n\n"
        "  next  geos-setup --sandbox\n"
        '        eval "$(geos-setup sandbox env)"     lets the AWS CLI look in'
    )
    return Exit.OK


def _status(context: Context) -> Exit:
    found = client.status()
    if found is not None:
        other = "" if found.of_this_geos else ", started by another version of geos"
        return _tell(context, found, f"The sandbox is running{other}")
    if context.json:
        context.ui.data({"running": False})
    else:
        context.ui.show("The sandbox is not running.\n\n  next  geos-setup sandbox start")
    return Exit.OK


def _stop(context: Context) -> Exit:
    stopped = client.stop()
    if context.json:
        context.ui.data({"running": False, "stopped": stopped})
    elif stopped:
        context.ui.show("The sandbox has stopped. What was in it was in memory only, and is gone.")
    else:
        context.ui.show("The sandbox was not running.")
    return Exit.OK
