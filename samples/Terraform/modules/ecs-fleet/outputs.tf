output "cluster_name" {
  description = "The cluster."
  value       = aws_ecs_cluster.runners.name
}

output "cluster_arn" {
  description = "Its ARN."
  value       = aws_ecs_cluster.runners.arn
  # A task on spot capacity takes the association.
  depends_on = [aws_ecs_cluster_capacity_providers.runners]
}

output "repository_url" {
  description = "The repository of runner images."
  value       = aws_ecr_repository.runners.repository_url
}

output "repository_arn" {
  description = "Its ARN."
  value       = aws_ecr_repository.runners.arn
}

output "execution_role_arn" {
  description = "The role that pulls images and writes logs."
  value       = aws_iam_role.execution.arn
}

output "task_role_arn" {
  description = "The role that jobs run with."
  value       = aws_iam_role.task.arn
}

output "log_group_name" {
  description = "Where runners log."
  value       = aws_cloudwatch_log_group.runners.name
}

output "subnet_ids" {
  description = "Subnets of the runners."
  value       = var.create_vpc ? aws_subnet.runners[*].id : var.subnet_ids
}

output "security_groups" {
  description = "Security groups of the runners."
  value       = concat(aws_security_group.runners[*].id, var.security_groups)
}

output "vpc_id" {
  description = "The VPC that was made."
  value       = one(aws_vpc.runners[*].id)
}
