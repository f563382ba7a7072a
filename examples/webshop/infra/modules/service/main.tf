locals {
  ingress = {
    for port in var.ports : tostring(port) => {
      port  = port
      cidrs = port == 443 ? ["0.0.0.0/0"] : var.trusted_cidrs
    }
  }
}

resource "aws_security_group" "this" {
  name_prefix = "${var.name}-"
  vpc_id      = var.vpc_id
  description = "Traffic to ${var.name}"

  dynamic "ingress" {
    for_each = local.ingress
    content {
      description = "Port ${ingress.key}"
      from_port   = ingress.value.port
      to_port     = ingress.value.port
      protocol    = "tcp"
      cidr_blocks = ingress.value.cidrs
    }
  }

  egress {
    description = "Anywhere"
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory

  container_definitions = jsonencode([
    {
      name      = var.name
      image     = "${var.registry}/${var.name}:${var.image_tag}"
      essential = true
      portMappings = [for port in var.ports : { containerPort = port }]
      environment = [
        for key, value in var.environment : { name = key, value = value }
      ]
      readonlyRootFilesystem = var.read_only
    }
  ])
}

resource "aws_iam_role" "task" {
  name = "${var.name}-task"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
    }]
  })
}

data "aws_iam_policy_document" "task" {
  dynamic "statement" {
    for_each = var.bucket_arns
    content {
      actions   = var.bucket_actions
      resources = [statement.value, "${statement.value}/*"]
    }
  }
}

resource "aws_iam_role_policy" "task" {
  role   = aws_iam_role.task.id
  policy = data.aws_iam_policy_document.task.json
}
