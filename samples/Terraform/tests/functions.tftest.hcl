mock_provider "aws" {
  source = "./tests/mocks"
}
mock_provider "archive" {}
mock_provider "random" {}

run "three_functions_of_one_package_share_the_work" {
  module {
    source = "./modules/control-plane"
  }

  assert {
    condition     = { for key, function in aws_lambda_function.fleet : key => function.environment[0].variables.RunnerFleet__Role } == { ingress = "ingress", worker = "worker", sweeper = "sweeper" }
    error_message = "Each function knows its role."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.fleet : function.runtime == "dotnet10" && function.handler == "LambdaHost" && function.architectures == tolist(["x86_64"])])
    error_message = "The package of build.sh runs on Lambda's own .NET."
  }

  assert {
    condition     = toset([for route in aws_apigatewayv2_route.fleet : route.route_key]) == toset(["POST /webhook", "POST /runner/claim", "POST /runner/status"]) && aws_apigatewayv2_integration.fleet.payload_format_version == "2.0"
    error_message = "GitHub and runners reach three routes, and nobody reaches more."
  }

  assert {
    condition     = { for key, target in aws_cloudwatch_event_target.clock : key => target.input } == { sweep = "{\"runnerfleet\":\"sweep\"}", drain = "{\"runnerfleet\":\"drain\"}" }
    error_message = "Schedules say what they are for."
  }

  assert {
    condition     = aws_cloudwatch_event_rule.clock["sweep"].schedule_expression == "rate(5 minutes)" && aws_cloudwatch_event_rule.clock["drain"].schedule_expression == "rate(1 minute)"
    error_message = "The sweep comes as often as it is asked for, the drain every minute."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.work.function_response_types == toset(["ReportBatchItemFailures"]) && aws_sqs_queue.work.visibility_timeout_seconds >= 6 * aws_lambda_function.fleet["worker"].timeout
    error_message = "One message that fails does not bring its batch again, nor before its function can be done."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.work.scaling_config[0].maximum_concurrency == 5 && alltrue([for function in aws_lambda_function.fleet : function.reserved_concurrent_executions == -1])
    error_message = "The queue is worked off by five at most, and nothing is reserved."
  }

  assert {
    condition     = aws_lambda_function.fleet["ingress"].timeout < 30
    error_message = "API Gateway waits no longer than 30 s."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.work.redrive_policy).maxReceiveCount == 5 && aws_sqs_queue.dead_letters.message_retention_seconds == 1209600
    error_message = "What nobody can handle lies in the dead-letter queue for two weeks."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.fleet : function.environment[0].variables.RunnerFleet__PublicUrl == "https://abc123.execute-api.eu-central-1.amazonaws.com"])
    error_message = "Runners are told the address of the API."
  }
}

run "one_function_does_it_all_where_that_is_wanted" {
  module {
    source = "./modules/control-plane"
  }

  variables {
    public_url                  = "https://runners.example.com/"
    janitor_schedule_expression = "cron(0 3 * * ? *)"
    lambda = {
      package              = "tests/package.txt"
      runtime              = "provided.al2023"
      architecture         = "arm64"
      single               = true
      reserved_concurrency = { all = 6 }
    }
  }

  assert {
    condition     = { for key, function in aws_lambda_function.fleet : key => [function.environment[0].variables.RunnerFleet__Role, function.handler, function.runtime, one(function.architectures), tostring(function.reserved_concurrent_executions)] } == { all = ["all", "bootstrap", "provided.al2023", "arm64", "6"] } && aws_lambda_event_source_mapping.work.scaling_config[0].maximum_concurrency == 3
    error_message = "There is one function, as the native package is run, and the queue leaves one execution of it to webhooks."
  }

  assert {
    condition     = strcontains(aws_iam_role_policy.function["all"].policy, "sqs:ReceiveMessage")
    error_message = "It receives messages too."
  }

  assert {
    condition     = output.webhook_url == "https://runners.example.com/webhook" && aws_lambda_function.fleet["all"].environment[0].variables.RunnerFleet__PublicUrl == "https://runners.example.com"
    error_message = "GitHub and runners come by your own address."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.fleet["no-sweep"].period == 86400 && contains(keys(aws_cloudwatch_metric_alarm.fleet), "all-errors")
    error_message = "A schedule that is not one of every hour is taken for once a day."
  }
}

