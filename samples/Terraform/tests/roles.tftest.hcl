mock_provider "aws" {
  source = "./tests/mocks"
}
mock_provider "archive" {}
mock_provider "random" {}

run "each_function_may_do_what_the_fleet_does_and_no_more" {
  module {
    source = "./modules/control-plane"
  }

  assert {
    condition = alltrue([for policy in aws_iam_role_policy.function : alltrue([
      for statement in jsondecode(policy.policy).Statement : contains(["FindRunners", "FindDefinitions"], statement.Sid) if contains(flatten([statement.Resource]), "*")
    ])])
    error_message = "Only what knows no resource is allowed on all of them."
  }

  assert {
    condition     = alltrue([for policy in aws_iam_role_policy.function : alltrue([for action in flatten([for statement in jsondecode(policy.policy).Statement : statement.Action]) : !strcontains(action, "*")])])
    error_message = "No action is a wildcard."
  }

  assert {
    condition = alltrue([for policy in aws_iam_role_policy.function : [
      for statement in jsondecode(policy.policy).Statement : [statement.Action, statement.Resource, statement.Condition] if statement.Sid == "StartRunners"
      ] == [[
        "ecs:RunTask",
        "arn:aws:ecs:eu-central-1:123456789012:task-definition/ci-????????????????????????????????:*",
        { ArnEquals = { "ecs:cluster" = "arn:aws:ecs:eu-central-1:123456789012:cluster/runnerfleet-ci" } },
    ]]])
    error_message = "Tasks are started from this fleet's definitions, in this cluster."
  }

  assert {
    condition = alltrue([for policy in aws_iam_role_policy.function : [
      for statement in jsondecode(policy.policy).Statement : [statement.Resource, statement.Condition] if statement.Sid == "StopRunners"
      ] == [[
        "arn:aws:ecs:eu-central-1:123456789012:task/runnerfleet-ci/*",
        { ArnEquals = { "ecs:cluster" = "arn:aws:ecs:eu-central-1:123456789012:cluster/runnerfleet-ci" }, StringEquals = { "aws:ResourceTag/runnerfleet:fleet" = "ci" } },
    ]]])
    error_message = "Tasks of others, even in the same cluster, cannot be stopped."
  }

  assert {
    condition = alltrue([for policy in aws_iam_role_policy.function : [
      for statement in jsondecode(policy.policy).Statement : [statement.Resource, statement.Condition] if contains(flatten([statement.Action]), "iam:PassRole")
      ] == [[
        ["arn:aws:iam::123456789012:role/runnerfleet-ci-execution", "arn:aws:iam::123456789012:role/runnerfleet-ci-task"],
        { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } },
    ]]])
    error_message = "Two roles are passed on, to tasks only."
  }

  assert {
    condition     = [for key, policy in aws_iam_role_policy.function : key if strcontains(policy.policy, "sqs:ReceiveMessage")] == ["worker"]
    error_message = "Only the worker receives messages."
  }

  assert {
    condition     = alltrue([for policy in aws_iam_role_policy.function : !strcontains(policy.policy, "ec2:") && !strcontains(policy.policy, "kms:") && !strcontains(policy.policy, "ecs:ExecuteCommand") && !strcontains(policy.policy, "dynamodb:DeleteTable")])
    error_message = "What is not used is not allowed."
  }
}

run "without_image_builds_nothing_of_codebuild_is_allowed" {
  module {
    source = "./modules/control-plane"
  }

  variables {
    images = null
  }

  assert {
    condition     = alltrue([for policy in aws_iam_role_policy.function : !strcontains(policy.policy, "codebuild:") && !strcontains(policy.policy, "ecr:")])
    error_message = "The functions look at no builds and no images."
  }

  assert {
    condition     = length([for setting in keys(aws_lambda_function.fleet["worker"].environment[0].variables) : setting if strcontains(setting, "CodeBuild") || strcontains(setting, "Labels")]) == 0
    error_message = "No setting names a builder."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_event_rule.news)) == toset(["tasks", "custom"])
    error_message = "No rule listens to builds."
  }
}

run "in_a_vpc_functions_may_have_interfaces" {
  module {
    source = "./modules/control-plane"
  }

  variables {
    lambda = { package = "tests/package.txt", vpc = { subnet_ids = ["subnet-0c"], security_group_ids = ["sg-0c"] } }
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.fleet : toset(function.vpc_config[0].subnet_ids) == toset(["subnet-0c"])])
    error_message = "All functions are in the VPC."
  }

  assert {
    condition     = alltrue([for policy in aws_iam_role_policy.function : strcontains(policy.policy, "ec2:CreateNetworkInterface")])
    error_message = "Their roles may make interfaces."
  }
}

run "with_a_key_of_your_own_everything_is_encrypted_by_it" {
  module {
    source = "./modules/control-plane"
  }

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/own"
  }

  assert {
    condition = alltrue(concat(
      [for table in aws_dynamodb_table.fleet : table.server_side_encryption[0].kms_key_arn == var.kms_key_arn],
      [for parameter in aws_ssm_parameter.secret : parameter.key_id == var.kms_key_arn],
      [for function in aws_lambda_function.fleet : function.kms_key_arn == var.kms_key_arn],
      [aws_sqs_queue.work.kms_master_key_id == var.kms_key_arn, aws_sqs_queue.dead_letters.kms_master_key_id == var.kms_key_arn],
      [aws_cloudwatch_log_group.control_plane.kms_key_id == var.kms_key_arn, aws_cloudwatch_log_group.api.kms_key_id == var.kms_key_arn],
    ))
    error_message = "Tables, parameters, environments, queues and logs."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.function["worker"].policy).Statement : statement.Resource if statement.Sid == "Keys"] == [[var.kms_key_arn]]
    error_message = "The functions may use that key, through the services that hold their things."
  }
}

run "jobs_run_with_a_role_that_allows_nothing" {
  module {
    source = "./modules/ecs-fleet"
  }

  assert {
    condition     = aws_iam_role_policy.execution.role != aws_iam_role.task.id && length(aws_iam_role.task.inline_policy) == 0 && aws_iam_role.task.managed_policy_arns == null
    error_message = "The only policy is that of the role that pulls and logs."
  }

  assert {
    condition     = strcontains(aws_iam_role.task.assume_role_policy, "aws:SourceAccount") && strcontains(aws_iam_role.execution.assume_role_policy, "arn:aws:ecs:eu-central-1:123456789012:*")
    error_message = "Both roles are for ECS tasks of this account."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.execution.policy).Statement : statement.Action if contains(flatten([statement.Resource]), "*")] == ["ecr:GetAuthorizationToken"]
    error_message = "Images are pulled from the fleet's repository only."
  }
}
