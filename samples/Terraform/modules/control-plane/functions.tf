locals {
  # One package; RunnerFleet__Role says which part of the work a function does. Timeouts: API Gateway waits 30 s.
  functions = var.lambda.single ? {
    all = { role = "all", timeout = 300 }
    } : {
    ingress = { role = "ingress", timeout = 29 }
    worker  = { role = "worker", timeout = 120 }
    sweeper = { role = "sweeper", timeout = 300 }
  }

  http_function  = merge(local.functions[var.lambda.single ? "all" : "ingress"], { key = var.lambda.single ? "all" : "ingress" })
  queue_function = merge(local.functions[var.lambda.single ? "all" : "worker"], { key = var.lambda.single ? "all" : "worker" })
  sweep_function = merge(local.functions[var.lambda.single ? "all" : "sweeper"], { key = var.lambda.single ? "all" : "sweeper" })

  # Names of settings are those of docs/configuration.md.
  environment = merge(
    {
      RunnerFleet__Name                       = var.name
      RunnerFleet__PublicUrl                  = local.public_url
      RunnerFleet__GitHub__Token              = local.secret_references["github-pat"]
      RunnerFleet__GitHub__WebhookSecret      = local.secret_references["webhook-secret"]
      RunnerFleet__ClaimKeys__0               = local.secret_references["claim-key"]
      RunnerFleet__Timing__RunnerTtlSeconds   = tostring(var.runner_ttl_seconds)
      RunnerFleet__Aws__DynamoDb__RunnerTable = aws_dynamodb_table.fleet["runners"].name
      RunnerFleet__Aws__DynamoDb__StateTable  = aws_dynamodb_table.fleet["state"].name
      RunnerFleet__Aws__Ecs__Cluster          = var.ecs.cluster_arn
      RunnerFleet__Aws__Ecs__AssignPublicIp   = tostring(var.ecs.assign_public_ip)
      RunnerFleet__Aws__Ecs__ExecutionRoleArn = var.ecs.execution_role_arn
      RunnerFleet__Aws__Ecs__TaskRoleArn      = var.ecs.task_role_arn
      RunnerFleet__Aws__Ecs__LogGroup         = var.ecs.log_group_name
      RunnerFleet__Aws__Ecs__LogRegion        = var.account.region
      RunnerFleet__Aws__Ecs__Spot             = tostring(var.ecs.spot)
      RunnerFleet__Aws__Ssm__Parameter        = aws_ssm_parameter.class_sizes.name
      RunnerFleet__Aws__Sqs__QueueUrl         = aws_sqs_queue.work.url
      RunnerFleet__Aws__Events__EventBusName  = local.event_bus_name
    },
    # Two shorter waits, 600 s each unless set, which the fleet wants smaller than what bounds them.
    var.runner_ttl_seconds > 600 ? {} : { for wait in ["ClaimTimeoutSeconds", "StartingTimeoutSeconds"] : "RunnerFleet__Timing__${wait}" => tostring(min(600, var.runner_ttl_seconds - 1)) },
    { for i, subnet in var.ecs.subnet_ids : "RunnerFleet__Aws__Ecs__Subnets__${i}" => subnet },
    { for i, group in var.ecs.security_groups : "RunnerFleet__Aws__Ecs__SecurityGroups__${i}" => group },
    # Lambda takes no other names of variables than these. The fleet gives its tasks its own tags itself.
    { for tag, value in var.tags : "RunnerFleet__Aws__Ecs__Tags__${tag}" => value if can(regex("^[A-Za-z0-9_]+$", tag)) },
    {
      for setting, value in {
        RunnerFleet__GitHub__PreviousWebhookSecrets__0 = lookup(local.secret_references, "previous-webhook-secret", null)
        RunnerFleet__ClaimKeys__1                      = lookup(local.secret_references, "previous-claim-key", null)
        RunnerFleet__GitHub__Repository                = var.github.repository
        RunnerFleet__GitHub__Organization              = var.github.organization
        RunnerFleet__GitHub__Enterprise                = var.github.enterprise
        RunnerFleet__GitHub__RunnerGroupId             = try(tostring(var.github.runner_group_id), null)
        RunnerFleet__GitHub__ApiUrl                    = var.github.api_url
        RunnerFleet__GitHub__WebhookId                 = try(tostring(var.github.webhook_id), null)
        RunnerFleet__Aws__Ecs__DefaultImage            = var.ecs.default_image
      } : setting => value if value != null
    },
    var.images == null ? {} : merge(
      {
        RunnerFleet__Labels__DefaultImage          = var.images.default_base
        RunnerFleet__Aws__CodeBuild__Project       = var.images.project_name
        RunnerFleet__Aws__CodeBuild__RepositoryUri = var.images.repository_url
        RunnerFleet__Aws__CodeBuild__SourceVersion = var.images.source_version
      },
      { for i, image in var.images.policy : "RunnerFleet__Policy__Images__${i}" => image },
      var.images.runner_version == null ? {} : { RunnerFleet__Aws__CodeBuild__RunnerVersion = var.images.runner_version },
    ),
    { for setting, value in var.settings : replace(setting, ":", "__") => value },
  )

  environments = { for key, function in local.functions : key => merge(local.environment, { RunnerFleet__Role = function.role }) }
}

