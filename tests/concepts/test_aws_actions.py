"""Which actions of AWS a resource could limit."""

from __future__ import annotations

import pytest

from guardrail.concepts.aws_actions import ANY, CHANGES_PERMISSIONS, WRITES, takes_in


@pytest.mark.parametrize(
    ("written", "levels", "expected"),
    [
        ("s3:PutObject", WRITES, True),
        ("S3:putobject", WRITES, True),
        ("s3:Put*", WRITES, True),
        ("s3:GetObject", WRITES, False),
        ("s3:GetObject", ANY, True),
        ("s3:PutBucketPolicy", CHANGES_PERMISSIONS, True),
        ("s3:*", CHANGES_PERMISSIONS, True),
        ("iam:PassRole", CHANGES_PERMISSIONS, True),
        ("kms:Decrypt", WRITES, False),
        ("kms:GenerateDataKey*", WRITES, False),
        ("kms:Decrypt", ANY, True),
        ("kms:*", WRITES, True),
        ("kms:ScheduleKeyDeletion", WRITES, True),
        ("kms:CreateGrant", CHANGES_PERMISSIONS, True),
        ("glue:List*", CHANGES_PERMISSIONS, False),
        ("glue:List*", ANY, True),
        ("glue:*", CHANGES_PERMISSIONS, True),
        ("ec2:DescribeInstances", ANY, False),
        ("ecr:GetAuthorizationToken", ANY, False),
        ("s3:ListAllMyBuckets", ANY, False),
        ("nosuchservice:Put", ANY, False),
        ("s3:NoSuchAction", ANY, False),
        ("*", ANY, False),
        ("*:*", ANY, False),
        ("s3:", ANY, False),
        ("s3:" + "*a" * 40, ANY, False),
    ],
)
def test_levels(written: str, levels: str, expected: bool) -> None:
    assert takes_in(written, levels) is expected
