"""What `explain CODE` says of AWS could not be asked, or refused (GEOS-A…)."""

from __future__ import annotations

from geos.wizard.explanations.explanation import Explanation

EXPLANATIONS: dict[str, Explanation] = {
    "GEOS-A000": Explanation(
        "AWS could not be asked",
        "A call to AWS failed before an answer came, for a reason that has no code of its own.",
        "Look into the log named with the error; it holds every call with its request id.",
        "geos-setup check --debug",
    ),
    "GEOS-A001": Explanation(
        "No credentials",
        "Nothing says who you are: no profile in ~/.aws, no keys in the environment, no role of a machine.",
        "Start the guided set-up; it offers four ways in. Or try everything in a simulated account first.",
        "geos-setup            (asks)\ngeos-setup --sandbox  (needs no account)",
    ),
    "GEOS-A002": Explanation(
        "The session is over",
        "Temporary credentials carry an end; this one has passed.",
        "Sign in again the way you did before: aws sso login, a new assume-role, or new keys.",
        "aws sso login --profile science",
    ),
    "GEOS-A003": Explanation(
        "AWS does not accept this key",
        "The access key id is unknown to AWS, was deactivated, or the secret key does not belong to it.",
        "Compare the key with the one in the console (IAM, your user, Security credentials), or make a new one.",
        "aws configure --profile science",
    ),
    "GEOS-A004": Explanation(
        "Signed out of IAM Identity Center",
        "The profile signs in through your organisation's portal and that login is over.",
        "Sign in again; the browser opens and asks you to confirm a code.",
        "aws sso login --profile science",
    ),
    "GEOS-A005": Explanation(
        "A one-time code is needed",
        "The profile takes on a role that asks for the code of your MFA device.",
        "Run geos in a terminal, where it can ask for the code.",
        "geos-setup check --profile science",
    ),
    "GEOS-A006": Explanation(
        "The clock is wrong",
        "AWS signs every call with the time and refuses those more than some minutes off.",
        "Let the machine set its clock from the network.",
        "sudo timedatectl set-ntp true",
    ),
    "GEOS-A007": Explanation(
        "The region is not enabled",
        "Regions opened since March 2019 are off until an account switches them on.",
        "Enable it (minutes, sometimes hours) or take a region that is on by default.",
        "aws account enable-region --region-name eu-south-2\ngeos-setup check --region us-east-1",
    ),
    "GEOS-A008": Explanation(
        "Access denied",
        "AWS knows you, and your permissions do not include this action.",
        "Give your administrator the policy and the letter that the check writes.",
        "geos-setup check",
    ),
    "GEOS-A009": Explanation(
        "No answer from AWS",
        "The network, a proxy or the endpoint in AWS_ENDPOINT_URL stands in the way.",
        "Check that other pages load, that AWS_ENDPOINT_URL is what you mean, and the proxy settings.",
        "curl -sI https://sts.amazonaws.com",
    ),
    "GEOS-A010": Explanation(
        "Too many calls",
        "AWS limits calls per second and account; geos waited and was refused again.",
        "Wait a minute. Other programs on the same account may use up the allowance.",
        "geos-setup quotas",
    ),
    "GEOS-A011": Explanation(
        "The endpoint does not know this call",
        "A simulated account, or a region or partition without this service.",
        "With real AWS: choose another region. In the sandbox: this part is not simulated.",
        "geos-setup check --region us-east-1",
    ),
    "GEOS-A012": Explanation(
        "No such profile",
        "The name given with --profile or AWS_PROFILE is in neither ~/.aws/config nor ~/.aws/credentials.",
        "List the profiles, or make one.",
        "aws configure list-profiles",
    ),
    "GEOS-A013": Explanation(
        "AWS refused a call",
        "The message is AWS's own; geos has no better words for this case.",
        "Read the message; the log holds the request id, which AWS support asks for.",
    ),
    "GEOS-A014": Explanation(
        "It exists already",
        "Something with this name is there, made by someone else or by an earlier run.",
        "Choose another project or environment name, or remove the other thing.",
        "geos-setup deploy --environment staging",
    ),
    "GEOS-A015": Explanation(
        "It does not exist",
        "What geos asked for was removed, or never was in this region.",
        "Check --region and --deployment.",
        "geos-setup status",
    ),
}
