"""What `explain CODE` says of builds (GEOS-B…)."""

from __future__ import annotations

from geos.wizard.explanations.explanation import Explanation

EXPLANATIONS: dict[str, Explanation] = {
    "GEOS-B000": Explanation(
        "The build did not come to its end",
        "A step of the build failed for a reason that has no code of its own.",
        "Read the last lines of the build's own log; nothing is left behind unless --keep-host was given.",
        "geos-build logs b-7f3a",
    ),
    "GEOS-B001": Explanation(
        "The build host does not answer",
        "Nothing listens at its address, a network in between drops the connection, or the machine is still starting.",
        "Check that your network lets SSH out, or go in through Session Manager.",
        "geos-build --arch arm64 --transport ssm",
    ),
    "GEOS-B002": Explanation(
        "Another machine answers",
        "The host key is not the one that was given to the build host. Somebody may be in between, or the address "
        "was given to another machine.",
        "Do not go on over this network. Clean up and start again; the next host has a new key.",
        "geos-build clean",
    ),
    "GEOS-B003": Explanation(
        "The connection was lost",
        "The line to the build host ended before a command had told how it went. The build itself goes on there.",
        "Take it up again; the log goes on where it stopped.",
        "geos-build attach b-7f3a",
    ),
    "GEOS-B004": Explanation(
        "A command on the build host failed",
        "It ended with an error; its last lines are shown with the error and stand in the build's log.",
        "Mend what the lines name, then build again.",
        "geos-build logs b-7f3a",
    ),
    "GEOS-B005": Explanation(
        "The build host refuses the login",
        "The machine answers, but not to this user with this key.",
        "For a machine of your own: check the user in --host and that your key is among its authorized keys.",
        "geos-build --arch arm64 --host ssh://rocky@203.0.113.7 --host-key host.pub",
    ),
    # --- the build as a whole ----------------------------------------------------------------
    "GEOS-B080": Explanation(
        "A build's record cannot be used",
        "The file below ~/.local/state/geos/builds was cut off (a full disk?) or edited by hand.",
        "Nothing depends on it alone: geos-build clean finds by its tags whatever that build left.",
        "geos-build clean --all",
    ),
    "GEOS-B081": Explanation(
        "No such build",
        "No record of that id lies on this machine, and nothing in the account carries it as a tag.",
        "List what there is.",
        "geos-build list",
    ),
}
