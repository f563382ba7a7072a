terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

provider "aws" {
  region = "eu-central-1"

  default_tags {
    tags = {
      Owner       = "team-billing"
      Environment = "prod"
      CostCenter  = "1200"
    }
  }
}

resource "aws_kms_key" "data" {
  description             = "Billing data at rest"
  enable_key_rotation     = true
  deletion_window_in_days = 30
}

module "documents" {
  source   = "./modules/private-bucket"
  for_each = toset(["invoices", "receipts"])

  name        = "billing-${each.key}"
  kms_key_arn = aws_kms_key.data.arn
  log_bucket  = var.access_log_bucket
}

resource "aws_sqs_queue" "dunning" {
  name                      = "dunning"
  kms_master_key_id         = aws_kms_key.data.id
  message_retention_seconds = 345600
}

resource "aws_cloudwatch_log_group" "api" {
  name              = "/billing/api"
  retention_in_days = 400
  kms_key_id        = aws_kms_key.data.arn
}
