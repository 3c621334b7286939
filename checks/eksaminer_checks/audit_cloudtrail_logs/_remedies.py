"""What cures a trust policy, whatever is wrong with it: one that names account and audience."""

TRUST_POLICY = {
    "terraform": """\
data "aws_iam_policy_document" "trust" {{
  statement {{
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {{
      type        = "Federated"
      identifiers = [{provider}]
    }}

    condition {{
      test     = "StringEquals"
      variable = {issuer_sub}
      values   = ["system:serviceaccount:NAMESPACE:SERVICE_ACCOUNT"]
    }}

    condition {{
      test     = "StringEquals"
      variable = {issuer_aud}
      values   = ["sts.amazonaws.com"]
    }}
  }}
}}

resource "aws_iam_role" "workload" {{
  name               = {name}
  assume_role_policy = data.aws_iam_policy_document.trust.json
}}""",
    "cloudformation": """\
Resources:
  WorkloadRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: {name}
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: sts:AssumeRoleWithWebIdentity
            Principal:
              Federated: {provider}
            Condition:
              StringEquals:
                {issuer_sub}: system:serviceaccount:NAMESPACE:SERVICE_ACCOUNT
                {issuer_aud}: sts.amazonaws.com""",
    "console": "IAM › Roles › {name} › Trust relationships › Edit trust policy › Update policy",
}
