"""What `explain CODE` says of deployments (GEOS-D…)."""

from __future__ import annotations

from geos.wizard.explanations.explanation import Explanation

EXPLANATIONS: dict[str, Explanation] = {
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
        "A resource of the plan has the name of something that this deployment did not make, or that an earlier "
        "destroy --keep-data left.",
        "Choose another project or environment name. What was kept can be removed, with all that it holds: "
        "geos-setup destroy --deployment NAME.",
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
        "The plan cannot work there",
        "The region lacks a service or a kind of resource that the plan needs, whatever anybody agrees to.",
        "Choose another region; check tells what each lacks.",
        "geos-setup check --regions all",
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
}
