# Metrics are read out of the functions' log by the ids of its entries, which do not move (src/RunnerFleet.Sdk/Provisioning/Log.cs); nothing is charged to a job for them.

locals {
  metrics_namespace = "RunnerFleet/${var.name}"

  # dimension: the value of the entry that tells one from another.
  metrics = {
    QueueSeconds      = { event = 2070, value = "$.QueueSeconds", unit = "Seconds", dimension = "Class" }
    JobsBegun         = { event = 2070, value = "1", unit = "Count", dimension = null }
    Launches          = { event = 2010, value = "1", unit = "Count", dimension = "Outcome" }
    RunnersEnded      = { event = 2071, value = "1", unit = "Count", dimension = null }
    Failures          = { event = 2072, value = "1", unit = "Count", dimension = null }
    Sweeps            = { event = 2073, value = "1", unit = "Count", dimension = null }
    SweepErrors       = { event = 2073, value = "$.Errors", unit = "Count", dimension = null }
    Active            = { event = 2074, value = "$.Active", unit = "Count", dimension = "Class" }
    QueueSecondsOfAll = { event = 2070, value = "$.QueueSeconds", unit = "Seconds", dimension = null }
  }

  classes = sort(keys(var.runner_class_sizes))

  alarms = {
    dead-letters = {
      text       = "Messages lie in the dead-letter queue: nobody could handle them. Look at them, mend the cause, and redrive the queue."
      namespace  = "AWS/SQS"
      metric     = "ApproximateNumberOfMessagesVisible"
      dimensions = { QueueName = aws_sqs_queue.dead_letters.name }
      statistic  = "Maximum"
      threshold  = 0
    }
    queue-age = {
      text       = "A hint or an event has waited for more than 10 minutes. Is the worker throttled, or does it fail?"
      namespace  = "AWS/SQS"
      metric     = "ApproximateAgeOfOldestMessage"
      dimensions = { QueueName = aws_sqs_queue.work.name }
      statistic  = "Maximum"
      threshold  = 600
    }
    api-errors = {
      text       = "GitHub or runners were answered with an error of ours. Failed webhooks can be redelivered at GitHub."
      namespace  = "AWS/ApiGateway"
      metric     = "5xx"
      dimensions = { ApiId = aws_apigatewayv2_api.fleet.id }
      statistic  = "Sum"
      threshold  = 5
    }
    failures = {
      text       = "Runners fail. Their reasons are in the log of the control plane: \"runnerfleet runners list\" shows them too."
      namespace  = local.metrics_namespace
      metric     = "Failures"
      dimensions = {}
      statistic  = "Sum"
      threshold  = 5
    }
    sweep-errors = {
      text       = "Steps of sweeps fail again and again; the log of the control plane says which."
      namespace  = local.metrics_namespace
      metric     = "SweepErrors"
      dimensions = {}
      statistic  = "Sum"
      threshold  = 10
    }
  }
}

resource "aws_cloudwatch_log_metric_filter" "fleet" {
  for_each = local.metrics

  region         = var.aws_region
  name           = "${var.prefix}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.control_plane.name
  pattern        = "{ $.event = ${each.value.event} }"

  metric_transformation {
    namespace  = local.metrics_namespace
    name       = each.key
    value      = each.value.value
    unit       = each.value.unit
    dimensions = each.value.dimension == null ? null : { (each.value.dimension) = "$.${each.value.dimension}" }
  }
}

