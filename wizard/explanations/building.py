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
    "GEOS-B006": Explanation(
        "The folder cannot be sent",
        "Something in --context is no file, link or folder, cannot be read, or its .dockerignore has a faulty line.",
        "Leave it out with a line in .dockerignore, or mend what the message names.",
        "echo run/socket >> .dockerignore",
    ),
    "GEOS-B005": Explanation(
        "The build host refuses the login",
        "The machine answers, but not to this user with this key.",
        "For a machine of your own: check the user in --host and that your key is among its authorized keys.",
        "geos-build --arch arm64 --host ssh://rocky@203.0.113.7 --host-key host.pub",
    ),
    "GEOS-B007": Explanation(
        "AWS's program for sessions is missing",
        "A host without an open port is reached through Session Manager, and its bytes are carried by a program that "
        "AWS publishes, the session-manager-plugin, version 1.2.764.0 (November 2025) or later.",
        "Install it as AWS's page for your system says, or come in by SSH, which needs nothing more. Nothing was "
        "created.",
        "session-manager-plugin --version",
    ),
    # --- the host itself -------------------------------------------------------------------
    "GEOS-B020": Explanation(
        "No machine image to start from",
        "Hosts start from the newest Rocky Linux 9 image of the Rocky project (owner 792107900819), which GovCloud and "
        "China do not have; or the image named with --ami is not there, or is for the other architecture.",
        "Name an image of Enterprise Linux 9 that fits the architecture and that this account may use.",
        "geos-build --arch arm64 --ami ami-0123456789abcdef0",
    ),
    "GEOS-B021": Explanation(
        "No network for a host",
        "A host needs a subnet that leads to the internet. This region has neither a default VPC nor one of geos's.",
        "Make the default VPC again, which costs nothing, or deploy a system, whose VPC is then used.",
        "aws ec2 create-default-vpc",
    ),
    "GEOS-B022": Explanation(
        "Your public address is not known",
        "The host is open to the address you come from alone, which checkip.amazonaws.com tells. It did not answer, or "
        "not with a public address.",
        "Say yourself who may reach the host, or go in through Session Manager, which opens nothing.",
        "geos-build --arch arm64 --admin-cidr 203.0.113.7/32",
    ),
    "GEOS-B023": Explanation(
        "No machine is free",
        "AWS had none of the wanted types free in any zone of the region, neither as Spot nor On-Demand where both "
        "were tried. This passes, often within the hour.",
        "Try again later, name other types, or another region.",
        "geos-build --arch arm64 --instance-type c7g.2xlarge,m7g.2xlarge,c6g.2xlarge",
    ),
    "GEOS-B024": Explanation(
        "The vCPU limit leaves no room for a host",
        "New accounts may run 5 vCPUs at a time; a host takes 2 to 16, and what runs already counts.",
        "Stop what runs, build one architecture at a time, or ask for an increase; AWS answers within days.",
        "geos-setup quotas",
    ),
    "GEOS-B025": Explanation(
        "AWS does not launch this for you",
        "The account is on the Free plan (which allows a few small types), is not verified yet, or has not accepted "
        "the terms of a Marketplace image.",
        "The message says which. A new account is verified within hours; the plan is changed on the billing pages.",
        "geos-build --arch x86_64 --instance-type m7i-flex.large",
    ),
    "GEOS-B026": Explanation(
        "The host ended early",
        "It was reclaimed as a Spot machine, switched itself off at its time limit, or somebody terminated it.",
        "Build again, On-Demand or with a longer limit; nothing is left of the old host.",
        "geos-build --arch arm64 --time-limit 4h",
    ),
    "GEOS-B027": Explanation(
        "The host could not be prepared",
        "A step of its boot failed, mostly the installation of the container engine: a mirror that did not answer. It "
        "was tried four times.",
        "The last lines are shown with the error. Build again later, or from an image that has the engine.",
        "geos-build logs b-7f3a",
    ),
    "GEOS-B028": Explanation(
        "The host was not ready in time",
        "It started, but did not say within ten minutes that it is prepared.",
        "Build again; if that repeats, look at what it wrote to its console.",
        "aws ec2 get-console-output --instance-id i-0123456789abcdef0 --latest",
    ),
    "GEOS-B029": Explanation(
        "This instance type cannot be the host",
        "It does not exist, is not sold in the region, or has the other architecture: images are built natively.",
        "Leave --instance-type away to get the usual type, or name one that fits.",
        "geos-build --arch arm64 --instance-type c7g.2xlarge",
    ),
    "GEOS-B030": Explanation(
        "Something is left",
        "A thing that the build made could not be removed yet; mostly a security group, which AWS holds for as long as "
        "the machine takes to end. It costs nothing, or the message says what.",
        "Clean up in a few minutes; it is found by its tags.",
        "geos-build clean",
    ),
    "GEOS-B031": Explanation(
        "Not a range that may be let in",
        "A range of addresses is written like 203.0.113.7/32. The whole internet is never let in.",
        "Give the address or the narrow range you come from.",
        "geos-build --arch arm64 --admin-cidr 203.0.113.0/29",
    ),
    "GEOS-B032": Explanation(
        "No instance profile for Session Manager",
        "A host that is reached through Session Manager needs a role that lets its agent speak to AWS. A deployment "
        "has one for its build hosts; this account has no deployment of that name.",
        "Deploy first, or come in by SSH, which needs no role at all.",
        "geos-build --arch arm64 --transport ssh",
    ),
    # --- images and registry -----------------------------------------------------------------
    "GEOS-B050": Explanation(
        "No registry takes this name",
        "Tags hold letters, digits, dots, dashes and underscores (128 at most); names of repositories in ECR are in "
        "small letters, with single dots, dashes, underscores or slashes between.",
        "Give another name.",
        "geos-build --arch arm64 --tag 14.7.1-mine --repository geos-chem",
    ),
    "GEOS-B051": Explanation(
        "No container engine answers on the build host",
        "Docker is not installed there, its daemon does not run, or the user may not talk to it.",
        "On a machine of your own: start it (sudo systemctl start docker) and add the user to the group docker, then "
        "log in anew. On a host that geos launched this is a fault of its set-up: read the log.",
        "geos-build logs b-7f3a",
    ),
    "GEOS-B052": Explanation(
        "The image could not be built",
        "A step of the Dockerfile ended with an error. Its last lines stand with the error, all of them in the log.",
        "Mend the step that failed; --keep-host leaves the machine for a look around.",
        "geos-build --context . --keep-host",
    ),
    "GEOS-B053": Explanation(
        "The build host's disk is full",
        "Layers, caches and the compiler's files did not fit. GEOS-Chem Classic needs about 20 GB, GCHP with its "
        "libraries about 60 GB.",
        "On a machine of your own: docker system prune. A host that geos launches has a disk sized for the model; for "
        "another project's context check what it copies.",
        "docker system df",
    ),
    "GEOS-B054": Explanation(
        "A public registry has served enough for now",
        "Docker Hub answers a limited number of anonymous pulls per address and six hours (HTTP 429); addresses of "
        "clouds are shared with strangers.",
        "Wait, or take the base image from a mirror or from a pull-through cache in ECR.",
        "geos-build --arch arm64",
    ),
    "GEOS-B055": Explanation(
        "A download failed during the build",
        "A name could not be resolved, or a server did not answer: packages, sources or the base image.",
        "Try again. If it stays: the subnet of the build host needs a way to the internet.",
        "geos-build logs b-7f3a",
    ),
    "GEOS-B056": Explanation(
        "The compiler ran out of memory",
        "Linux ended a compiler process. Some files of GEOS-Chem take several GB each while they are optimised.",
        "Take a host with more memory per core.",
        "geos-build --arch arm64 --instance-type r7g.2xlarge",
    ),
    "GEOS-B057": Explanation(
        "The image is for another kind of CPU",
        "arm64 images run on Graviton, x86_64 images on Intel and AMD. A base image that exists for one of them only, "
        "or a program copied from another machine, leads here.",
        "Use a base image that exists for the architecture, and build natively.",
        "geos-build --arch arm64",
    ),
    "GEOS-B058": Explanation(
        "The base image is not there",
        "The name behind FROM is misspelt, the tag was removed, or the registry wants a login.",
        "Check the name; for a private base image log in on the build host yourself and use --host.",
        "docker manifest inspect rockylinux/rockylinux:9",
    ),
    "GEOS-B059": Explanation(
        "The image was built and does not work",
        "Before any push the image is tried: its libraries must resolve, the model must start, and its architecture "
        "must be the one asked for. Nothing was pushed.",
        "Read which check said no; the log has its output.",
        "geos-build logs b-7f3a",
    ),
    "GEOS-B060": Explanation(
        "The registry did not take the image",
        "The push ended with an error that has no code of its own; the registry's words stand with it.",
        "Try the push again: layers that arrived are not sent twice.",
        "geos-build attach b-7f3a",
    ),
    "GEOS-B061": Explanation(
        "The registry refuses the token",
        "A token of ECR is good for twelve hours and for one account and region. It is sent to the build host through "
        "the connection, used, and forgotten.",
        "Check that your identity may ecr:GetAuthorizationToken, then try again: each try gets a new token.",
        "geos-build attach b-7f3a",
    ),
    "GEOS-B062": Explanation(
        "The tag names another image already",
        "Tags of versions never move, so that a run can be repeated with the very image it had. Only tags that end in "
        "-latest do. Pushing the same image again is no error; this one differs.",
        "Give the new image a tag of its own, or remove the old one if nobody needs it.",
        "geos-build --arch arm64 --tag 14.7.1-2",
    ),
    "GEOS-B063": Explanation(
        "The registry holds something else than was pushed",
        "After the push geos asks ECR what lies under the tag. Somebody else pushed at the same time, or what arrived "
        "was damaged.",
        "Build again with a tag of your own.",
        "geos-build images",
    ),
    "GEOS-B064": Explanation(
        "The common name for all architectures could not be given",
        "An index stands for one image of each architecture, and at least one of them is not in the repository. The "
        "images that were pushed stay and can be used by their own tags.",
        "Build the missing one; the index is written when all are there.",
        "geos-build --arch both",
    ),
    "GEOS-B065": Explanation(
        "The repository is not there",
        "It was removed while the build went on, or the token is for another region.",
        "Start the build again: it creates the repository.",
        "geos-build images",
    ),
    # --- what can be built -------------------------------------------------------------------
    "GEOS-B070": Explanation(
        "These do not go together",
        "GEOS-Chem cannot be built, or does not run, with that compiler, MPI, architecture or CPU; the error says why.",
        "Take the nearest pair that works, which the error names, or look at all of them.",
        "geos-build matrix --arch arm64 --model gchp",
    ),
    "GEOS-B071": Explanation(
        "A name that geos-build does not know",
        "The compiler, MPI, CPU or release was mistyped, or is newer than this geos.",
        "Choose one of those that the matrix lists.",
        "geos-build matrix",
    ),
    "GEOS-B072": Explanation(
        "The pinned base image cannot be used",
        "The file that names the image everything is built on was edited by hand, or is cut off.",
        "Mend the line that the error names; its form stands at the top of the file. A pin of your own, in "
        "~/.config/geos/base.pin, can be let go of.",
        "geos-build base --shipped",
    ),
    "GEOS-B073": Explanation(
        "The registry does not tell which image is meant now",
        "The pin of the base image is renewed by asking its registry which image the tag names. There was no network, "
        "the registry has had too many questions from this address, or it tells only who has logged in.",
        "Ask again later. Builds go on with the pin that there is; nothing was changed.",
        "geos-build base --refresh",
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
    "GEOS-B082": Explanation(
        "The build was not begun",
        "A permission is missing, or the account's quota leaves no room for the host. Nothing was created.",
        "Mend what the plan's screen marks with an exclamation mark; it prints the policy that is missing.",
        "geos-build --arch arm64 --plan",
    ),
    "GEOS-B083": Explanation(
        "There is no recipe for GEOS-Chem images",
        "This version of geos does not ship the Dockerfile and scripts that build GEOS-Chem itself.",
        "Build a Dockerfile of your own: geos-build --context sends the folder, builds, tests, pushes and cleans up.",
        "geos-build --arch arm64 --context ./my-image --repository geos-chem-dev",
    ),
}
