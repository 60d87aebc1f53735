# Metrics are read out of the functions' log by the ids of its entries, which do not move (src/RunnerFleet.Sdk/Provisioning/Log.cs, samples/LambdaHost/Log.cs); nothing is charged to a job for them.

locals {
  metrics_namespace = "RunnerFleet/${var.name}"

  # value: a member of the entry, where it is not 1 for each. dimension: the member that tells one from another.
  metrics = {
    QueueSeconds      = { events = [2070], value = "QueueSeconds", unit = "Seconds", dimension = "Class" }
    QueueSecondsOfAll = { events = [2070], value = "QueueSeconds", unit = "Seconds", dimension = null }
    JobsBegun         = { events = [2070], value = null, unit = "Count", dimension = null }
    WaitSeconds       = { events = [2075], value = "WaitSeconds", unit = "Seconds", dimension = null }
    Launches          = { events = [2010], value = null, unit = "Count", dimension = "Outcome" }
    RunnersEnded      = { events = [2071], value = null, unit = "Count", dimension = null }
    Failures          = { events = [2072], value = null, unit = "Count", dimension = null }
    Sweeps            = { events = [2073], value = null, unit = "Count", dimension = null }
    SweepErrors       = { events = [2073], value = "Errors", unit = "Count", dimension = null }
    Active            = { events = [2074], value = "Active", unit = "Count", dimension = "Class" }
    Notices           = { events = [2040], value = null, unit = "Count", dimension = "Code" }
    # A drain or a sweep failed, of itself or as an event, the compute is not there, changed settings are not valid, a function's time was up.
    Failing = { events = [2050, 2051, 2053, 2057, 2058, 2061, 6602, 7011], value = null, unit = "Count", dimension = null }
  }

  classes = sort(keys(var.runner_class_sizes))

  # How far apart sweeps are: what rate(…) says, and the plain forms of cron(…). Any other cron(…) is taken for once a day.
  sweep_rate = try(regex("^rate\\((\\d+) (minute|hour|day)s?\\)$", var.janitor_schedule_expression), null)
  sweep_cron = try(regex("^cron\\((\\S+) \\* [*?] \\* [*?] \\*\\)$", var.janitor_schedule_expression)[0], null) # the minutes of every hour
  sweep_seconds = (
    local.sweep_rate != null ? tonumber(local.sweep_rate[0]) * { minute = 60, hour = 3600, day = 86400 }[local.sweep_rate[1]] :
    local.sweep_cron == "*" ? 60 :
    can(regex("^[*0]/[1-9][0-9]*$", local.sweep_cron)) ? 60 * min(60, tonumber(split("/", local.sweep_cron)[1])) :
    local.sweep_cron != null ? 3600 :
    86400
  )
  no_sweep_seconds = max(900, 3 * local.sweep_seconds)

  # Notices that ask for a person. The others, such as a registration that was left over, were put right by the fleet itself.
  notices = {
    BREAKER_OPEN       = { threshold = 0, text = "Launches wait until their cause is mended, which the log names: a token that GitHub refuses, or runners that do not reach public_url." }
    CLAIMED_WHILE_BUSY = { threshold = 0, text = "A runner's claim was used again while its job ran. Its claim secret may have leaked: look at that job, and change the claim key." }
    CLEAN_UP_HALTED    = { threshold = 0, text = "Many tasks have no record, so none is stopped. Were the tables replaced, or the fleet's name changed?" }
    ENDING_TAKES_LONG  = { threshold = 0, text = "The end of a runner is not proven after an hour. Its task may still cost money." }
    FOREIGN_JOB        = { threshold = 0, text = "A job that the fleet refused, or does not know, ran on one of its runners. Which repositories may use the runner group?" }
    NOT_RECONCILED     = { threshold = 0, period = 21600, text = "GitHub refuses to say what webhooks missed. The log names the repository: does the token lack a permission, or is it gone?" } # said again every 6 hours
    MISSED_WEBHOOKS    = { threshold = 2, period = max(3600, 4 * local.sweep_seconds), text = "Webhooks do not come, again and again: jobs are found by the sweep only. Look at the webhook's recent deliveries at GitHub." }
    ORPHANED_COMPUTE   = { threshold = 2, period = max(3600, 4 * local.sweep_seconds), text = "Tasks without a record, again and again. The log says which are left running, since they may run a job." }
  }

  # Where nothing else is said: more than threshold, in 5 minutes, and silence is good.
  alarms = merge(
    {
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
        threshold  = 5
      }
      failures = {
        text      = "Runners fail. Their reasons are in the log of the control plane: \"runnerfleet runners list\" shows them too."
        metric    = "Failures"
        threshold = 5
      }
      # A store or a cluster that does not answer for a minute is nobody's night.
      failing = {
        text      = "Drains or sweeps have failed for 15 minutes, or functions run out of time. The log of the control plane says why; jobs may wait."
        metric    = "Failing"
        threshold = 0
        periods   = 3
      }
      # One sweep that cannot reach ECS or GitHub has one error. An interval without a sweep says nothing of errors.
      sweep-errors = {
        text      = "Steps of three sweeps in a row failed; the log of the control plane says which."
        metric    = "SweepErrors"
        threshold = 0
        period    = local.sweep_seconds
        periods   = 3
        silence   = "ignore"
      }
      # The one thing whose silence is the alarm. The function's invocations would not do: it drains every minute too, and a sweep that does not end is none.
      no-sweep = {
        text      = "No sweep has ended for ${local.no_sweep_seconds / 60} minutes: what events did not tell stays untold, and runners may burn money unseen."
        metric    = "Sweeps"
        operator  = "LessThanThreshold"
        threshold = 1
        period    = local.no_sweep_seconds / 3
        periods   = 3
        silence   = "breaching"
      }
      slow-starts = {
        text       = "More than one job in ten waited longer than ${var.queue_seconds_alarm} s for its runner. Is there a limit, a quota of Fargate, or an image that is being built?"
        metric     = "QueueSecondsOfAll"
        percentile = "p90"
        threshold  = var.queue_seconds_alarm
        period     = 900
      }
      # Where no job begins at all, slow-starts has nothing to count. Tries of one runner, and with them the entries, are 10 minutes apart at most.
      long-wait = {
        text      = "A job has waited longer than ${var.queue_seconds_alarm} s, and its runner is not launched. \"runnerfleet jobs list\" says which, and why."
        metric    = "WaitSeconds"
        statistic = "Maximum"
        threshold = var.queue_seconds_alarm
        period    = 900
      }
    },
    {
      for key in keys(local.functions) : "${key}-errors" => {
        text       = "The function ${key} fails. What it does is done again; the log of the control plane says why it fails."
        namespace  = "AWS/Lambda"
        metric     = "Errors"
        dimensions = { FunctionName = aws_lambda_function.fleet[key].function_name }
        threshold  = 3
      }
    },
    # A notice may be written once only: an hour's memory, and no "all is well" after it.
    {
      for code, notice in local.notices : "notice-${replace(lower(code), "_", "-")}" => {
        text       = "${code}: ${notice.text}"
        metric     = "Notices"
        dimensions = { Code = code }
        threshold  = notice.threshold
        period     = try(notice.period, 3600)
        says_ok    = false
      }
    },
  )
}

