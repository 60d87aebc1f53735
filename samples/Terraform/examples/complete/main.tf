# A fleet for an organization: private subnets that are there, secrets that are there, a key of your own, ARM, Spot, and somebody who is told of alarms.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.4"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.5"
    }
  }
}

provider "aws" {
  region = "eu-central-1"

  default_tags {
    tags = { managed-by = "terraform" }
  }
}

variable "organization" {
  description = "The organization at GitHub."
  type        = string
}

variable "runner_group_id" {
  description = "A runner group of its own, which only the repositories that are meant may use."
  type        = number
}

variable "github_secret_arn" {
  description = "A secret of Secrets Manager: {\"token\":\"…\",\"webhook\":\"…\",\"claim\":\"…\"}."
  type        = string
}

variable "kms_key_arn" {
  description = "A key that CloudWatch Logs and events.amazonaws.com may use."
  type        = string
}

variable "private_subnet_ids" {
  description = "Subnets with a NAT gateway."
  type        = list(string)
}

variable "runner_security_group_id" {
  description = "A security group without ingress."
  type        = string
}

variable "alarm_topic_arn" {
  description = "The SNS topic that is told of alarms."
  type        = string
}

module "fleet" {
  source = "../.."

  name = "platform"
  tags = { team = "platform", cost-center = "4711" }

  github_organization    = var.organization
  github_runner_group_id = var.runner_group_id
  github_pat_arn         = "${var.github_secret_arn}#token"
  webhook_secret_arn     = "${var.github_secret_arn}#webhook"
  claim_key_arn          = "${var.github_secret_arn}#claim"

  subnet_ids       = var.private_subnet_ids
  security_groups  = [var.runner_security_group_id]
  assign_public_ip = false

  runner_class_sizes = {
    small = { cpu = 512, memory = 1024, limit = 50 }
    large = { cpu = 4096, memory = 16384, disk = 100, limit = 10 }
    arm   = { cpu = 2048, memory = 4096, architecture = "arm64" }
    batch = { cpu = 2048, memory = 8192, capacity = "spot", job_time_limit_seconds = 7200 }
  }

  image_build_project = "images"
  image_compression   = "zstd"
  image_policy        = ["docker.io/library/*", "ghcr.io/${var.organization}/*"]

  # The package of: build.sh --aot --arch arm64
  lambda_runtime       = "provided.al2023"
  lambda_architecture  = "arm64"
  lambda_memory        = 256
  reserved_concurrency = { ingress = 100, worker = 10, sweeper = 2 }

  kms_key_arn         = var.kms_key_arn
  deletion_protection = true
  log_retention_days  = 90
  alarm_actions       = [var.alarm_topic_arn]
  queue_seconds_alarm = 300

  settings = {
    "RunnerFleet:Limits:Fleet"         = "100"
    "RunnerFleet:Limits:PerRepository" = "40"
  }
}

output "webhook_url" {
  description = "Payload URL of the webhook."
  value       = module.fleet.webhook_url
}

output "task_role_arn" {
  description = "What jobs run with, for policies of other accounts' resources."
  value       = module.fleet.task_role_arn
}
