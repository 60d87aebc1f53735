resource "aws_ecs_cluster" "runners" {
  region = var.aws_region
  name   = var.prefix
  tags   = var.tags

  setting {
    name  = "containerInsights"
    value = "disabled" # the fleet's own dashboard says what is asked of runners; Container Insights costs for each task
  }
}

resource "aws_ecs_cluster_capacity_providers" "runners" {
  region             = var.aws_region
  cluster_name       = aws_ecs_cluster.runners.name
  capacity_providers = var.spot ? ["FARGATE", "FARGATE_SPOT"] : ["FARGATE"]
}

resource "aws_cloudwatch_log_group" "runners" {
  region            = var.aws_region
  name              = "/runnerfleet/${var.name}/runners"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

# --- Images ---------------------------------------------------------------------------------------------------------

resource "aws_ecr_repository" "runners" {
  region = var.aws_region
  name   = var.prefix
  # An image is renewed under its tag, and so are the layers that builds keep. Runners start from digests.
  image_tag_mutability = "MUTABLE"
  force_delete         = !var.deletion_protection
  tags                 = var.tags

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.kms_key_arn
  }
}

resource "aws_ecr_lifecycle_policy" "runners" {
  region     = var.aws_region
  repository = aws_ecr_repository.runners.name

  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "Images that were renewed. Runners that started from them have ended by then."
        selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 7 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "Layers that builds keep. Without them a build takes longer."
        selection    = { tagStatus = "tagged", tagPrefixList = ["cache-"], countType = "sinceImagePushed", countUnit = "days", countNumber = 60 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 3
        description  = "The newest 200 stay. One that is asked for again is built again."
        selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 200 }
        action       = { type = "expire" }
      },
    ]
  })
}

# --- Roles ----------------------------------------------------------------------------------------------------------

locals {
  # Only tasks of this account, so that nobody else's ECS can be talked into using the roles.
  task_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.account.id }
        ArnLike      = { "aws:SourceArn" = "arn:${var.account.partition}:ecs:${var.account.region}:${var.account.id}:*" }
      }
    }]
  })
}

# Pulls images and writes logs. What runs in a task cannot use it.
resource "aws_iam_role" "execution" {
  name               = "${var.prefix}-${var.account.region}-execution"
  assume_role_policy = local.task_trust
  tags               = var.tags
}

resource "aws_iam_role_policy" "execution" {
  name = "pull-and-log"
  role = aws_iam_role.execution.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "Login"
          Effect   = "Allow"
          Action   = "ecr:GetAuthorizationToken"
          Resource = "*" # the action knows no resources
        },
        {
          Sid      = "Pull"
          Effect   = "Allow"
          Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
          Resource = aws_ecr_repository.runners.arn
        },
        {
          Sid      = "Log"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "${aws_cloudwatch_log_group.runners.arn}:*"
        },
      ],
    )
  })
}

# What jobs run with. It has no policy: a job can do whatever it allows.
resource "aws_iam_role" "task" {
  name               = "${var.prefix}-${var.account.region}-task"
  assume_role_policy = local.task_trust
  tags               = var.tags
}
