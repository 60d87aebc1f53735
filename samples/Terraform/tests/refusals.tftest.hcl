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

run "a_fleet_needs_a_token" {
  command = plan

  variables {
    github_pat = null
  }

  expect_failures = [var.github_pat]
}

run "one_token_is_enough" {
  command = plan

  variables {
    github_pat_arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/token"
  }

  expect_failures = [var.github_pat]
}

run "a_fleet_needs_a_webhook_secret" {
  command = plan

  variables {
    webhook_secret = null
  }

  expect_failures = [var.webhook_secret]
}

run "a_short_webhook_secret_is_refused" {
  command = plan

  variables {
    webhook_secret = "guess me"
  }

  expect_failures = [var.webhook_secret]
}

run "a_secret_is_referred_to_by_its_whole_arn" {
  command = plan

  variables {
    webhook_secret     = null
    webhook_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:*"
  }

  expect_failures = [var.webhook_secret_arn]
}

run "runners_register_at_one_place" {
  command = plan

  variables {
    github_organization = "octo-org"
  }

  expect_failures = [var.github_repo]
}

run "a_repository_has_an_owner" {
  command = plan

  variables {
    github_repo = "octo-repo"
  }

  expect_failures = [var.github_repo]
}

run "runners_need_a_network" {
  command = plan

  variables {
    subnet_ids = []
  }

  expect_failures = [var.subnet_ids]
}

run "a_size_that_fargate_does_not_run_is_refused" {
  command = plan

  variables {
    runner_class_sizes = { odd = { cpu = 512, memory = 8192 } }
  }

  expect_failures = [var.runner_class_sizes]
}

run "a_disk_that_fargate_does_not_have_is_refused" {
  command = plan

  variables {
    runner_class_sizes = { odd = { cpu = 512, memory = 1024, disk = 10 } }
  }

  expect_failures = [var.runner_class_sizes]
}

run "an_architecture_is_x64_or_arm64" {
  command = plan

  variables {
    runner_class_sizes = { odd = { cpu = 512, memory = 1024, architecture = "x86" } }
  }

  expect_failures = [var.runner_class_sizes]
}

run "a_long_name_is_refused" {
  command = plan

  variables {
    name = "a-name-of-a-fleet"
  }

  expect_failures = [var.name]
}

run "settings_take_no_secrets" {
  command = plan

  variables {
    settings = { "RunnerFleet:GitHub:Token" = "ghp_notatokenatall" }
  }

  expect_failures = [var.settings]
}

run "soci_and_zstd_do_not_go_together" {
  command = plan

  variables {
    image_build_project = "image_builder"
    image_compression   = "zstd"
    image_soci          = { soci_url = "https://example.com/soci.tar.gz", soci_sha256 = "0", crane_url = "https://example.com/crane.tar.gz", crane_sha256 = "0" }
  }

  expect_failures = [var.image_soci]
}

run "a_package_that_is_not_there_is_said_at_once" {
  command = plan

  variables {
    lambda_package = "tests/no-such-package.zip"
  }

  expect_failures = [var.lambda_package]
}
