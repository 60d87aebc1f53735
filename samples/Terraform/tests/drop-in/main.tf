# The block as users of FonsecaGoncalo/ECS-Runner-Fleet have it: nothing but source is another.

terraform {
  required_providers {
    aws     = { source = "hashicorp/aws" }
    archive = { source = "hashicorp/archive" }
    random  = { source = "hashicorp/random" }
  }
}

module "ecs-fleet" {
  source = "../.."

  github_pat  = "ghp_notatokenatall"
  github_repo = "octo-org/octo-repo"

  subnet_ids      = ["subnet-0a", "subnet-0b"]
  security_groups = ["sg-0a"]
  webhook_secret  = "not-a-webhook-secret-at-all"

  image_build_project = "image_builder"

  runner_class_sizes = {
    small = {
      cpu    = 512
      memory = 1024
    }
    medium = {
      cpu    = 1024
      memory = 2048
    }
    large = {
      cpu    = 2048
      memory = 4096
    }
  }
}

output "webhook_url" {
  value = module.ecs-fleet.webhook_url
}

output "runner_table_name" {
  value = module.ecs-fleet.runner_table_name
}

output "image_build_project_name" {
  value = module.ecs-fleet.image_build_project_name
}
