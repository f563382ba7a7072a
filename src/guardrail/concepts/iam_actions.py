"""Actions of AWS that rules speak of by name."""

from __future__ import annotations

ESCALATES: tuple[str, ...] = (
    # Who may do one of these to any policy, user or role can give itself the rights of all of them.
    "iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy",
    "iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:CreatePolicyVersion", "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary", "iam:PassRole", "iam:PutGroupPolicy", "iam:PutRolePolicy",
    "iam:PutUserPolicy", "iam:SetDefaultPolicyVersion", "iam:UpdateAssumeRolePolicy", "iam:UpdateLoginProfile",
    "sts:AssumeRole", "sso:AttachManagedPolicyToPermissionSet", "sso:PutInlinePolicyToPermissionSet",
)  # fmt: skip

ACTS_ON_DATA: tuple[str, ...] = (
    # Reads secrets or data, or destroys data, and can be limited to resources.
    "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:DeleteSecret",
    "ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "kms:Decrypt", "kms:ScheduleKeyDeletion",
    "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject", "s3:DeleteBucket",
    "s3:PutBucketPolicy", "s3:PutBucketAcl", "s3:PutObjectAcl", "dynamodb:GetItem", "dynamodb:BatchGetItem",
    "dynamodb:Query", "dynamodb:Scan", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
    "dynamodb:DeleteTable", "dynamodb:ExportTableToPointInTime", "rds:CopyDBSnapshot", "rds:DeleteDBInstance",
    "rds:DeleteDBCluster", "rds:ModifyDBSnapshotAttribute", "rds-data:ExecuteStatement", "rds-db:connect",
    "ec2:ModifySnapshotAttribute", "ec2:DeleteSnapshot", "ec2:TerminateInstances", "sqs:ReceiveMessage",
    "sqs:PurgeQueue", "sqs:DeleteQueue", "kinesis:GetRecords", "kinesis:DeleteStream",
    "elasticfilesystem:ClientRootAccess", "backup:DeleteRecoveryPoint", "lambda:UpdateFunctionCode",
    "lambda:InvokeFunction", "ecs:ExecuteCommand", "ssm:SendCommand", "ssm:StartSession", "ecr:PutImage",
)  # fmt: skip

BROAD_MANAGED = ("PowerUserAccess",)
"""Managed policies besides the ...FullAccess ones that give all actions of whole services."""

ESCALATING_MANAGED = ("IAMFullAccess",)
ALL_MANAGED = ("AdministratorAccess",)
BROAD_SUFFIXES = (*ALL_MANAGED, *BROAD_MANAGED, "FullAccess")
"""How the names of all managed policies end that give more than others."""
