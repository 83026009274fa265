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


class BadContext(BuildError):
    """The folder that shall be built cannot be read or sent as it is."""

    exit = Exit.USAGE
    code = "GEOS-B006"


class LoginRefused(BuildError):
    """The build host answers and does not accept the key or the user."""

    exit = Exit.COULD_NOT_CHECK
    code = "GEOS-B005"


class PluginMissing(BuildError):
    """Session Manager needs a program of AWS's on this machine, which is missing or too old."""

    exit = Exit.USAGE
    code = "GEOS-B007"


# --- the host itself -------------------------------------------------------------------------


class NoMachineImage(BuildError):
    """There is no machine image to launch the host from, or not for its architecture."""

    exit = Exit.USAGE
    code = "GEOS-B020"


class NoPlaceForHost(BuildError):
    """The region has no network in which a host could be launched."""

    exit = Exit.SAID_NO
    code = "GEOS-B021"


class CallerUnknown(BuildError):
    """The public address of this machine could not be told, so nobody can be let in."""

    exit = Exit.COULD_NOT_CHECK
    code = "GEOS-B022"


class NoCapacity(BuildError):
    """AWS has none of the wanted machines free anywhere in the region."""

    exit = Exit.SAID_NO
    code = "GEOS-B023"


class HostQuotaShort(BuildError):
    """The account's limit on vCPUs leaves no room for a host."""

    exit = Exit.SAID_NO
    code = "GEOS-B024"


class LaunchRefused(BuildError):
    """AWS does not let this account launch that machine."""

    code = "GEOS-B025"


class HostGone(BuildError):
    """The host ended before the build did."""

    code = "GEOS-B026"


class BootFailed(BuildError):
    """The host started, and a step of its preparation failed."""

    code = "GEOS-B027"


class BootLate(BuildError):
    """The host started, and was not prepared in time."""

    code = "GEOS-B028"


class HostTypeWrong(BuildError):
    """An instance type that does not exist, is not sold in the region, or is of another architecture."""

    exit = Exit.USAGE
    code = "GEOS-B029"


class StillThere(BuildError):
    """Something that a build made could not be removed yet."""

    code = "GEOS-B030"


class BadAddressRange(BuildError):
    """Not a range of addresses that may be let in."""

    exit = Exit.USAGE
    code = "GEOS-B031"


class NoHostProfile(BuildError):
    """Session Manager needs an instance profile, and there is none for build hosts."""

    exit = Exit.USAGE
    code = "GEOS-B032"


# --- images and registry ---------------------------------------------------------------------


class BadImageName(BuildError):
    """A tag or repository name that no registry takes."""

    exit = Exit.USAGE
    code = "GEOS-B050"


class EngineUnusable(BuildError):
    """The build host has no container engine that answers."""

    exit = Exit.COULD_NOT_CHECK
    code = "GEOS-B051"


class ImageBuildFailed(BuildError):
    """A step of the Dockerfile ended badly; a more exact code says why where that can be told."""

    code = "GEOS-B052"


class NoSpaceLeft(ImageBuildFailed):
    """The build host's disk is full."""

    code = "GEOS-B053"


class PullLimitReached(ImageBuildFailed):
    """A public registry serves no more images to this address for now."""

    code = "GEOS-B054"


class DownloadFailed(ImageBuildFailed):
    """Something the image needs could not be fetched over the network."""

    code = "GEOS-B055"


class OutOfMemory(ImageBuildFailed):
    """The build host's memory did not suffice for the compiler."""

    code = "GEOS-B056"


class WrongArchitecture(BuildError):
    """An image, or a program in it, is for another kind of CPU."""

    code = "GEOS-B057"


class BaseImageMissing(ImageBuildFailed):
    """The image that the Dockerfile starts from is not there, or not for everybody."""

    code = "GEOS-B058"


class SmokeTestFailed(BuildError):
    """The image was built and does not work; nothing was pushed."""

    exit = Exit.SAID_NO
    code = "GEOS-B059"


class PushFailed(BuildError):
    """The registry did not take the image; more exact codes say why."""

    code = "GEOS-B060"


class RegistryLoginRefused(PushFailed):
    """The registry does not accept the token, or not any more."""

    exit = Exit.COULD_NOT_CHECK
    code = "GEOS-B061"


class TagTaken(PushFailed):
    """The tag names another image already, and tags of versions never move."""

    code = "GEOS-B062"


class DigestDiffers(PushFailed):
    """The registry holds something else under the tag than what was pushed."""

    code = "GEOS-B063"


class IndexIncomplete(PushFailed):
    """Not every architecture's image is in the registry, so that no common name can be given."""

    code = "GEOS-B064"


class RepositoryMissing(PushFailed):
    """The repository is not there (any more)."""

    code = "GEOS-B065"


# --- what can be built -----------------------------------------------------------------------


class ImpossiblePair(BuildError):
    """Model, architecture, compiler and MPI that do not go together; nothing was launched."""

    exit = Exit.USAGE
    code = "GEOS-B070"


class UnknownChoice(BuildError):
    """A compiler, MPI, CPU or release that nobody knows."""

    exit = Exit.USAGE
    code = "GEOS-B071"


class BadBaseImage(BuildError):
    """The file that pins the base image cannot be used, or the name in it is none."""

    exit = Exit.USAGE
    code = "GEOS-B072"


class RegistryDoesNotTell(BuildError):
    """A registry could not be asked which image a tag names, or does not say so to everybody."""

    exit = Exit.COULD_NOT_CHECK
    code = "GEOS-B073"


# --- the build as a whole --------------------------------------------------------------------


class NoRecipe(BuildError):
    """This copy of geos cannot build GEOS-Chem's own images, only other folders."""

    exit = Exit.USAGE
    code = "GEOS-B083"


class BadBuildRecord(BuildError):
    """A build's record on this machine that was cut off or edited by hand."""

    exit = Exit.USAGE
    code = "GEOS-B080"


class NoSuchBuild(BuildError):
    """No build of that id is known here or in the account."""

    exit = Exit.USAGE
    code = "GEOS-B081"


class BuildStopped(BuildError):
    """Something that was looked at beforehand says no."""

    exit = Exit.SAID_NO
    code = "GEOS-B082"
