locals {
  image_builders = var.images == null ? [] : [var.images]
  ecs_arn_base   = "arn:${var.account.partition}:ecs:${var.account.region}:${var.account.id}"
  task_arns      = "${local.ecs_arn_base}:task/${var.ecs.cluster_name}/*"
  in_the_cluster = { ArnEquals = { "ecs:cluster" = var.ecs.cluster_arn } }

  # Families are <fleet>-<32 hexadecimal digits>. So many question marks, and not a star: the fleet ci must not start what the fleet ci-arm has.
  task_definition_arns = "${local.ecs_arn_base}:task-definition/${var.name}-${join("", [for _ in range(32) : "?"])}:*"

  # What every function does: a webhook is provisioned at once where the queue cannot be reached, and a runner's claim or report may end it.
  engine = concat(
    [
      {
        Sid      = "Records"
        Effect   = "Allow"
        Action   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
        Resource = flatten([for table in aws_dynamodb_table.fleet : [table.arn, "${table.arn}/index/*"]])
      },
      {
        Sid       = "StartRunners"
        Effect    = "Allow"
        Action    = "ecs:RunTask"
        Resource  = local.task_definition_arns
        Condition = local.in_the_cluster
      },
      {
        Sid       = "TagRunnersAtTheirStart"
        Effect    = "Allow"
        Action    = "ecs:TagResource"
        Resource  = local.task_arns
        Condition = { StringEquals = { "ecs:CreateAction" = "RunTask" } }
      },
      {
        Sid       = "LookAtRunners"
        Effect    = "Allow"
        Action    = "ecs:DescribeTasks"
        Resource  = local.task_arns
        Condition = local.in_the_cluster
      },
      {
        Sid       = "StopRunners"
        Effect    = "Allow"
        Action    = "ecs:StopTask"
        Resource  = local.task_arns
        Condition = merge(local.in_the_cluster, { StringEquals = { "aws:ResourceTag/runnerfleet:fleet" = var.name } })
      },
      {
        Sid       = "FindRunners"
        Effect    = "Allow"
        Action    = "ecs:ListTasks"
        Resource  = "*" # a list of Fargate tasks knows no resource; the condition binds it to the cluster
        Condition = local.in_the_cluster
      },
      {
        Sid      = "DefineTasks"
        Effect   = "Allow"
        Action   = "ecs:RegisterTaskDefinition"
        Resource = [local.task_definition_arns, trimsuffix(local.task_definition_arns, ":*")] # a definition that is not there yet has no revision
      },
      {
        Sid      = "FindDefinitions"
        Effect   = "Allow"
        Action   = "ecs:DescribeTaskDefinition"
        Resource = "*" # the action knows no resources
      },
      {
        Sid       = "GiveRunnersTheirRoles"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = [var.ecs.execution_role_arn, var.ecs.task_role_arn]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      {
        Sid      = "Parameters"
        Effect   = "Allow"
        Action   = "ssm:GetParameter"
        Resource = local.read_parameter_arns
      },
      {
        Sid      = "Hints"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = aws_sqs_queue.work.arn
      },
      {
        Sid      = "Moves"
        Effect   = "Allow"
        Action   = "events:PutEvents"
        Resource = local.event_bus_arn
      },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.control_plane.arn}:*"
      },
    ],
    [for arns in [local.secretsmanager_arns] : {
      Sid      = "Secrets"
      Effect   = "Allow"
      Action   = "secretsmanager:GetSecretValue"
      Resource = arns
    } if length(arns) > 0],
    [for images in local.image_builders : {
      Sid      = "BuildImages"
      Effect   = "Allow"
      Action   = ["codebuild:BatchGetBuilds", "codebuild:ListBuildsForProject", "codebuild:StartBuild"]
      Resource = images.project_arn
    }],
    [for images in local.image_builders : {
      Sid      = "LookAtImages"
      Effect   = "Allow"
      Action   = "ecr:DescribeImages"
      Resource = images.repository_arn
    }],
    [for arns in [local.key_arns] : {
      Sid      = "Keys"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = arns
      Condition = {
        StringEquals = { "kms:ViaService" = [for service in ["dynamodb", "lambda", "secretsmanager", "sqs", "ssm"] : "${service}.${var.account.region}.amazonaws.com"] }
      }
    } if length(arns) > 0],
    [for vpc in [var.lambda.vpc] : {
      Sid    = "Network"
      Effect = "Allow"
      Action = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
      ]
      Resource = "*" # Lambda makes the interfaces itself and asks for these rights without a resource
    } if vpc != null],
  )

  receiving = [{
    Sid      = "Receive"
    Effect   = "Allow"
    Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    Resource = aws_sqs_queue.work.arn
  }]
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name        = "${var.prefix}-${var.account.region}-${each.key}"
  description = "RunnerFleet, the fleet ${var.name}: ${each.key}."
  tags        = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name = "fleet"
  role = aws_iam_role.function[each.key].id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat(local.engine, each.key == local.queue_function.key ? local.receiving : [])
  })
}
