"""What `explain CODE` says: cause, cure and an example for every code.

Kept apart from errors.py, because these words are needed once in a hundred runs.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Explanation:
    title: str
    cause: str
    cure: str
    example: str = ""


EXPLANATIONS: dict[str, Explanation] = {
    # --- access ------------------------------------------------------------------------------
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
    # --- quotas ------------------------------------------------------------------------------
    "GEOS-Q001": Explanation(
        "A quota is too small",
        "AWS limits what an account may use; a new one starts with 5 vCPUs. The plan needs more than is free.",
        "Request the increase, use the starter preset, or take a region that has room.",
        "geos-setup quotas --request\ngeos-setup quotas --regions all",
    ),
    "GEOS-Q002": Explanation(
        "A quota could not be read",
        "Nothing is known to be short, but at least one quota gave no answer; unknown is not a yes.",
        "Ask for the permission named in the row, then check again.",
        "geos-setup quotas -v",
    ),
    "GEOS-Q003": Explanation(
        "The increase was not accepted",
        "One request for this quota is open already, or the account has reached the number of open requests.",
        "Wait for the open request; geos shows its state.",
        "geos-setup quotas",
    ),
    # --- templates, answers, targets ---------------------------------------------------------
    "GEOS-T001": Explanation(
        "These words cannot be carried out",
        "An unknown verb or flag, or two that exclude each other.",
        "See the help of the command.",
        "geos-setup --help",
    ),
    "GEOS-T002": Explanation(
        "An answer is not acceptable",
        "A key or value in geos.yaml, an answers file, the environment or a flag is not one that geos takes.",
        "Correct the lines named; the message shows what is allowed. Nothing was created.",
        "geos-setup config show",
    ),
    "GEOS-T003": Explanation(
        "An answer is missing",
        "geos may not ask (no terminal, or --yes) and these questions have no default.",
        "Give the flags named in the message, or an answers file.",
        "geos-setup --answers examples/geos-chem-classic.yaml --yes",
    ),
    "GEOS-T004": Explanation(
        "No such system",
        "The name is not one of the systems that geos sets up, nor a folder with a system.yaml.",
        "Take one of the names in the message.",
        "geos-setup plan --system geos-chem",
    ),
    "GEOS-T005": Explanation(
        "A system's folder is faulty",
        "Its system.yaml or a file that it names is not as the format wants it.",
        "Correct the line named; templates/system.schema.json describes the format.",
    ),
    "GEOS-T006": Explanation(
        "A template does not render",
        "A template uses a name that nothing defines, or its text is not JSON once filled in.",
        "For a system of your own: correct the template at the line named. For a shipped one: report it, please.",
    ),
    "GEOS-T007": Explanation(
        "A template breaks a rule",
        "The rendered template would deploy and then fail, cost money for nothing or be unsafe.",
        "The message names rule, resource and cure.",
        "geos-setup plan",
    ),
    "GEOS-T008": Explanation(
        "Not a readable template",
        "The file is not CloudFormation in JSON or YAML, or refers to names that it does not define.",
        "Correct the place named.",
        "geos-setup check --template stack.yaml",
    ),
    "GEOS-T009": Explanation(
        "Another account than last time",
        "The local record of this deployment was made with another account, region or endpoint.",
        "Use the profile and region of the record, or another --deployment; give --sandbox both times or never.",
        "geos-setup status --deployment geos-chem-dev",
    ),
    "GEOS-T010": Explanation(
        "Which deployment?",
        "More than one could be meant.",
        "Name one of those listed.",
        "geos-setup status --deployment geos-chem-dev",
    ),
    "GEOS-T011": Explanation(
        "No such deployment",
        "Neither ./geos-out nor the account's tags know it.",
        "See what there is, or deploy it first.",
        "geos-setup status",
    ),
    "GEOS-T012": Explanation(
        "A record is damaged",
        "A file in geos-out was cut off or edited and cannot be read as what it was.",
        "Move it away; geos finds the deployment by its tags in the account.",
        "mv geos-out/geos-chem-dev/deployment.json /elsewhere && geos-setup status",
    ),
    "GEOS-T013": Explanation(
        "Somebody has to agree",
        "The command would cost money or delete something, and there is no terminal to ask in.",
        "Add --yes if you mean it.",
        "geos-setup destroy --deployment geos-chem-dev --yes",
    ),
    # --- deployment --------------------------------------------------------------------------
    "GEOS-D000": Explanation(
        "A fault of geos",
        "Something happened that geos was not written for.",
        "Please report it with the log; nothing you did is wrong.",
    ),
    "GEOS-D001": Explanation(
        "Cancelled",
        "You pressed Ctrl-C or answered no.",
        "Answers are kept; the same command goes on where it stopped.",
        "geos-setup",
    ),
    "GEOS-D002": Explanation(
        "Another geos is at work",
        "A lock in the account says that somebody is changing this deployment. It ends by itself after 60 seconds "
        "without renewal.",
        "Wait, or take the lock if you know that its owner is gone.",
        "geos-setup deploy --break-lock",
    ),
    "GEOS-D003": Explanation(
        "A name is taken",
        "A resource of the plan has the name of something that this deployment did not make.",
        "Choose another project or environment name.",
        "geos-setup deploy --project geos-chem-ana",
    ),
    "GEOS-D004": Explanation(
        "Something is left",
        "After removing the stacks, resources with the deployment's tags still exist; the message lists them.",
        "Run destroy again; if one stays, remove it by the id shown.",
        "geos-setup destroy",
    ),
    "GEOS-D005": Explanation(
        "A local file could not be written",
        "The disk is full, or the folder is read-only.",
        "Make room, then repeat the command. What AWS holds is as the last screen said.",
    ),
    "GEOS-D006": Explanation(
        "Validation failed",
        "A deployed resource differs from what the plan says.",
        "Deploy again to put it right, or look into the finding.",
        "geos-setup deploy && geos-setup validate",
    ),
    "GEOS-D007": Explanation(
        "CloudFormation is still busy",
        "An operation on the stack has not ended.",
        "Wait; the same command takes up where it stands.",
        "geos-setup status",
    ),
    "GEOS-D008": Explanation(
        "A stack is stuck",
        "CloudFormation could neither finish nor go back.",
        "Destroy the deployment, or repair the resource named in the message.",
        "geos-setup destroy",
    ),
    "GEOS-D009": Explanation(
        "The plan has changed",
        "What would be done now is not what was shown.",
        "Look at the new plan and agree again.",
        "geos-setup deploy",
    ),
    "GEOS-D010": Explanation(
        "Over budget",
        "The estimate passes budget_monthly_usd.",
        "Raise the budget, or make the plan smaller: fewer runs, Spot, fewer vCPUs.",
        "geos-setup estimate --budget-monthly-usd 300",
    ),
    "GEOS-D100": Explanation(
        "The deployment failed",
        "CloudFormation reported a reason that geos has no better words for.",
        "The reason is AWS's own; what was half made has been removed.",
        "geos-setup deploy",
    ),
    "GEOS-D101": Explanation(
        "A service quota is used up",
        "The account may not have any more of this in the region.",
        "geos-setup quotas --request files the increase; or remove what is no longer used, then: geos-setup deploy.",
        "geos-setup quotas --request",
    ),
    "GEOS-D102": Explanation(
        "No VPC is left in the quota",
        "The account has as many VPCs in the region as it may (5 unless it was raised).",
        "geos-setup deploy --vpc-mode existing uses a VPC you have; or geos-setup quotas --request asks for more.",
        "geos-setup deploy --vpc-mode existing",
    ),
    "GEOS-D103": Explanation(
        "No Elastic IP address is left in the quota",
        "Each NAT gateway needs one, and the account has used up those it may have in the region.",
        "geos-setup deploy --nat-mode none needs none; or geos-setup quotas --request asks for more.",
        "geos-setup deploy --nat-mode none",
    ),
    "GEOS-D104": Explanation(
        "The name is taken in this account",
        "Something of that name exists already and does not belong to this stack.",
        "Delete or rename what is there, or choose another --environment, then: geos-setup deploy.",
        "geos-setup deploy --environment staging",
    ),
    "GEOS-D105": Explanation(
        "The bucket's name belongs to somebody else",
        "Bucket names are unique over all accounts of AWS.",
        "Choose another --environment (it is part of the name), then: geos-setup deploy.",
        "geos-setup deploy --environment staging",
    ),
    "GEOS-D106": Explanation(
        "AWS did not permit it",
        "The identity that deploys lacks a permission, or a policy of the organization forbids it.",
        "geos-setup check prints the missing permissions as a policy and as a letter to an administrator.",
        "geos-setup check",
    ),
    "GEOS-D107": Explanation(
        "The region or zone does not offer it",
        "This type is not sold in the region, or not in the zone that was chosen.",
        "Choose another instance type or another --region; the check tells what is offered. Then deploy again.",
        "geos-setup check --region us-east-1",
    ),
    "GEOS-D108": Explanation(
        "The machine image is not there",
        "The image id is of another region, was withdrawn, or is for another architecture.",
        "Leave the image to geos (remove the answer that names it), then: geos-setup deploy.",
        "geos-setup config show",
    ),
    "GEOS-D109": Explanation(
        "The key's policy names a role that AWS does not see yet",
        "A new service-linked role takes some seconds to be known everywhere, or it is missing.",
        "Run geos-setup deploy again; it makes the roles that the key policy names first.",
        "geos-setup deploy",
    ),
    "GEOS-D110": Explanation(
        "AWS has no such machine free right now",
        "Capacity of this type is used up in the zone at the moment; it is not a quota.",
        "Try again later, or choose more instance types and deploy again.",
        "geos-setup deploy",
    ),
    "GEOS-D111": Explanation(
        "AWS refused too many calls",
        "Something else in this account is calling the same service a lot.",
        "Wait a minute, then: geos-setup deploy.",
        "geos-setup deploy",
    ),
    "GEOS-D112": Explanation(
        "The account is not ready for this service",
        "The service must be switched on first, or AWS is still checking the new account.",
        "Sign in to the console once and open the service; new accounts can take up to a day, then: geos-setup deploy.",
        "geos-setup check",
    ),
    "GEOS-D113": Explanation(
        "Something still uses it",
        "AWS does not remove what other things depend on, and those were not made by this stack.",
        "Remove what uses it (the reason names it), then: geos-setup destroy.",
        "geos-setup destroy",
    ),
    "GEOS-D114": Explanation(
        "It still holds data",
        "AWS does not remove a bucket or a repository that is not empty.",
        "geos-setup destroy empties it first; geos-setup destroy --keep-data keeps it.",
        "geos-setup destroy --keep-data",
    ),
    "GEOS-D115": Explanation(
        "The free plan does not allow it",
        "An account on the free plan may start only the instance types marked for it; no quota increase helps.",
        "Move the account to the paid plan in the console (Billing, Account plan), then: geos-setup deploy.",
        "geos-setup check",
    ),
    "GEOS-D116": Explanation(
        "The compute environment is INVALID",
        "Batch tried to use it and failed; the reason names the role, network or instance type it stumbled over.",
        "geos-setup validate reads the reason back; correct what it names, then: geos-setup deploy.",
        "geos-setup validate",
    ),
    "GEOS-D117": Explanation(
        "It took too long",
        "The resource did not become ready in the time that CloudFormation waits.",
        "geos-setup deploy tries again; if it stays, look at the resource in the console.",
        "geos-setup deploy",
    ),
    "GEOS-D118": Explanation(
        "Something it needs is not there",
        "It refers to a thing that does not exist or was removed by hand.",
        "The drift shows what was removed by hand. Put it back, or destroy the deployment and deploy it anew.",
        "geos-setup status --drift",
    ),
    "GEOS-D119": Explanation(
        "AWS had a fault of its own",
        "The service answered with an internal error.",
        "Wait a minute, then: geos-setup deploy.",
        "geos-setup deploy",
    ),
    "GEOS-D120": Explanation(
        "A value is not allowed",
        "The service refuses a value of this resource.",
        "Change the answer that the reason names; config show prints where each came from. Then deploy again.",
        "geos-setup config show",
    ),
    "GEOS-D121": Explanation(
        "The service-linked role is missing or could not be made",
        "The service acts through a role of its own, and the identity may not create it.",
        "Ask for iam:CreateServiceLinkedRole (geos-setup check prints it), then: geos-setup deploy.",
        "geos-setup check",
    ),
    # --- sandbox -----------------------------------------------------------------------------
    "GEOS-S001": Explanation(
        "The sandbox is not installed",
        "The simulated account needs the extra packages of geos[sandbox].",
        "Install them into the environment that geos runs in.",
        'pip install "geos[sandbox]"',
    ),
    "GEOS-S002": Explanation(
        "The sandbox is not running",
        "It was stopped, or stopped itself after an idle hour; what it held is gone.",
        "Start it again.",
        "geos-setup sandbox start",
    ),
    "GEOS-S003": Explanation(
        "The sandbox did not start",
        "The simulated account's process ended or gave no answer in time.",
        "Its log stands beside geos's own logs.",
        "geos-setup sandbox start",
    ),
}
