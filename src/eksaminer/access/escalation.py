"""Dated data: the actions by which an identity gives itself, or takes, the permissions of others.

Each entry is one known way. An action on a role, user or policy counts only where it reaches one that nobody named
(or the role itself): whoever may change one role of many is no administrator for it.
"""

from collections.abc import Mapping
from types import MappingProxyType

from eksaminer.record import Record

ESCALATIONS_READ = "2026-11-23"
ESCALATIONS_SOURCE = (
    "https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/",
    "https://pathfinding.cloud/",
)

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

    @property
    def shown(self) -> str:
        """The actions as a sentence names them."""
        return " with ".join(self.actions)


_ALONE = (
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
    "sts:AssumeRole",
)
_WITH_A_ROLE = (
    ("apprunner:CreateService",),
    ("cloudformation:CreateStack",),
    ("codebuild:CreateProject", "codebuild:StartBuild"),
    ("datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition"),
    ("ec2:RunInstances",),
    ("ecs:RegisterTaskDefinition", "ecs:CreateService"),
    ("ecs:RegisterTaskDefinition", "ecs:RunTask"),
    ("eks:CreatePodIdentityAssociation",),
    ("glue:CreateDevEndpoint",),
    ("glue:CreateJob", "glue:StartJobRun"),
    ("lambda:CreateFunction", "lambda:AddPermission"),
    ("lambda:CreateFunction", "lambda:CreateEventSourceMapping"),
    ("lambda:CreateFunction", "lambda:InvokeFunction"),
    ("sagemaker:CreateNotebookInstance",),
    ("sagemaker:CreateProcessingJob",),
    ("sagemaker:CreateTrainingJob",),
)
"""What runs code with a role that was passed to it."""

ESCALATIONS: tuple[Escalation, ...] = (
    *(Escalation(actions=(action,)) for action in _ALONE),
    *(Escalation(actions=("iam:PassRole", *actions)) for actions in _WITH_A_ROLE),
    Escalation(actions=("eks:CreateAccessEntry", "eks:AssociateAccessPolicy")),
)
