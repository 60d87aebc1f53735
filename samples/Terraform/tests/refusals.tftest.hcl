mock_provider "aws" {
  source = "./tests/mocks"
}
mock_provider "archive" {}
mock_provider "random" {}

variables {
  github_pat     = "ghp_notatokenatall"
  github_repo    = "octo-org/octo-repo"
  webhook_secret = "not-a-webhook-secret-at-all"
  subnet_ids     = ["subnet-0a"]
}

# Each run has one mistake in each of several variables. Where one variable's condition names another, Terraform reports that other one alone.

run "secrets_are_needed_and_other_values_are_those_that_the_fleet_takes" {
  command = plan

  variables {
    github_pat                  = null
    webhook_secret              = null
    github_repo                 = null
    github_api_url              = "http://github.example.com/api/v3"
    github_enterprise           = "octo enterprise"
    name                        = "a-name-of-a-fleet"
    tags                        = { "runnerfleet:fleet" = "mine" }
    runner_class_sizes          = { odd = { cpu = 512, memory = 8192 } }
    runner_ttl_seconds          = 119
    janitor_schedule_expression = "rate(2 minute)"
    settings                    = { "RunnerFleet:GitHub:PreviousWebhookSecrets:0" = "not-a-webhook-secret-either" }
    previous_claim_key_arn      = "arn:aws:iam::123456789012:role/claim"
    previous_webhook_secret_arn = "not-a-webhook-secret-either"
    subnet_ids                  = []
    security_groups             = ["default"]
    default_base_image          = "Ubuntu"
    runner_image_tag            = ""
    image_policy                = ["ghcr.io/octo-org/base:1"]
    image_build_project         = "image_builder"
    image_compression           = "zstd"
    image_soci                  = { soci_url = "https://example.com/soci.tar.gz", soci_sha256 = "0", crane_url = "https://example.com/crane.tar.gz", crane_sha256 = "0" }
    runner_version              = "latest"
    lambda_package              = "tests/no-such-package.zip"
    lambda_memory               = 64
    reserved_concurrency        = { worker = 1 }
    public_url                  = "https://runners.example.com?fleet=ci"
    event_bus_name              = ""
  }

  expect_failures = [
    var.github_pat, var.webhook_secret, var.github_api_url, var.github_enterprise, var.name, var.tags, var.runner_class_sizes, var.runner_ttl_seconds,
    var.janitor_schedule_expression, var.settings, var.subnet_ids, var.security_groups, var.default_base_image, var.runner_image_tag, var.image_policy, var.image_soci, var.runner_version, var.lambda_package,
    var.lambda_memory, var.reserved_concurrency, var.previous_claim_key_arn, var.previous_webhook_secret_arn, var.public_url, var.event_bus_name,
  ]
}

run "one_token_is_enough_and_an_organization_needs_a_group_of_its_own" {
  command = plan

  variables {
    github_pat_arn              = "arn:aws:ssm:eu-central-1:123456789012:parameter/token"
    webhook_secret              = "guess me"
    github_repo                 = null
    github_organization         = "octo-org"
    tags                        = { owner = "build, test" }
    runner_class_sizes          = { odd = { cpu = 512, memory = 1024, disk = 10 } }
    runner_ttl_seconds          = 300.5
    janitor_schedule_expression = "rate(25 hours)"
    subnet_ids                  = ["my-subnet"]
    default_base_image          = "10.0.0.1/ubuntu"
    image_policy                = ["localhost/*"]
    reserved_concurrency        = { sweeper = 0 }
  }

  expect_failures = [
    var.github_pat, var.webhook_secret, var.github_runner_group_id, var.tags, var.runner_class_sizes, var.runner_ttl_seconds, var.janitor_schedule_expression, var.subnet_ids, var.default_base_image, var.image_policy,
    var.reserved_concurrency,
  ]
}

run "secrets_are_referred_to_by_whole_arns_and_runners_register_at_one_place" {
  command = plan

  variables {
    github_pat             = "ghp_notatokenatall\n"
    webhook_secret         = null
    webhook_secret_arn     = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:*"
    github_repo            = "octo-org/.."
    github_runner_group_id = 7
    github_webhook_id      = 1.5
    runner_class_sizes     = { odd = { cpu = 512, memory = 1024, capacity = "spot", limit = 0.5 } }
    spot                   = false
  }

  expect_failures = [var.github_pat, var.webhook_secret_arn, var.github_repo, var.github_runner_group_id, var.github_webhook_id, var.runner_class_sizes]
}
