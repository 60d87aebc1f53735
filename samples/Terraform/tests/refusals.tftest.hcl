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

run "a_fleet_needs_a_token_and_a_webhook_secret" {
  command = plan

  variables {
    github_pat     = null
    webhook_secret = null
  }

  expect_failures = [var.github_pat, var.webhook_secret]
}

run "one_token_is_enough_and_a_short_secret_is_refused" {
  command = plan

  variables {
    github_pat_arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/token"
    webhook_secret = "guess me"
  }

  expect_failures = [var.github_pat, var.webhook_secret]
}

run "secrets_are_referred_to_by_whole_arns_and_settings_take_none" {
  command = plan

  variables {
    webhook_secret     = null
    webhook_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:*"
    settings           = { "RunnerFleet:GitHub:Token" = "ghp_notatokenatall" }
  }

  expect_failures = [var.webhook_secret_arn, var.settings]
}

run "runners_register_at_one_place_and_need_a_network" {
  command = plan

  variables {
    github_organization         = "octo-org"
    subnet_ids                  = []
    janitor_schedule_expression = "rate(2 minute)"
  }

  expect_failures = [var.github_repo, var.subnet_ids, var.janitor_schedule_expression]
}

run "a_repository_has_an_owner_and_a_name_of_a_fleet_is_short" {
  command = plan

  variables {
    github_repo                 = "octo-repo"
    name                        = "a-name-of-a-fleet"
    janitor_schedule_expression = "rate(25 hours)"
  }

  expect_failures = [var.github_repo, var.name, var.janitor_schedule_expression]
}

run "a_size_that_fargate_does_not_run_and_a_package_that_is_not_there_are_refused" {
  command = plan

  variables {
    runner_class_sizes = { odd = { cpu = 512, memory = 8192 } }
    lambda_package     = "tests/no-such-package.zip"
  }

  expect_failures = [var.runner_class_sizes, var.lambda_package]
}

run "a_disk_that_fargate_does_not_have_is_refused_and_soci_does_not_go_with_zstd" {
  command = plan

  variables {
    runner_class_sizes  = { odd = { cpu = 512, memory = 1024, disk = 10 } }
    image_build_project = "image_builder"
    image_compression   = "zstd"
    image_soci          = { soci_url = "https://example.com/soci.tar.gz", soci_sha256 = "0", crane_url = "https://example.com/crane.tar.gz", crane_sha256 = "0" }
  }

  expect_failures = [var.runner_class_sizes, var.image_soci]
}
