output "webhook_url" {
  description = "Payload URL of the webhook: content type application/json, the event \"Workflow jobs\"."
  value       = module.control_plane.webhook_url
}

output "public_url" {
  description = "Where runners reach the control plane."
  value       = module.control_plane.public_url
}

output "runner_table_name" {
  description = "The table of runners."
  value       = module.control_plane.runner_table_name
}

output "runner_table_arn" {
  description = "Its ARN."
  value       = module.control_plane.runner_table_arn
}

output "state_table_name" {
  description = "The table of jobs, places, leases and other facts."
  value       = module.control_plane.state_table_name
}

output "state_table_arn" {
  description = "Its ARN."
  value       = module.control_plane.state_table_arn
}

output "cluster_name" {
  description = "The ECS cluster."
  value       = module.ecs_fleet.cluster_name
}

output "cluster_arn" {
  description = "Its ARN."
  value       = module.ecs_fleet.cluster_arn
}

output "repository_url" {
  description = "The ECR repository of runner images."
  value       = module.ecs_fleet.repository_url
}

output "repository_arn" {
  description = "Its ARN."
  value       = module.ecs_fleet.repository_arn
}

output "execution_role_arn" {
  description = "The role that pulls images and writes runners' logs."
  value       = module.ecs_fleet.execution_role_arn
}

output "task_role_arn" {
  description = "The role that jobs run with. It allows nothing; what you attach to it, every job can do."
  value       = module.ecs_fleet.task_role_arn
}

output "function_role_arns" {
  description = "The roles of the functions, by function."
  value       = module.control_plane.function_role_arns
}

output "function_names" {
  description = "The functions, by what they do."
  value       = module.control_plane.function_names
}

output "image_build_project_name" {
  description = "The CodeBuild project; null without one."
  value       = one(module.image_build_project[*].project_name)
}

output "image_build_role_arn" {
  description = "Its role; null without one."
  value       = one(module.image_build_project[*].role_arn)
}

output "event_bus_name" {
  description = "The event bus that moves of runners are published to."
  value       = module.control_plane.event_bus_name
}

output "event_bus_arn" {
  description = "Its ARN."
  value       = module.control_plane.event_bus_arn
}

output "queue_url" {
  description = "The queue of hints and events."
  value       = module.control_plane.queue_url
}

output "dead_letter_queue_url" {
  description = "Where messages lie that nobody could handle."
  value       = module.control_plane.dead_letter_queue_url
}

output "class_sizes_parameter" {
  description = "The parameter that holds the runner classes."
  value       = module.control_plane.class_sizes_parameter
}

output "log_group_names" {
  description = "Where the logs are: of the control plane, the runners and the API."
  value = {
    control_plane = module.control_plane.log_group_name
    api           = module.control_plane.api_log_group_name
    runners       = module.ecs_fleet.log_group_name
  }
}

output "vpc_id" {
  description = "The VPC that was made; null without create_vpc."
  value       = module.ecs_fleet.vpc_id
}