resource "aws_cloudwatch_log_metric_filter" "fleet" {
  for_each = local.metrics

  region         = var.aws_region
  name           = "${var.prefix}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.control_plane.name

  # A member whose value is taken must stand in the pattern.
  pattern = "{ ${join(" && ", concat(
    ["(${join(" || ", [for event in each.value.events : "$.event = ${event}"])})"],
    [for member in compact([each.value.value, each.value.dimension]) : "($.${member} = *)"],
  ))} }"

  metric_transformation {
    namespace = local.metrics_namespace
    name      = each.key
    value     = each.value.value == null ? "1" : "$.${each.value.value}"
    unit      = each.value.unit
    # Zeros while there is other news in the log: CloudWatch would look for older data where there is none, and be late.
    default_value = each.key == "Sweeps" ? "0" : null
    dimensions    = each.value.dimension == null ? null : { (each.value.dimension) = "$.${each.value.dimension}" }
  }
}

# CloudWatch looks back a day at most, and a week where a period is an hour or longer.
resource "aws_cloudwatch_metric_alarm" "fleet" {
  for_each = { for name, alarm in local.alarms : name => alarm if var.alarms }

  region              = var.aws_region
  alarm_name          = "${var.prefix}-${each.key}"
  alarm_description   = each.value.text
  namespace           = try(each.value.namespace, local.metrics_namespace)
  metric_name         = each.value.metric
  dimensions          = try(each.value.dimensions, {})
  statistic           = can(each.value.percentile) ? null : try(each.value.statistic, "Sum")
  extended_statistic  = try(each.value.percentile, null)
  comparison_operator = try(each.value.operator, "GreaterThanThreshold")
  threshold           = each.value.threshold
  period              = try(each.value.period, 300)
  evaluation_periods  = try(each.value.periods, 1)
  datapoints_to_alarm = try(each.value.periods, 1)
  treat_missing_data  = try(each.value.silence, "notBreaching")
  alarm_actions       = var.alarm_actions
  ok_actions          = try(each.value.says_ok, true) ? var.alarm_actions : []
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
          title   = "Seconds that the job has waited which waits longest for a launch"
          view    = "timeSeries"
          stacked = false
          metrics = [[local.metrics_namespace, "WaitSeconds", { stat = "Maximum" }]]
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
          metrics = [for outcome in ["Launched", "Existing", "NoCapacity", "Throttled", "Rejected", "Unknown"] : [local.metrics_namespace, "Launches", "Outcome", outcome, { stat = "Sum" }]]
        },
        {
          title   = "Jobs that began, runners that ended, runners that failed"
          view    = "timeSeries"
          stacked = false
          metrics = [for metric in ["JobsBegun", "RunnersEnded", "Failures"] : [local.metrics_namespace, metric, { stat = "Sum" }]]
        },
        {
          title   = "Sweeps, their errors, and what else fails"
          view    = "timeSeries"
          stacked = false
          metrics = [for metric in ["Sweeps", "SweepErrors", "Failing"] : [local.metrics_namespace, metric, { stat = "Sum" }]]
        },
        {
          title   = "Notices that ask for a person"
          view    = "timeSeries"
          stacked = true
          metrics = [for code in sort(keys(local.notices)) : [local.metrics_namespace, "Notices", "Code", code, { stat = "Sum" }]]
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
