provider "aws" {
  region = "eu-west-1"

  default_tags {
    tags = {
      Owner       = "team-checkout"
      Environment = "dev"
    }
  }
}

module "bucket" {
  source = "../../modules/bucket"

  prefix        = "webshop-dev"
  name          = "scratch"
  versioned     = false
  force_destroy = true
}

resource "aws_sqs_queue" "jobs" {
  count = 3
  name  = "jobs-${count.index}"
}
