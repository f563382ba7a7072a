"""Terraform of what keeps data: buckets, databases."""

from __future__ import annotations

from benchmarks.words import CENTRES, TEAMS, Words


def bucket(words: Words, name: str) -> str:
    """Buckets of a kind, made with for_each, and what belongs to them."""
    key = name.replace("-", "_")
    stages = words.some(["raw", "clean", "reports", "exports", "archive", "uploads"], 1, 4)
    rules = "\n".join(
        f"    {stage} = {{ days = {words.number(1, 400)}, public = {words.pick(['false', 'false', 'true'])} }}"
        for stage in stages
    )
    public = f"""
resource "aws_s3_bucket_public_access_block" "{key}" {{
  for_each                = local.{key}_stages
  bucket                  = aws_s3_bucket.{key}[each.key].id
  block_public_acls       = true
  block_public_policy     = !each.value.public
  ignore_public_acls      = true
  restrict_public_buckets = !each.value.public
}}
"""
    return f"""\
locals {{
  {key}_stages = {{
{rules}
  }}
}}

resource "aws_kms_key" "{key}" {{
  description             = "Encrypts what {name} keeps."
  enable_key_rotation     = {words.pick(["true", "true", "false"])}
  deletion_window_in_days = {words.number(7, 30)}
}}

resource "aws_s3_bucket" "{key}" {{
  for_each      = local.{key}_stages
  bucket        = "example-{name}-${{each.key}}-${{var.environment}}"
  force_destroy = !local.production
  tags          = merge(local.tags, {{ Stage = each.key, Owner = "{words.pick(TEAMS)}" }})
}}

resource "aws_s3_bucket_versioning" "{key}" {{
  for_each = aws_s3_bucket.{key}
  bucket   = each.value.id
  versioning_configuration {{
    status = "{words.pick(["Enabled", "Enabled", "Suspended"])}"
  }}
}}

resource "aws_s3_bucket_server_side_encryption_configuration" "{key}" {{
  for_each = aws_s3_bucket.{key}
  bucket   = each.value.id
  rule {{
    apply_server_side_encryption_by_default {{
      sse_algorithm     = "{words.pick(["aws:kms", "AES256"])}"
      kms_master_key_id = aws_kms_key.{key}.arn
    }}
  }}
}}
{public if words.chance(80) else ""}
resource "aws_s3_bucket_lifecycle_configuration" "{key}" {{
  bucket = aws_s3_bucket.{key}["{stages[0]}"].id
  dynamic "rule" {{
    for_each = {{ for stage, set in local.{key}_stages : stage => set if set.days < {words.number(100, 400)} }}
    content {{
      id     = "expire-${{rule.key}}"
      status = "Enabled"
      filter {{
        prefix = "${{rule.key}}/"
      }}
      expiration {{
        days = rule.value.days
      }}
    }}
  }}
}}

resource "aws_s3_bucket_policy" "{key}" {{
  for_each = aws_s3_bucket.{key}
  bucket   = each.value.id
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [
      {{
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [each.value.arn, "${{each.value.arn}}/*"]
        Condition = {{ Bool = {{ "aws:SecureTransport" = "false" }} }}
      }},
    ]
  }})
}}
"""


def database(words: Words, name: str) -> str:
    key = name.replace("-", "_")
    parameters = "\n".join(
        f'    "{parameter}" = "{words.number(1, 5000)}"'
        for parameter in words.some(
            ["log_min_duration_statement", "work_mem", "idle_in_transaction_session_timeout", "rds.force_ssl"], 1, 4
        )
    )
    return f"""\
variable "{key}_class" {{
  type    = string
  default = "db.{words.pick(["t4g.medium", "m6g.large", "r6g.xlarge"])}"
}}

locals {{
  {key}_parameters = {{
{parameters}
  }}
}}

resource "random_password" "{key}" {{
  length  = {words.number(16, 40)}
  special = false
}}

resource "aws_db_subnet_group" "{key}" {{
  name       = "{name}"
  subnet_ids = var.subnet_ids
}}

resource "aws_db_parameter_group" "{key}" {{
  name   = "{name}"
  family = "postgres{words.number(13, 17)}"
  dynamic "parameter" {{
    for_each = local.{key}_parameters
    content {{
      name         = parameter.key
      value        = parameter.value
      apply_method = startswith(parameter.key, "rds.") ? "pending-reboot" : "immediate"
    }}
  }}
}}

resource "aws_db_instance" "{key}" {{
  identifier                      = "{name}"
  engine                          = "postgres"
  engine_version                  = "{words.number(13, 17)}.{words.number(1, 9)}"
  instance_class                  = var.{key}_class
  allocated_storage               = {words.number(20, 500)}
  db_subnet_group_name            = aws_db_subnet_group.{key}.name
  parameter_group_name            = aws_db_parameter_group.{key}.name
  vpc_security_group_ids          = [aws_security_group.{key}.id]
  username                        = "{words.pick(["app", "main", "owner"])}"
  password                        = random_password.{key}.result
  storage_encrypted               = {words.pick(["true", "true", "false"])}
  multi_az                        = local.production
  publicly_accessible             = {words.pick(["false", "false", "false", "true"])}
  backup_retention_period         = local.production ? {words.number(7, 35)} : 1
  deletion_protection             = local.production
  skip_final_snapshot             = !local.production
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]
  tags                            = merge(local.tags, {{ Name = "{name}", CostCenter = "{words.pick(CENTRES)}" }})
}}

resource "aws_security_group" "{key}" {{
  name   = "{name}"
  vpc_id = var.vpc_id
  tags   = local.tags
}}

resource "aws_vpc_security_group_ingress_rule" "{key}" {{
  for_each          = {{ for name, network in local.networks : name => network if name != "partners" }}
  security_group_id = aws_security_group.{key}.id
  description       = "Postgres from ${{each.key}}"
  cidr_ipv4         = each.value
  from_port         = 5432
  to_port           = 5432
  ip_protocol       = "tcp"
}}

resource "aws_secretsmanager_secret" "{key}" {{
  name = "{name}/database"
}}

resource "aws_secretsmanager_secret_version" "{key}" {{
  secret_id     = aws_secretsmanager_secret.{key}.id
  secret_string = jsonencode({{ username = "app", password = random_password.{key}.result }})
}}

resource "aws_cloudwatch_metric_alarm" "{key}" {{
  count               = {words.number(1, 3)}
  alarm_name          = "{name}-${{count.index}}"
  namespace           = "AWS/RDS"
  metric_name         = element(["CPUUtilization", "FreeStorageSpace", "DatabaseConnections"], count.index)
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = {words.number(1, 5)}
  period              = 300
  statistic           = "Average"
  threshold           = {words.number(50, 95)}
  dimensions          = {{ DBInstanceIdentifier = aws_db_instance.{key}.identifier }}
}}
"""
