variable "name" {
  type = string
}

variable "seconds" {
  type = number
}

variable "plain" {
  type = bool
}

resource "aws_sqs_queue" "this" {
  name                       = var.name
  visibility_timeout_seconds = var.seconds
  message_retention_seconds  = 345600
  sqs_managed_sse_enabled    = !var.plain
}
