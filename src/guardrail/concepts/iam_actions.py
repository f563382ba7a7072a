"""Actions of AWS that rules speak of by name."""

from __future__ import annotations

ESCALATES: tuple[str, ...] = (
    # Who may do one of these to any policy, user or role can give itself the rights of all of them.
    "iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy",
    "iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:CreatePolicyVersion", "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary", "iam:PassRole", "iam:PutGroupPolicy", "iam:PutRolePolicy",
    "iam:PutUserPolicy", "iam:SetDefaultPolicyVersion", "iam:UpdateAssumeRolePolicy", "iam:UpdateLoginProfile",
    "sts:AssumeRole", "sso:AttachManagedPolicyToPermissionSet", "sso:PutInlinePolicyToPermissionSet",
    # Puts code of one's own where it runs with the rights of another.
    "lambda:UpdateFunctionCode", "glue:UpdateDevEndpoint",
)  # fmt: skip

ACTS_ON_DATA: tuple[str, ...] = (
    # Reads secrets or data, and can be limited to resources. What writes is among `aws_actions`.
    "secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "ssm:GetParameter", "ssm:GetParameters",
    "ssm:GetParametersByPath", "kms:Decrypt", "s3:GetObject", "s3:GetObjectVersion", "dynamodb:GetItem",
    "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:ExportTableToPointInTime",
    "rds-data:ExecuteStatement", "sqs:ReceiveMessage", "kinesis:GetRecords", "ebs:GetSnapshotBlock",
)  # fmt: skip

GIVES_CREDENTIALS: tuple[str, ...] = (
    # Answers with a password, a key or a token of somebody.
    "airflow:CreateCliToken", "airflow:CreateWebLoginToken", "appsync:CreateApiKey", "chime:CreateApiKey",
    "cloud9:CreateEnvironmentToken", "codeartifact:GetAuthorizationToken", "codepipeline:PollForJobs",
    "cognito-identity:GetCredentialsForIdentity",
    "cognito-identity:GetOpenIdToken", "cognito-identity:GetOpenIdTokenForDeveloperIdentity",
    "connect:GetFederationToken", "connect:GetFederationTokens", "ec2:GetPasswordData",
    "emr-containers:GetManagedEndpointSessionCredentials", "finspace-api:GetProgrammaticAccessCredentials",
    "gamelift:GetInstanceAccess", "gamelift:RequestUploadCredentials", "grafana:CreateWorkspaceApiKey",
    "iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:CreateServiceSpecificCredential",
    "iam:ResetServiceSpecificCredential", "iam:UpdateAccessKey", "lightsail:CreateBucketAccessKey",
    "lightsail:DownloadDefaultKeyPair", "lightsail:GetBucketAccessKeys", "lightsail:GetInstanceAccessDetails",
    "lightsail:GetRelationalDatabaseMasterUserPassword", "mediapackage:RotateChannelCredentials",
    "mediapackage:RotateIngestEndpointCredentials", "rds-db:connect", "redshift-serverless:GetCredentials",
    "redshift:GetClusterCredentials", "redshift:GetClusterCredentialsWithIAM", "snowball:GetJobUnlockCode",
    "sso:GetRoleCredentials", "storagegateway:DescribeChapCredentials", "sts:AssumeRole", "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity", "sts:GetFederationToken", "sts:GetSessionToken",
)  # fmt: skip

BROAD_MANAGED = ("PowerUserAccess",)
"""Managed policies besides the ...FullAccess ones that give all actions of whole services."""

ESCALATING_MANAGED = ("IAMFullAccess",)
ALL_MANAGED = ("AdministratorAccess",)
BROAD_SUFFIXES = (*ALL_MANAGED, *BROAD_MANAGED, "FullAccess")
"""How the names of all managed policies end that give more than others."""
