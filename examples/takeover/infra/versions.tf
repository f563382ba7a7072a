terraform {
  required_version = ">= 1.6"
  required_providers {
    aws     = { source = "hashicorp/aws", version = "~> 5.80" }
    kubectl = { source = "alekc/kubectl", version = "~> 2.1" }
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { Owner = "invoicing", Environment = var.environment }
  }
}