resource "aws_cloudwatch_metric_alarm" "fleet" {
  for_each = var.alarms ? local.alarms : {}

  region              = var.aws_region
  alarm_name          = "${var.prefix}-${each.key}"
  alarm_description   = each.value.text
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "function_errors" {
  for_each = var.alarms ? local.functions : {}

  region              = var.aws_region
  alarm_name          = "${var.prefix}-${each.key}-errors"
  alarm_description   = "The function ${each.key} fails. What it does is done again; the log of the control plane says why it fails."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.fleet[each.key].function_name }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 3
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "slow_starts" {
  count = var.alarms ? 1 : 0

  region              = var.aws_region
  alarm_name          = "${var.prefix}-slow-starts"
  alarm_description   = "More than one job in ten waited longer than ${var.queue_seconds_alarm} s for its runner. Is there a limit, a quota of Fargate, or an image that is being built?"
  namespace           = local.metrics_namespace
  metric_name         = "QueueSecondsOfAll"
  extended_statistic  = "p90"
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.queue_seconds_alarm
  period              = 900
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags
}

# The one thing whose silence is the alarm.
resource "aws_cloudwatch_metric_alarm" "no_sweep" {
  count = var.alarms ? 1 : 0

  region              = var.aws_region
  alarm_name          = "${var.prefix}-no-sweep"
  alarm_description   = "The scheduled function has not run: what events did not tell stays untold, and runners may burn money unseen."
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = { FunctionName = aws_lambda_function.fleet[local.sweep_function.key].function_name }
  statistic           = "Sum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 300
  evaluation_periods  = 3
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags
}

resource "aws_cloudwatch_dashboard" "fleet" {
  count = var.dashboard ? 1 : 0

  region         = var.aws_region
  dashboard_name = var.prefix

  dashboard_body = jsonencode({
    widgets = [
      for i, widget in [
        {
          title   = "Seconds from queued to begun"
          view    = "timeSeries"
          stacked = false
          metrics = [
            [local.metrics_namespace, "QueueSecondsOfAll", { stat = "p50", label = "P50" }],
            [local.metrics_namespace, "QueueSecondsOfAll", { stat = "p90", label = "P90" }],
          ]
        },
        {
          title   = "P90 of these seconds by class"
          view    = "timeSeries"
          stacked = false
          metrics = [for class in local.classes : [local.metrics_namespace, "QueueSeconds", "Class", class, { stat = "p90" }]]
        },
        {
          title   = "Runners that hold a place, by class, at each sweep"
          view    = "timeSeries"
          stacked = true
          metrics = [for class in local.classes : [local.metrics_namespace, "Active", "Class", class, { stat = "Maximum" }]]
        },
        {
          title   = "Launches by outcome"
          view    = "timeSeries"
          stacked = true
          metrics = [for outcome in ["Launched", "NoCapacity", "Throttled", "Rejected", "Unknown"] : [local.metrics_namespace, "Launches", "Outcome", outcome, { stat = "Sum" }]]
        },
        {
          title   = "Jobs that began, runners that ended, runners that failed"
          view    = "timeSeries"
          stacked = false
          metrics = [for metric in ["JobsBegun", "RunnersEnded", "Failures"] : [local.metrics_namespace, metric, { stat = "Sum" }]]
        },
        {
          title   = "Messages: waiting, and dead"
          view    = "timeSeries"
          stacked = false
          metrics = [for queue in [aws_sqs_queue.work.name, aws_sqs_queue.dead_letters.name] : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue, { stat = "Maximum" }]]
        },
        {
          title   = "Errors of functions"
          view    = "timeSeries"
          stacked = true
          metrics = [for key in sort(keys(local.functions)) : ["AWS/Lambda", "Errors", "FunctionName", aws_lambda_function.fleet[key].function_name, { stat = "Sum" }]]
        },
        {
          title   = "Duration of functions, P90, in ms"
          view    = "timeSeries"
          stacked = false
          metrics = [for key in sort(keys(local.functions)) : ["AWS/Lambda", "Duration", "FunctionName", aws_lambda_function.fleet[key].function_name, { stat = "p90" }]]
        },
        ] : {
        type       = "metric"
        x          = 12 * (i % 2)
        y          = 6 * floor(i / 2)
        width      = 12
        height     = 6
        properties = merge(widget, { region = var.account.region, period = 300 })
      }
    ]
  })
}
