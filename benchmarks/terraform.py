"""Terraform without modules: roots of many files each, as they become that have grown for years."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks.terraform_compute import queue, service
from benchmarks.terraform_google import google
from benchmarks.terraform_stores import bucket, database
from benchmarks.words import Words

SETTINGS = """\
terraform {
  required_version = ">= 1.6"
  required_providers {
    aws    = { source = "hashicorp/aws", version = "~> 5.60" }
    google = { source = "hashicorp/google", version = "~> 6.0" }
    random = { source = "hashicorp/random", version = "~> 3.6" }
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = local.tags
  }
}

variable "region" {
  type    = string
  default = "eu-central-1"
}

variable "environment" {
  description = "Which of the environments this is."
  type        = string
  default     = "prod"
  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "There is no such environment."
  }
}

variable "vpc_id" {
  type = string
}

variable "subnet_ids" {
  type    = list(string)
  default = []
}

variable "alarm_addresses" {
  type    = map(string)
  default = { oncall = "oncall@example.com", team = "team@example.com" }
}

locals {
  production = var.environment == "prod"
  tags       = { Environment = var.environment, ManagedBy = "terraform" }
  networks   = { office = "198.51.100.0/24", partners = "203.0.113.0/25", internal = "10.0.0.0/8" }
}

data "aws_caller_identity" "current" {}

resource "aws_ecs_cluster" "main" {
  name = "main-${var.environment}"
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}
"""


KINDS: tuple[Callable[[Words, str], str], ...] = (service, service, bucket, database, queue, google)


def folder(words: Words, size: int, prefix: str = "") -> Iterator[tuple[str, str]]:
    """One root of about `size` bytes: the settings and a file for each thing that the teams run."""
    yield f"{prefix}main.tf", SETTINGS
    made = len(SETTINGS)
    while made < size:
        name = words.name()
        text = words.pick(KINDS)(words, name)
        made += len(text)
        yield f"{prefix}{name}.tf", text


ROOT = 100_000
"""Bytes of a root module. Larger ones take their owners hours to plan."""


def files(size: int) -> Iterator[tuple[str, str]]:
    words = Words("terraform-flat")
    for number in range(max(1, size // ROOT)):
        yield from folder(words, min(size, ROOT), f"root-{number:03}/")
