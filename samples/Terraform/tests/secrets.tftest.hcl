mock_provider "aws" {
  source = "./tests/mocks"
}
mock_provider "archive" {}
mock_provider "random" {}

run "secrets_are_stored_encrypted_and_functions_are_told_where" {
  module {
    source = "./modules/control-plane"
  }

  assert {
    condition     = alltrue([for parameter in aws_ssm_parameter.secret : parameter.type == "SecureString" && parameter.value == null && parameter.insecure_value == null])
    error_message = "A secret is a SecureString, written by the write-only argument."
  }

  assert {
    condition     = toset(keys(aws_ssm_parameter.secret)) == toset(["github-pat", "webhook-secret", "claim-key"])
    error_message = "Token, webhook secret and claim key are stored."
  }

  assert {
    condition = alltrue([for function in aws_lambda_function.fleet : alltrue([
      function.environment[0].variables.RunnerFleet__GitHub__Token == "ssm:arn:aws:ssm:eu-central-1:123456789012:parameter/runnerfleet/ci/github-pat",
      function.environment[0].variables.RunnerFleet__GitHub__WebhookSecret == "ssm:arn:aws:ssm:eu-central-1:123456789012:parameter/runnerfleet/ci/webhook-secret",
      function.environment[0].variables.RunnerFleet__ClaimKeys__0 == "ssm:arn:aws:ssm:eu-central-1:123456789012:parameter/runnerfleet/ci/claim-key",
    ])])
    error_message = "The environment of each function refers to the secrets."
  }

  assert {
    condition     = !strcontains(jsonencode([for function in aws_lambda_function.fleet : function.environment]), "clear")
    error_message = "No secret is in the environment of a function."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.fleet : length(setintersection(keys(function.environment[0].variables), ["RunnerFleet__ClaimKeys__1", "RunnerFleet__GitHub__PreviousWebhookSecrets__0"])) == 0])
    error_message = "Nothing from before is accepted unless that is said."
  }

  assert {
    condition = alltrue([for policy in aws_iam_role_policy.function : length(setsubtract(
      [for name in ["github-pat", "webhook-secret", "claim-key", "class-sizes"] : "arn:aws:ssm:eu-central-1:123456789012:parameter/runnerfleet/ci/${name}"],
      flatten([for statement in jsondecode(policy.policy).Statement : statement.Resource if statement.Sid == "Parameters"]),
    )) == 0])
    error_message = "Each function may read the parameters of its fleet."
  }
}

run "a_changed_secret_is_written_again" {
  module {
    source = "./modules/control-plane"
  }

  variables {
    github_pat = "ghp_clear_text_of_the_next_token"
  }

  assert {
    condition     = aws_ssm_parameter.secret["github-pat"].value_wo_version != run.secrets_are_stored_encrypted_and_functions_are_told_where.secret_versions["github-pat"]
    error_message = "Terraform sees by the version that the token has changed."
  }

  assert {
    condition     = aws_ssm_parameter.secret["webhook-secret"].value_wo_version == run.secrets_are_stored_encrypted_and_functions_are_told_where.secret_versions["webhook-secret"]
    error_message = "What has not changed is not written."
  }
}

run "secrets_that_are_there_already_are_referred_to" {
  module {
    source = "./modules/control-plane"
  }

  variables {
    github_pat          = null
    webhook_secret      = null
    github_pat_arn      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:github-AbCdEf#token"
    webhook_secret_arn  = "arn:aws:ssm:eu-central-1:123456789012:parameter/own/webhook"
    claim_key_arn       = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:github-AbCdEf#claim"
    secret_kms_key_arns = ["arn:aws:kms:eu-central-1:123456789012:key/of-the-secrets"]

    previous_webhook_secret_arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/own/webhook-before"
    previous_claim_key_arn      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:before-GhIjKl#claim"
  }

  assert {
    condition     = length(aws_ssm_parameter.secret) == 0 && length(random_password.claim_key) == 0
    error_message = "Nothing is stored twice."
  }

  assert {
    condition     = aws_lambda_function.fleet["ingress"].environment[0].variables.RunnerFleet__GitHub__Token == "secretsmanager:arn:aws:secretsmanager:eu-central-1:123456789012:secret:github-AbCdEf#token"
    error_message = "The member of the secret is named."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.function["ingress"].policy).Statement : statement.Resource if statement.Sid == "Secrets"] == [["arn:aws:secretsmanager:eu-central-1:123456789012:secret:github-AbCdEf", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:before-GhIjKl"]]
    error_message = "These secrets may be read, and no others."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.function["ingress"].policy).Statement : statement.Resource if statement.Sid == "Keys"] == [["arn:aws:kms:eu-central-1:123456789012:key/of-the-secrets"]]
    error_message = "Its key may be used, and no other."
  }

  assert {
    condition = alltrue([for function in aws_lambda_function.fleet : [
      function.environment[0].variables.RunnerFleet__GitHub__PreviousWebhookSecrets__0,
      function.environment[0].variables.RunnerFleet__ClaimKeys__1,
      ] == [
      "ssm:arn:aws:ssm:eu-central-1:123456789012:parameter/own/webhook-before",
      "secretsmanager:arn:aws:secretsmanager:eu-central-1:123456789012:secret:before-GhIjKl#claim",
    ]]) && strcontains(aws_iam_role_policy.function["ingress"].policy, "parameter/own/webhook-before")
    error_message = "Secrets from before are accepted too, and may be read."
  }
}
