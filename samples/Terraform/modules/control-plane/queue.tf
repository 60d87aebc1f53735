# One queue for hints between functions and for events of AWS: what fails comes again, and what nobody can handle lies in the dead-letter queue.

locals {
  queue_reserved = var.lambda.reserved_concurrency[local.queue_function.key]
}

resource "aws_sqs_queue" "dead_letters" {
  region                    = var.aws_region
  name                      = "${var.prefix}-dead-letters"
  message_retention_seconds = 1209600 # 14 days, the longest
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
  kms_master_key_id         = var.kms_key_arn
  tags                      = var.tags
}

resource "aws_sqs_queue" "work" {
  region                     = var.aws_region
  name                       = "${var.prefix}-work"
  message_retention_seconds  = 86400
  visibility_timeout_seconds = local.queue_function.timeout * 6 # as Lambda's guide asks
  sqs_managed_sse_enabled    = var.kms_key_arn == null ? true : null
  kms_master_key_id          = var.kms_key_arn
  tags                       = var.tags

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead_letters" {
  region    = var.aws_region
  queue_url = aws_sqs_queue.dead_letters.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.work.arn]
  })
}

# What an event says of a task is believed: nobody sends here but the functions, by their roles, and these rules.
resource "aws_sqs_queue_policy" "work" {
  region    = var.aws_region
  queue_url = aws_sqs_queue.work.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Rules"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.work.arn
        Condition = { ArnEquals = { "aws:SourceArn" = [for rule in aws_cloudwatch_event_rule.news : rule.arn] } }
      },
      {
        Sid       = "OnlyEncryptedConnections"
        Effect    = "Deny"
        Principal = "*" # a Deny is for everybody
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.work.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_lambda_event_source_mapping" "work" {
  region                  = var.aws_region
  event_source_arn        = aws_sqs_queue.work.arn
  function_name           = aws_lambda_function.fleet[local.queue_function.key].arn
  batch_size              = 10
  function_response_types = ["ReportBatchItemFailures"]
  tags                    = var.tags

  # Hints of a burst are one drain's work: more workers would wait for each other's leases. And never more than may run: a throttled receive uses up one of the message's tries.
  scaling_config {
    maximum_concurrency = local.queue_reserved == null ? 5 : max(2, min(5, local.queue_reserved - (var.lambda.single ? 3 : 0))) # left for a sweep, a drain and a request
  }

  depends_on = [aws_iam_role_policy.function]
}
