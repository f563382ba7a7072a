"""Terraform of what runs: container services, functions."""

from __future__ import annotations

from benchmarks.words import CENTRES, REGIONS, TEAMS, Words


def service(words: Words, name: str) -> str:
    """A container service with its firewall, role, logs and target group."""
    key = name.replace("-", "_")
    port = words.number(3000, 9999)
    account = "${data.aws_caller_identity.current.account_id}"
    grace = "health_check_grace_period_seconds = 60\n  " if words.chance(50) else ""
    variables = "\n".join(
        f'        {{ name = "{variable}", value = {value} }},'
        for variable, value in words.some(
            [
                ("LOG_LEVEL", '"info"'),
                ("REGION", "var.region"),
                ("ENVIRONMENT", "var.environment"),
                ("CACHE_TTL", f'"{words.number(10, 900)}"'),
                ("FEATURES", 'join(",", keys(local.networks))'),
                ("DATABASE", f'"postgres://db.{name}.internal:5432/main"'),
            ],
            2,
            6,
        )
    )
    actions = ", ".join(
        f'"{action}"'
        for action in words.some(
            ["s3:GetObject", "s3:PutObject", "sqs:SendMessage", "sqs:ReceiveMessage", "kms:Decrypt", "logs:*"], 1, 4
        )
    )
    return f"""\
variable "{key}_image_tag" {{
  description = "What of {name} is deployed."
  type        = string
  default     = "1.{words.number(0, 60)}.{words.number(0, 20)}"
}}

variable "{key}_ingress" {{
  description = "Who may reach {name}, and where."
  type = list(object({{
    port        = number
    cidr_blocks = list(string)
    description = optional(string, "from the {words.pick(TEAMS)} network")
  }}))
  default = [
    {{ port = {port}, cidr_blocks = ["10.{words.number(0, 255)}.0.0/16"] }},
    {{ port = {words.pick([22, 443, 8443, 9090])}, cidr_blocks = ["{words.pick(["0.0.0.0/0", "10.0.0.0/8"])}"] }},
  ]
}}

locals {{
  {key}_tags = merge(local.tags, {{
    Name       = "{name}"
    Owner      = "{words.pick(TEAMS)}"
    CostCenter = "{words.pick(CENTRES)}"
  }})
  {key}_replicas = local.production ? {words.number(2, 8)} : 1
}}

resource "aws_ecs_task_definition" "{key}" {{
  family                   = "{name}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = {words.pick([256, 512, 1024, 2048])}
  memory                   = {words.pick([1024, 2048, 4096])}
  execution_role_arn       = aws_iam_role.{key}.arn
  task_role_arn            = aws_iam_role.{key}.arn

  container_definitions = jsonencode([
    {{
      name                   = "{name}"
      image                  = "{account}.dkr.ecr.{words.pick(REGIONS)}.amazonaws.com/{name}:${{var.{key}_image_tag}}"
      essential              = true
      readonlyRootFilesystem = {words.pick(["true", "false"])}
      portMappings           = [{{ containerPort = {port}, protocol = "tcp" }}]
      environment = [
{variables}
      ]
      logConfiguration = {{
        logDriver = "awslogs"
        options = {{
          awslogs-group         = aws_cloudwatch_log_group.{key}.name
          awslogs-region        = var.region
          awslogs-stream-prefix = "{name}"
        }}
      }}
    }}
  ])

  tags = local.{key}_tags
}}

resource "aws_ecs_service" "{key}" {{
  name            = "{name}"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.{key}.arn
  desired_count   = local.{key}_replicas
  launch_type     = "FARGATE"
  {grace}network_configuration {{
    subnets          = var.subnet_ids
    security_groups  = [aws_security_group.{key}.id]
    assign_public_ip = {words.pick(["true", "false", "false"])}
  }}

  load_balancer {{
    target_group_arn = aws_lb_target_group.{key}.arn
    container_name   = "{name}"
    container_port   = {port}
  }}

  tags = local.{key}_tags
}}

resource "aws_lb_target_group" "{key}" {{
  name        = substr("{name}", 0, 32)
  port        = {port}
  protocol    = "{words.pick(["HTTP", "HTTPS"])}"
  vpc_id      = var.vpc_id
  target_type = "ip"
  health_check {{
    path     = "/health"
    interval = {words.number(5, 60)}
  }}
}}

resource "aws_security_group" "{key}" {{
  name        = "{name}"
  description = "{name} and who may reach it"
  vpc_id      = var.vpc_id

  dynamic "ingress" {{
    for_each = var.{key}_ingress
    content {{
      from_port   = ingress.value.port
      to_port     = ingress.value.port
      protocol    = "tcp"
      cidr_blocks = ingress.value.cidr_blocks
      description = ingress.value.description
    }}
  }}

  egress {{
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = [for name, network in local.networks : network if name != "office"]
  }}

  tags = local.{key}_tags
}}

data "aws_iam_policy_document" "{key}_trust" {{
  statement {{
    actions = ["sts:AssumeRole"]
    principals {{
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }}
  }}
}}

resource "aws_iam_role" "{key}" {{
  name               = "{name}"
  assume_role_policy = data.aws_iam_policy_document.{key}_trust.json
  tags               = local.{key}_tags
}}

resource "aws_iam_role_policy" "{key}" {{
  name = "{name}"
  role = aws_iam_role.{key}.id
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect   = "Allow"
      Action   = [{actions}]
      Resource = "{words.pick(["*", "arn:aws:s3:::shared-assets/*"])}"
    }}]
  }})
}}

resource "aws_cloudwatch_log_group" "{key}" {{
  name              = "/ecs/{name}"
  retention_in_days = {words.pick([7, 14, 30, 90, 365])}
  tags              = local.{key}_tags
}}

output "{key}_service" {{
  description = "Where {name} runs."
  value       = {{ arn = aws_ecs_service.{key}.id, role = aws_iam_role.{key}.arn }}
}}
"""


