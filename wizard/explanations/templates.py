"""What `explain CODE` says of answers, templates, targets (GEOS-T…)."""

from __future__ import annotations

from geos.wizard.explanations.explanation import Explanation

EXPLANATIONS: dict[str, Explanation] = {
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
}
