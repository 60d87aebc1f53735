locals {
  bus_is_ours    = var.create_event_bus && var.event_bus_name != "default"
  event_bus_name = local.bus_is_ours ? aws_cloudwatch_event_bus.fleet[0].name : var.event_bus_name
  event_bus_arn  = local.bus_is_ours ? aws_cloudwatch_event_bus.fleet[0].arn : "arn:${var.account.partition}:events:${var.account.region}:${var.account.id}:event-bus/${var.event_bus_name}"

  # Events of AWS come by the default bus.
  news = merge(
    {
      tasks = {
        bus = null
        pattern = {
          source      = ["aws.ecs"]
          detail-type = ["ECS Task State Change"]
          detail = {
            clusterArn = [var.ecs.cluster_arn]
            startedBy  = [{ prefix = "${var.name}/" }]
            lastStatus = [{ anything-but = ["PROVISIONING", "PENDING", "ACTIVATING"] }]
          }
        }
      }
      custom = {
        bus = local.event_bus_name
        pattern = {
          source      = ["ecs-runner"]
          detail-type = ["runner-status", "image-build"]
        }
      }
    },
    var.images == null ? {} : {
      builds = {
        bus = null
        pattern = {
          source      = ["aws.codebuild"]
          detail-type = ["CodeBuild Build State Change"]
          detail = {
            project-name = [var.images.project_name]
            build-status = [{ anything-but = ["IN_PROGRESS"] }]
          }
        }
      }
    },
  )

  clocks = {
    sweep = { expression = var.janitor_schedule_expression, function = local.sweep_function.key }
    drain = { expression = "rate(1 minute)", function = local.sweep_function.key }
  }
}

resource "aws_cloudwatch_event_bus" "fleet" {
  count              = local.bus_is_ours ? 1 : 0
  region             = var.aws_region
  name               = coalesce(var.event_bus_name, var.prefix)
  description        = "Moves of runners of the fleet ${var.name}, and custom events for it."
  kms_key_identifier = var.kms_key_arn
  tags               = var.tags
}

resource "aws_cloudwatch_event_rule" "news" {
  for_each = local.news

  region         = var.aws_region
  name           = "${var.prefix}-${each.key}"
  description    = "Tells the fleet ${var.name} of ${each.key}."
  event_bus_name = each.value.bus
  event_pattern  = jsonencode(each.value.pattern)
  tags           = var.tags
}

resource "aws_cloudwatch_event_target" "news" {
  for_each = local.news

  region         = var.aws_region
  rule           = aws_cloudwatch_event_rule.news[each.key].name
  event_bus_name = each.value.bus
  target_id      = "work"
  arn            = aws_sqs_queue.work.arn
}

# The sweep makes right what events did not tell; the drain takes up what is due.
resource "aws_cloudwatch_event_rule" "clock" {
  for_each = local.clocks

  region              = var.aws_region
  name                = "${var.prefix}-${each.key}"
  description         = "The ${each.key} of the fleet ${var.name}."
  schedule_expression = each.value.expression
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "clock" {
  for_each = local.clocks

  region    = var.aws_region
  rule      = aws_cloudwatch_event_rule.clock[each.key].name
  target_id = each.key
  arn       = aws_lambda_function.fleet[each.value.function].arn
  input     = jsonencode({ runnerfleet = each.key })

  retry_policy {
    maximum_event_age_in_seconds = 60
    maximum_retry_attempts       = 0 # the next one is due soon
  }
}

resource "aws_lambda_permission" "clock" {
  for_each = local.clocks

  region        = var.aws_region
  statement_id  = "clock-${each.key}"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.fleet[each.value.function].function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.clock[each.key].arn
}
