mock_provider "aws" {
  source = "./tests/mocks"
}
mock_provider "archive" {}
mock_provider "random" {}

run "two_fleets_of_one_account_do_not_collide" {
  module {
    source = "./tests/two-fleets"
  }

  assert {
    condition     = length(setintersection(output.names["ci"], output.names["ci-arm"])) == 0 && length(output.names["ci"]) == 12
    error_message = "They share a name: ${join(", ", setintersection(output.names["ci"], output.names["ci-arm"]))}."
  }

  assert {
    condition     = alltrue([for name in output.names["ci"] : startswith(name, "runnerfleet-ci") || startswith(name, "/runnerfleet/ci/")])
    error_message = "Each name carries the fleet's."
  }
}

run "the_basic_example_is_a_fleet" {
  module {
    source = "./examples/basic"
  }

  variables {
    github_repo    = "octo-org/octo-repo"
    github_pat     = "ghp_notatokenatall"
    webhook_secret = "not-a-webhook-secret-at-all"
  }

  assert {
    condition     = output.webhook_url == "https://abc123.execute-api.eu-central-1.amazonaws.com/webhook"
    error_message = "It says where the webhook goes."
  }
}

run "the_complete_example_is_a_fleet" {
  module {
    source = "./examples/complete"
  }

  variables {
    organization             = "octo-org"
    runner_group_id          = 7
    github_secret_arn        = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:github-AbCdEf"
    kms_key_arn              = "arn:aws:kms:eu-central-1:123456789012:key/own"
    private_subnet_ids       = ["subnet-0a", "subnet-0b"]
    runner_security_group_id = "sg-0a"
    alarm_topic_arn          = "arn:aws:sns:eu-central-1:123456789012:on-call"
  }

  assert {
    condition     = output.webhook_url == "https://abc123.execute-api.eu-central-1.amazonaws.com/webhook"
    error_message = "It says where the webhook goes."
  }
}

run "without_a_project_the_default_image_is_one_that_you_push" {
  variables {
    github_pat     = "ghp_notatokenatall"
    github_repo    = "octo-org/octo-repo"
    webhook_secret = "not-a-webhook-secret-at-all"
    create_vpc     = true
  }

  assert {
    condition     = output.image_build_project_name == null && output.image_build_role_arn == null
    error_message = "No project is made."
  }
}
