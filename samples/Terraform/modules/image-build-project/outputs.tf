output "project_name" {
  description = "The project."
  value       = aws_codebuild_project.images.name
}

output "project_arn" {
  description = "Its ARN."
  value       = aws_codebuild_project.images.arn
}

output "role_arn" {
  description = "The role of its builds."
  value       = aws_iam_role.build.arn
}

output "source_version" {
  description = "The version of the source that images are built from. Another one makes new images."
  value       = aws_s3_object.source.version_id
}

output "log_group_name" {
  description = "Where builds log."
  value       = aws_cloudwatch_log_group.builds.name
}

output "environment" {
  description = "What build-image.sh finds in its environment, besides what each build is told."
  value       = local.environment
}
