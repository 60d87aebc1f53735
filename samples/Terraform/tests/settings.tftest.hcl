mock_provider "aws" {
  source = "./tests/mocks"
}
mock_provider "archive" {}
mock_provider "random" {}

run "tables_and_classes_are_those_that_the_fleet_reads" {
  module {
    source = "./modules/control-plane"
  }

  assert {
    condition     = { for table in aws_dynamodb_table.fleet : table.name => [for key in [table.hash_key, table.range_key] : key if key != null] } == { runnerfleet-ci-runners = ["runner_id"], runnerfleet-ci-runners-state = ["pk", "sk"] }
    error_message = "Names and keys."
  }

  assert {
    condition = alltrue([for table in aws_dynamodb_table.fleet : { for index in table.global_secondary_index : index.name => [index.hash_key, index.range_key, index.projection_type] } == {
      live-by-deadline-ended-by-age = ["list_key", "list_order", "INCLUDE"]
      by-demand                     = ["demand_key", "demand_order", "KEYS_ONLY"]
    }])
    error_message = "Indexes."
  }

  assert {
    condition     = alltrue([for table in aws_dynamodb_table.fleet : table.ttl[0].attribute_name == "expires_at" && table.ttl[0].enabled && table.billing_mode == "PAY_PER_REQUEST"])
    error_message = "Time to live, on demand."
  }

  assert {
    condition     = alltrue([for table in aws_dynamodb_table.fleet : table.point_in_time_recovery[0].enabled && !table.deletion_protection_enabled && length(table.server_side_encryption) == 0])
    error_message = "Restorable, and deletable unless that is forbidden."
  }

  assert {
    condition     = aws_lambda_function.fleet["worker"].environment[0].variables.RunnerFleet__Aws__DynamoDb__RunnerTable == "runnerfleet-ci-runners" && aws_lambda_function.fleet["worker"].environment[0].variables.RunnerFleet__Aws__DynamoDb__StateTable == "runnerfleet-ci-runners-state"
    error_message = "Functions use these."
  }

  assert {
    condition = jsondecode(aws_ssm_parameter.class_sizes.value) == {
      small = { cpu = 512, memory = 1024 }
      big   = { cpu = 4096, memory = 8192, disk = 100, architecture = "arm64", capacity = "spot", limit = 3, jobTimeLimitSeconds = 3600 }
    }
    error_message = "What is not set is not there: ${aws_ssm_parameter.class_sizes.value}."
  }

  assert {
    condition     = aws_lambda_function.fleet["ingress"].environment[0].variables.RunnerFleet__Aws__Ssm__Parameter == "/runnerfleet/ci/class-sizes"
    error_message = "Functions read it."
  }
}

run "tables_can_be_protected_and_alarms_left_out" {
  module {
    source = "./modules/control-plane"
  }

  variables {
    deletion_protection    = true
    point_in_time_recovery = false
    alarms                 = false
    dashboard              = false
  }

  assert {
    condition     = alltrue([for table in aws_dynamodb_table.fleet : table.deletion_protection_enabled && !table.point_in_time_recovery[0].enabled])
    error_message = "Both options are followed."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.fleet) + length(aws_cloudwatch_dashboard.fleet) == 0
    error_message = "Neither alarms nor dashboard are made."
  }
}

run "settings_are_those_of_the_documentation" {
  module {
    source = "./modules/control-plane"
  }

  variables {
    tags                        = { team = "build", "cost:center" = "42" }
    janitor_schedule_expression = "cron(0/20 * * * ? *)"
    runner_ttl_seconds          = 3600
    github                      = { organization = "octo-org", runner_group_id = 7, api_url = "https://github.example.com/api/v3" }
    settings                    = { "RunnerFleet:Limits:Fleet" = "20", "RunnerFleet:Policy:PublicRepositories:0" = "octo-org/open" }
  }

  assert {
    condition = alltrue([for setting, value in {
      RunnerFleet__Name                          = "ci"
      RunnerFleet__GitHub__Organization          = "octo-org"
      RunnerFleet__GitHub__RunnerGroupId         = "7"
      RunnerFleet__GitHub__ApiUrl                = "https://github.example.com/api/v3"
      RunnerFleet__Timing__RunnerTtlSeconds      = "3600"
      RunnerFleet__Limits__Fleet                 = "20"
      RunnerFleet__Policy__PublicRepositories__0 = "octo-org/open"
      RunnerFleet__Policy__Images__1             = "ghcr.io/octo-org/*"
      RunnerFleet__Labels__DefaultImage          = "ubuntu:22.04"
      RunnerFleet__Aws__CodeBuild__SourceVersion = "version-of-the-source"
      RunnerFleet__Aws__Ecs__Subnets__1          = "subnet-0b"
      RunnerFleet__Aws__Ecs__SecurityGroups__0   = "sg-0a"
      RunnerFleet__Aws__Ecs__AssignPublicIp      = "true"
      RunnerFleet__Aws__Ecs__Tags__team          = "build"
    } : aws_lambda_function.fleet["worker"].environment[0].variables[setting] == value])
    error_message = "Names of settings are those of docs/configuration.md."
  }

  assert {
    condition     = length(setintersection(keys(aws_lambda_function.fleet["worker"].environment[0].variables), ["RunnerFleet__GitHub__Repository", "RunnerFleet__Timing__ClaimTimeoutSeconds", "RunnerFleet__Timing__StartingTimeoutSeconds"])) == 0 && alltrue([for name in keys(aws_lambda_function.fleet["worker"].environment[0].variables) : can(regex("^[A-Za-z][A-Za-z0-9_]+$", name))])
    error_message = "What is not set is not there, and Lambda takes all names."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.fleet["no-sweep"].period == 1200 && aws_cloudwatch_metric_alarm.fleet["sweep-errors"].period == 1200
    error_message = "Alarms have the patience of the schedule, also of one that is cron(…)."
  }
}

