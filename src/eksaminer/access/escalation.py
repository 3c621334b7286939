"""Dated data: the actions by which an identity gives itself, or takes, the permissions of others.

Each entry is one known way, with the page that tells of it. An action on a role, user or policy counts only where it
reaches one that nobody named (or the role itself): whoever may change one role of many is no administrator for it.
Ways that need something which runs with a strong role already (a function, an instance, a stack) are left out: whether
there is any, no policy tells.
"""

from collections.abc import Mapping
from types import MappingProxyType

from eksaminer.record import Record

ESCALATIONS_READ = "2026-11-23"
ESCALATIONS_SOURCE = "https://pathfinding.cloud/"
"""The catalogue whose pages most entries name; it goes back to the list of Rhino Security Labs."""

NOBODY = "nobody-of-this-name"
"""The name of a resource that no policy means: what reaches it reaches all of its kind."""

REACHES: Mapping[str, str] = MappingProxyType(
    {
        "iam:addusertogroup": "group",
        "iam:attachgrouppolicy": "group",
        "iam:putgrouppolicy": "group",
        "iam:attachrolepolicy": "role",
        "iam:putrolepolicy": "role",
        "iam:updateassumerolepolicy": "role",
        "iam:passrole": "role",
        "iam:attachuserpolicy": "user",
        "iam:createaccesskey": "user",
        "iam:createloginprofile": "user",
        "iam:putuserpolicy": "user",
        "iam:updateloginprofile": "user",
        "iam:createpolicyversion": "policy",
        "iam:setdefaultpolicyversion": "policy",
        "sts:assumerole": "role",
    }
)
"""The kind of IAM resource that an action is asked about; of other actions, any resource that is allowed will do."""

ON_ITSELF = frozenset({"iam:attachrolepolicy", "iam:putrolepolicy"})
"""What a role may do to itself is as good as what it may do to all."""
ON_ITS_POLICIES = frozenset({"iam:createpolicyversion", "iam:setdefaultpolicyversion"})
"""What it may do to a policy that is attached to it, likewise."""


class Escalation(Record, frozen=True, kw_only=True):
    """A way to more permissions: the actions that it takes together."""

    actions: tuple[str, ...]
    source: str
    """The page that tells of it."""

    @property
    def shown(self) -> str:
        """The actions as a sentence names them."""
        return " with ".join(self.actions)


_ALONE = {
    "iam-001": "iam:CreatePolicyVersion",
    "iam-002": "iam:SetDefaultPolicyVersion",
    "iam-004": "iam:CreateAccessKey",
    "iam-005": "iam:CreateLoginProfile",
    "iam-006": "iam:UpdateLoginProfile",
    "iam-007": "iam:AttachUserPolicy",
    "iam-008": "iam:AttachGroupPolicy",
    "iam-009": "iam:AttachRolePolicy",
    "iam-010": "iam:PutUserPolicy",
    "iam-011": "iam:PutGroupPolicy",
    "iam-012": "iam:PutRolePolicy",
    "iam-013": "iam:AddUserToGroup",
    "iam-014": "iam:UpdateAssumeRolePolicy",
    "sts-001": "sts:AssumeRole",
}
"""By the page of the catalogue."""
_WITH_A_ROLE: Mapping[str, tuple[str, ...]] = {
    "apprunner-001": ("apprunner:CreateService",),
    "cloudformation-001": ("cloudformation:CreateStack",),
    "codebuild-001": ("codebuild:CreateProject", "codebuild:StartBuild"),
    "datapipeline-001": (
        "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition", "datapipeline:ActivatePipeline",
    ),
    "ec2-001": ("ec2:RunInstances",),
    "ec2-003": ("ec2:RequestSpotInstances",),
    "ecs-003": ("ecs:RegisterTaskDefinition", "ecs:CreateService"),
    "ecs-004": ("ecs:RegisterTaskDefinition", "ecs:RunTask"),
    "glue-001": ("glue:CreateDevEndpoint",),
    "glue-003": ("glue:CreateJob", "glue:StartJobRun"),
    "lambda-001": ("lambda:CreateFunction", "lambda:InvokeFunction"),
    "lambda-002": ("lambda:CreateFunction", "lambda:CreateEventSourceMapping"),
    "lambda-006": ("lambda:CreateFunction", "lambda:AddPermission"),
    "sagemaker-001": ("sagemaker:CreateNotebookInstance",),
    "sagemaker-002": ("sagemaker:CreateTrainingJob",),
    "sagemaker-003": ("sagemaker:CreateProcessingJob",),
}  # fmt: skip
"""What runs code with a role that was passed to it, by the page of the catalogue."""
_OF_EKS = (
    Escalation(
        actions=("iam:PassRole", "eks:CreatePodIdentityAssociation"),
        source="https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html",
    ),
    Escalation(
        actions=("eks:CreateAccessEntry", "eks:AssociateAccessPolicy"),
        source="https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html",
    ),
)
"""Whoever is administrator of a cluster acts as each of its service accounts."""


def _page(identifier: str) -> str:
    return f"{ESCALATIONS_SOURCE}paths/{identifier}"


ESCALATIONS: tuple[Escalation, ...] = (
    *(Escalation(actions=(action,), source=_page(place)) for place, action in _ALONE.items()),
    *(Escalation(actions=("iam:PassRole", *actions), source=_page(place)) for place, actions in _WITH_A_ROLE.items()),
    *_OF_EKS,
)
