# Two fleets of one account and region. Their names are alike on purpose.

terraform {
  required_providers {
    aws     = { source = "hashicorp/aws" }
    archive = { source = "hashicorp/archive" }
    random  = { source = "hashicorp/random" }
  }
}

module "fleet" {
  source   = "../.."
  for_each = toset(["ci", "ci-arm"])

  name                = each.key
  github_pat          = "ghp_notatokenatall"
  github_repo         = "octo-org/octo-repo"
  webhook_secret      = "not-a-webhook-secret-at-all"
  create_vpc          = true
  image_build_project = "image_builder"
}

output "names" {
  value = {
    for name, fleet in module.fleet : name => concat(
      values(fleet.function_names),
      values(fleet.log_group_names),
      [fleet.runner_table_name, fleet.state_table_name, fleet.cluster_name, fleet.event_bus_name, fleet.image_build_project_name, fleet.class_sizes_parameter],
    )
  }
}