run "events_of_this_fleet_and_of_no_other_come_to_its_queue" {
  module {
    source = "./modules/control-plane"
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.news["tasks"].event_pattern).detail == {
      clusterArn = ["arn:aws:ecs:eu-central-1:123456789012:cluster/runnerfleet-ci"]
      startedBy  = [{ prefix = "ci/" }]
      lastStatus = [{ anything-but = ["PROVISIONING", "PENDING", "ACTIVATING"] }]
    }
    error_message = "Tasks that this fleet started."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.news["builds"].event_pattern).detail["project-name"] == ["runnerfleet-ci-images"]
    error_message = "Builds of its project."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.news["custom"].event_pattern) == { source = ["ecs-runner"], detail-type = ["runner-status", "image-build"] } && aws_cloudwatch_event_rule.news["custom"].event_bus_name == "runnerfleet-ci"
    error_message = "The custom events of the Python project, from the fleet's bus."
  }

  assert {
    condition     = alltrue([for target in aws_cloudwatch_event_target.news : target.arn == aws_sqs_queue.work.arn])
    error_message = "All of them come to the queue."
  }

  assert {
    condition     = [for statement in jsondecode(aws_sqs_queue_policy.work.policy).Statement : [statement.Principal, statement.Condition] if statement.Effect == "Allow"] == [[{ Service = "events.amazonaws.com" }, { ArnEquals = { "aws:SourceArn" = [for rule in aws_cloudwatch_event_rule.news : rule.arn] } }]]
    error_message = "Nobody sends there but the rules."
  }
}

run "a_bus_that_is_there_is_used" {
  module {
    source = "./modules/control-plane"
  }

  variables {
    event_bus_name              = "runner-control-plane"
    create_event_bus            = false
    janitor_schedule_expression = "rate(1 minute)"
    runner_ttl_seconds          = 600
  }

  assert {
    condition     = length(aws_cloudwatch_event_bus.fleet) == 0 && output.event_bus_arn == "arn:aws:events:eu-central-1:123456789012:event-bus/runner-control-plane"
    error_message = "It is not made again."
  }

  assert {
    condition     = aws_lambda_function.fleet["worker"].environment[0].variables.RunnerFleet__Aws__Events__EventBusName == "runner-control-plane"
    error_message = "Moves are published to it."
  }

  assert {
    condition     = [for alarm in ["no-sweep", "sweep-errors"] : aws_cloudwatch_metric_alarm.fleet[alarm].period] == [300, 60]
    error_message = "A sweep that does not come is missed for a quarter of an hour before anybody is called."
  }

  assert {
    condition     = [for wait in ["RunnerTtl", "ClaimTimeout", "StartingTimeout"] : aws_lambda_function.fleet["worker"].environment[0].variables["RunnerFleet__Timing__${wait}Seconds"]] == ["600", "599", "599"]
    error_message = "A short time to live bounds the waits within it: the fleet would refuse its settings."
  }
}

run "a_bus_of_the_given_name_is_made" {
  module {
    source = "./modules/control-plane"
  }

  variables {
    event_bus_name = "runner-control-plane"
    lambda         = { package = "tests/package.txt", reserved_concurrency = { worker = 2 } }
  }

  assert {
    condition     = aws_cloudwatch_event_bus.fleet[0].name == "runner-control-plane"
    error_message = "As in the Python project."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.work.scaling_config[0].maximum_concurrency == 2
    error_message = "No more is received than the worker may run."
  }
}

run "a_package_that_is_not_there_is_refused" {
  command = plan

  module {
    source = "./modules/control-plane"
  }

  variables {
    lambda = { package = "lambda-host-that-nobody-built.zip" }
  }

  expect_failures = [aws_lambda_function.fleet]
}

run "an_environment_that_lambda_does_not_take_is_refused" {
  command = plan

  module {
    source = "./modules/control-plane"
  }

  variables {
    settings = { for i in range(40) : "RunnerFleet:Policy:Repositories:${i}" => "octo-org/a-repository-with-quite-a-long-name" }
  }

  expect_failures = [aws_lambda_function.fleet]
}