# All functions write to one group: what is measured in it is the fleet's.
resource "aws_cloudwatch_log_group" "control_plane" {
  region            = var.aws_region
  name              = "/runnerfleet/${var.name}/control-plane"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_lambda_function" "fleet" {
  for_each = local.functions

  region                         = var.aws_region
  function_name                  = "${var.prefix}-${each.key}"
  description                    = "RunnerFleet, the fleet ${var.name}: ${each.key}."
  role                           = aws_iam_role.function[each.key].arn
  filename                       = var.lambda.package
  source_code_hash               = fileexists(var.lambda.package) ? filebase64sha256(var.lambda.package) : null # none is needed to destroy
  runtime                        = var.lambda.runtime
  handler                        = var.lambda.runtime == "dotnet10" ? "LambdaHost" : "bootstrap" # without a colon: an executable with a loop of its own
  architectures                  = [var.lambda.architecture == "arm64" ? "arm64" : "x86_64"]
  memory_size                    = var.lambda.memory
  timeout                        = each.value.timeout
  reserved_concurrent_executions = coalesce(var.lambda.reserved_concurrency[each.key], -1)
  kms_key_arn                    = var.kms_key_arn
  tags                           = var.tags

  environment {
    variables = local.environments[each.key]
  }

  logging_config {
    log_format = "Text" # the host writes a JSON object a line itself
    log_group  = aws_cloudwatch_log_group.control_plane.name
  }

  dynamic "vpc_config" {
    for_each = var.lambda.vpc == null ? [] : [var.lambda.vpc]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  lifecycle {
    precondition {
      condition     = fileexists(var.lambda.package)
      error_message = "There is no package of the functions at ${var.lambda.package}. Make it in a clone of the whole repository, with samples/Terraform/build.sh (Windows: build.ps1): lambda-host.zip is then beside the script. A module from another source, such as git, takes that file by lambda_package."
    }

    # Lambda measures the variables as JSON. Some addresses are known only when AWS has made them: the first apply may find out what later plans do.
    precondition {
      condition     = length(jsonencode(local.environments[each.key])) <= 4096
      error_message = "The environment of the function ${each.key} has ${length(jsonencode(local.environments[each.key]))} characters as JSON, and Lambda takes 4096. Shorten settings, image_policy or tags, or name fewer subnet_ids."
    }
  }

  # A function that starts before its role may do anything fails its first work.
  depends_on = [aws_iam_role_policy.function]
}

# By the clock only: the next one is due soon.
resource "aws_lambda_function_event_invoke_config" "clock" {
  region                       = var.aws_region
  function_name                = aws_lambda_function.fleet[local.sweep_function.key].function_name
  maximum_event_age_in_seconds = 60
  maximum_retry_attempts       = 0
}
