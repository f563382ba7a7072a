terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }

  backend "s3" {
    bucket = "webshop-terraform-state"
    key    = "prod.tfstate"
    region = "eu-west-1"
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Owner       = "team-checkout"
      Environment = "prod"
      CostCenter  = var.cost_center
    }
  }
}

module "vpc" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "~> 5.8"

  name = "webshop-prod"
  cidr = "10.20.0.0/16"
  azs  = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
}

module "bucket" {
  source   = "../../modules/bucket"
  for_each = var.buckets

  prefix    = "webshop-prod"
  name      = each.key
  acl       = each.value.acl
  versioned = each.value.versioned
}

module "api" {
  source = "../../modules/service"

  name           = "api"
  vpc_id         = module.vpc.vpc_id
  ports          = [443, 22]
  trusted_cidrs  = var.office_cidrs
  image_tag      = var.release
  bucket_arns    = [for bucket in module.bucket : bucket.arn]
  bucket_actions = ["s3:*"]

  environment = {
    LOG_LEVEL = "info"
    DB_HOST   = aws_db_instance.orders.address
  }
}

resource "aws_db_instance" "orders" {
  identifier     = "orders"
  engine         = "postgres"
  engine_version = "16.3"
  instance_class = "db.r6g.large"

  allocated_storage   = 100
  storage_encrypted   = true
  publicly_accessible = var.debug_database
  multi_az            = true

  username                    = "orders"
  manage_master_user_password = true

  backup_retention_period = 3
  deletion_protection     = false
  skip_final_snapshot     = true
}

resource "aws_instance" "bastion" {
  ami           = data.aws_ami.al2023.id
  instance_type = "t2.micro" # guardrail:ignore machine-previous-generation reason="replaced by SSM with PLAT-512" until=2027-06-30
  subnet_id     = module.vpc.public_subnets[0]

  user_data = <<-EOT
    #!/bin/bash
    set -eu
    dnf install -y postgresql16
    curl -fsSL https://get.webshop.example/agent.sh | bash
  EOT
}

data "aws_ami" "al2023" {
  most_recent = true
  owners      = ["amazon"]

  filter {
    name   = "name"
    values = ["al2023-ami-2023.*-x86_64"]
  }
}
