"""Every error of a build. What they have in common with all others stands in geos.wizard.errors.

Codes: B001 to B019 the way to the host, B020 to B049 the host itself, B050 to B069 images and registry,
B070 to B079 what can be built, from B080 on the build as a whole.
"""

from __future__ import annotations

from geos.wizard.errors import Exit, GeosError


class BuildError(GeosError):
    """A build did not come to its end; more exact codes say why."""

    code = "GEOS-B000"


class HostUnreachable(BuildError):
    """Nothing answers where the build host should be, or not in time."""

    exit = Exit.COULD_NOT_CHECK
    code = "GEOS-B001"


class HostKeyWrong(BuildError):
    """The machine that answers is not the one that was launched: its host key is another."""

    code = "GEOS-B002"


class HostLost(BuildError):
    """The connection ended before a command's status came; what runs detached goes on."""

    code = "GEOS-B003"


class CommandFailed(BuildError):
    """A command on the build host ended badly."""

    code = "GEOS-B004"


class LoginRefused(BuildError):
    """The build host answers and does not accept the key or the user."""

    exit = Exit.COULD_NOT_CHECK
    code = "GEOS-B005"


# --- the build as a whole --------------------------------------------------------------------


class BadBuildRecord(BuildError):
    """A build's record on this machine that was cut off or edited by hand."""

    exit = Exit.USAGE
    code = "GEOS-B080"


class NoSuchBuild(BuildError):
    """No build of that id is known here or in the account."""

    exit = Exit.USAGE
    code = "GEOS-B081"