def queue(words: Words, name: str) -> str:
    """A function that works through a queue."""
    key = name.replace("-", "_")
    return f"""\
resource "aws_sqs_queue" "{key}_dead" {{
  name                      = "{name}-dead"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}}

resource "aws_sqs_queue" "{key}" {{
  name                       = "{name}"
  visibility_timeout_seconds = {words.number(30, 900)}
  {words.pick(["sqs_managed_sse_enabled = true", 'kms_master_key_id = "alias/aws/sqs"', "delay_seconds = 5"])}
  redrive_policy = jsonencode({{
    deadLetterTargetArn = aws_sqs_queue.{key}_dead.arn
    maxReceiveCount     = {words.number(2, 10)}
  }})
  tags = local.tags
}}

resource "aws_sns_topic" "{key}" {{
  name              = "{name}"
  kms_master_key_id = "alias/aws/sns"
}}

resource "aws_sns_topic_subscription" "{key}" {{
  for_each  = var.alarm_addresses
  topic_arn = aws_sns_topic.{key}.arn
  protocol  = "email"
  endpoint  = lower(each.value)
}}

resource "aws_iam_role" "{key}" {{
  name = "{name}"
  assume_role_policy = <<-EOT
    {{
      "Version": "2012-10-17",
      "Statement": [
        {{"Effect": "Allow", "Principal": {{"Service": "lambda.amazonaws.com"}}, "Action": "sts:AssumeRole"}}
      ]
    }}
  EOT
}}

resource "aws_lambda_function" "{key}" {{
  function_name = "{name}"
  role          = aws_iam_role.{key}.arn
  runtime       = "{words.pick(["python3.12", "nodejs20.x", "python3.8"])}"
  handler       = "app.handler"
  filename      = "build/{name}.zip"
  timeout       = {words.number(3, 900)}
  memory_size   = {words.pick([128, 512, 1024])}
  environment {{
    variables = {{
      QUEUE = aws_sqs_queue.{key}.url
      STAGE = upper(var.environment)
      TABLE = format("%s-%s", "{name}", var.environment)
    }}
  }}
  tracing_config {{
    mode = "{words.pick(["Active", "PassThrough"])}"
  }}
  tags = merge(local.tags, {{ Name = "{name}" }})
}}

resource "aws_lambda_event_source_mapping" "{key}" {{
  event_source_arn = aws_sqs_queue.{key}.arn
  function_name    = aws_lambda_function.{key}.arn
  batch_size       = {words.number(1, 10)}
}}

resource "aws_dynamodb_table" "{key}" {{
  name         = "{name}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {{
    name = "id"
    type = "S"
  }}
  point_in_time_recovery {{
    enabled = {words.pick(["true", "false"])}
  }}
}}
"""
