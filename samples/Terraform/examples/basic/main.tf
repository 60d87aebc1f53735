# A fleet for one repository, in a VPC of its own. Token and secret come from the environment: TF_VAR_github_pat, TF_VAR_webhook_secret.

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
}

variable "github_repo" {
  description = "owner/name"
  type        = string
}

variable "github_pat" {
  description = "A fine-grained token with Administration write and Actions read."
  type        = string
  sensitive   = true
}

variable "webhook_secret" {
  description = "16 characters or more, such as of: openssl rand -hex 32"
  type        = string
  sensitive   = true
}

module "fleet" {
  source = "../.."

  github_repo         = var.github_repo
  github_pat          = var.github_pat
  webhook_secret      = var.webhook_secret
  create_vpc          = true
  image_build_project = "images"
}

output "webhook_url" {
  description = "Payload URL of the webhook."
  value       = module.fleet.webhook_url
}