run "what_matters_is_measured_and_watched" {
  module {
    source = "./modules/control-plane"
  }

  variables {
    alarm_actions               = ["arn:aws:sns:eu-central-1:123456789012:on-call"]
    janitor_schedule_expression = "rate(10 minutes)"
    queue_seconds_alarm         = 900
  }

  assert {
    condition = { for metric in ["QueueSeconds", "WaitSeconds", "Notices", "Failing"] : metric => aws_cloudwatch_log_metric_filter.fleet[metric].pattern } == {
      QueueSeconds = "{ ($.event = 2070) && ($.QueueSeconds = *) && ($.Class = *) }"
      WaitSeconds  = "{ ($.event = 2075) && ($.WaitSeconds = *) }"
      Notices      = "{ ($.event = 2040) && ($.Code = *) }"
      Failing      = "{ ($.event = 2050 || $.event = 2051 || $.event = 2053 || $.event = 2057 || $.event = 2058 || $.event = 2061 || $.event = 6602 || $.event = 7011) }"
    }
    error_message = "Metrics come from the log of the functions, and each member that is taken stands in its pattern."
  }

  assert {
    condition = alltrue([for filter in aws_cloudwatch_log_metric_filter.fleet : filter.metric_transformation[0].namespace == "RunnerFleet/ci" && filter.log_group_name == "/runnerfleet/ci/control-plane"]) && [
      for metric in ["QueueSeconds", "WaitSeconds", "Notices"] : [aws_cloudwatch_log_metric_filter.fleet[metric].metric_transformation[0].value, try(one(values(aws_cloudwatch_log_metric_filter.fleet[metric].metric_transformation[0].dimensions)), "")]
    ] == [["$.QueueSeconds", "$.Class"], ["$.WaitSeconds", ""], ["1", "$.Code"]]
    error_message = "Metrics are the fleet's own."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.fleet : alarm.alarm_actions == toset(var.alarm_actions) && startswith(alarm.alarm_name, "runnerfleet-ci-") && alarm.period % 60 == 0 && alarm.period * alarm.evaluation_periods <= (alarm.period < 3600 ? 86400 : 604800)])
    error_message = "Every alarm tells who is to be told, and looks back no longer than CloudWatch does."
  }

  assert {
    condition = {
      for name in ["no-sweep", "sweep-errors", "failing", "slow-starts", "long-wait"] : name => [
        for value in [aws_cloudwatch_metric_alarm.fleet[name].metric_name, aws_cloudwatch_metric_alarm.fleet[name].comparison_operator, aws_cloudwatch_metric_alarm.fleet[name].threshold, aws_cloudwatch_metric_alarm.fleet[name].period, aws_cloudwatch_metric_alarm.fleet[name].datapoints_to_alarm, aws_cloudwatch_metric_alarm.fleet[name].treat_missing_data] : tostring(value)
      ]
      } == {
      no-sweep     = ["Sweeps", "LessThanThreshold", "1", "600", "3", "breaching"]
      sweep-errors = ["SweepErrors", "GreaterThanThreshold", "0", "600", "3", "ignore"]
      failing      = ["Failing", "GreaterThanThreshold", "0", "300", "3", "notBreaching"]
      slow-starts  = ["QueueSecondsOfAll", "GreaterThanThreshold", "900", "900", "1", "notBreaching"]
      long-wait    = ["WaitSeconds", "GreaterThanThreshold", "900", "900", "1", "notBreaching"]
    }
    error_message = "Three sweeps that fail or do not end are an alarm, and a job whose runner is not launched, whether others begin or not."
  }

  assert {
    condition     = [for metric, filter in aws_cloudwatch_log_metric_filter.fleet : metric if filter.metric_transformation[0].default_value != null] == ["Sweeps"]
    error_message = "A minute without a sweep counts as one."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.fleet["slow-starts"].extended_statistic == "p90" && [for name in ["long-wait", "no-sweep"] : aws_cloudwatch_metric_alarm.fleet[name].statistic] == ["Maximum", "Sum"] && length(setsubtract(["ingress-errors", "worker-errors", "sweeper-errors"], keys(aws_cloudwatch_metric_alarm.fleet))) == 0
    error_message = "Of jobs that begin nine in ten count, of those that wait the longest."
  }

  assert {
    condition     = alltrue([for code in ["BREAKER_OPEN", "CLEAN_UP_HALTED", "CLAIMED_WHILE_BUSY", "NOT_RECONCILED"] : aws_cloudwatch_metric_alarm.fleet["notice-${replace(lower(code), "_", "-")}"].dimensions == tomap({ Code = code }) && length(aws_cloudwatch_metric_alarm.fleet["notice-${replace(lower(code), "_", "-")}"].ok_actions) == 0])
    error_message = "Notices that ask for a person are alarms, and nobody is told that they are over."
  }

  assert {
    condition     = alltrue([for word in ["QueueSecondsOfAll", "WaitSeconds", "Active", "Launches", "Failures", "SweepErrors", "Notices", "p50", "p90", "\"small\"", "\"big\"", "\"Existing\""] : strcontains(aws_cloudwatch_dashboard.fleet[0].dashboard_body, word)])
    error_message = "Queue time, what lives by class, launches, failures and notices are on the dashboard."
  }

  assert {
    condition     = alltrue([for group in [aws_cloudwatch_log_group.control_plane, aws_cloudwatch_log_group.api] : group.retention_in_days == 30])
    error_message = "No log is kept for ever."
  }
}
