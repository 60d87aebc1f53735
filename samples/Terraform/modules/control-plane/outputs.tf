output "webhook_url" {
  description = "Payload URL of the webhook."
  value       = "${local.public_url}/webhook"
}

output "public_url" {
  description = "Where runners reach the control plane."
  value       = local.public_url
}

output "runner_table_name" {
  description = "The table of runners."
  value       = aws_dynamodb_table.fleet["runners"].name
}

output "runner_table_arn" {
  description = "Its ARN."
  value       = aws_dynamodb_table.fleet["runners"].arn
}

output "state_table_name" {
  description = "The table of jobs, places, leases and other facts."
  value       = aws_dynamodb_table.fleet["state"].name
}

output "state_table_arn" {
  description = "Its ARN."
  value       = aws_dynamodb_table.fleet["state"].arn
}

output "event_bus_name" {
  description = "The event bus."
  value       = local.event_bus_name
}

output "event_bus_arn" {
  description = "Its ARN."
  value       = local.event_bus_arn
}

output "queue_url" {
  description = "The queue of hints and events."
  value       = aws_sqs_queue.work.url
}

output "dead_letter_queue_url" {
  description = "Where messages lie that nobody could handle."
  value       = aws_sqs_queue.dead_letters.url
}

output "class_sizes_parameter" {
  description = "The parameter that holds the runner classes."
  value       = aws_ssm_parameter.class_sizes.name
}

output "function_names" {
  description = "The functions."
  value       = { for key, function in aws_lambda_function.fleet : key => function.function_name }
}

output "function_role_arns" {
  description = "Their roles."
  value       = { for key, role in aws_iam_role.function : key => role.arn }
}

output "log_group_name" {
  description = "Where the functions log."
  value       = aws_cloudwatch_log_group.control_plane.name
}

output "api_log_group_name" {
  description = "Where the API logs."
  value       = aws_cloudwatch_log_group.api.name
}

output "secret_versions" {
  description = "Which values of the secrets are stored. A number changes when its value does."
  value       = { for secret, parameter in aws_ssm_parameter.secret : secret => parameter.value_wo_version }
}
