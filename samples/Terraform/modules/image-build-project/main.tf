locals {
  runner_folder = coalesce(var.runner_folder, "${path.module}/../../../../runner")

  # The runner's own archive, which may lie in archive/, is fetched by the build instead.
  runner_files = [for file in fileset(local.runner_folder, "**") : file if !startswith(file, "archive/") || file == "archive/README.md"]

  environment = merge(
    {
      RUNNERFLEET_CACHE       = var.cache ? "registry" : "none"
      RUNNERFLEET_COMPRESSION = var.compression
      RUNNERFLEET_SOCI        = var.soci == null ? "false" : "true"
    },
    var.soci == null ? {} : {
      RUNNERFLEET_SOCI_URL     = var.soci.soci_url
      RUNNERFLEET_SOCI_SHA256  = var.soci.soci_sha256
      RUNNERFLEET_CRANE_URL    = var.soci.crane_url
      RUNNERFLEET_CRANE_SHA256 = var.soci.crane_sha256
    },
  )

  secret_environment = var.dockerhub_secret_arn == null ? {} : {
    RUNNERFLEET_DOCKERHUB_USERNAME = "${var.dockerhub_secret_arn}:username"
    RUNNERFLEET_DOCKERHUB_PASSWORD = "${var.dockerhub_secret_arn}:password"
  }
}

# --- Source: the runner folder and the script that builds it ----------------------------------------------------------

data "archive_file" "source" {
  type        = "zip"
  output_path = "${path.root}/.terraform/${var.project_name}.zip"

  dynamic "source" {
    for_each = toset(local.runner_files)

    content {
      filename = "runner/${source.value}"
      content  = file("${local.runner_folder}/${source.value}")
    }
  }

  source {
    filename = "build-image.sh"
    content  = file("${path.module}/build-image.sh")
  }
}

resource "aws_s3_bucket" "source" {
  region        = var.aws_region
  bucket_prefix = "runnerfleet-source-"
  force_destroy = true # it holds what can be made again
  tags          = merge(var.tags, { "runnerfleet:project" = var.project_name })
}

resource "aws_s3_bucket_public_access_block" "source" {
  region                  = var.aws_region
  bucket                  = aws_s3_bucket.source.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "source" {
  region = var.aws_region
  bucket = aws_s3_bucket.source.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

# A build names the version of its source, and that version is part of what an image is.
resource "aws_s3_bucket_versioning" "source" {
  region = var.aws_region
  bucket = aws_s3_bucket.source.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "source" {
  region = var.aws_region
  bucket = aws_s3_bucket.source.id

  rule {
    id     = "former-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 30
    }
  }

  depends_on = [aws_s3_bucket_versioning.source]
}

resource "aws_s3_bucket_policy" "source" {
  region = var.aws_region
  bucket = aws_s3_bucket.source.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyEncryptedConnections"
      Effect    = "Deny"
      Principal = "*" # a Deny is for everybody
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.source.arn, "${aws_s3_bucket.source.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.source]
}

resource "aws_s3_object" "source" {
  region      = var.aws_region
  bucket      = aws_s3_bucket.source.id
  key         = "source.zip"
  source      = data.archive_file.source.output_path
  source_hash = data.archive_file.source.output_base64sha256
  tags        = var.tags

  depends_on = [aws_s3_bucket_versioning.source, aws_s3_bucket_server_side_encryption_configuration.source]
}

# --- The project ------------------------------------------------------------------------------------------------------

resource "aws_cloudwatch_log_group" "builds" {
  region            = var.aws_region
  name              = "/runnerfleet/builds/${var.project_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_codebuild_project" "images" {
  region         = var.aws_region
  name           = var.project_name
  description    = "Builds runner images over the bases that jobs name."
  service_role   = aws_iam_role.build.arn
  build_timeout  = 30
  queued_timeout = 30
  encryption_key = var.kms_key_arn
  tags           = var.tags

  source {
    type      = "S3"
    location  = "${aws_s3_bucket.source.id}/${aws_s3_object.source.key}"
    buildspec = file("${path.module}/buildspec.yml")
  }

  environment {
    type                        = "LINUX_CONTAINER"
    compute_type                = var.compute_type
    image                       = var.build_image
    image_pull_credentials_type = "CODEBUILD"
    privileged_mode             = true # an image is built by a Docker daemon

    dynamic "environment_variable" {
      for_each = local.environment

      content {
        name  = environment_variable.key
        value = environment_variable.value
      }
    }

    dynamic "environment_variable" {
      for_each = local.secret_environment

      content {
        type  = "SECRETS_MANAGER"
        name  = environment_variable.key
        value = environment_variable.value
      }
    }
  }

  artifacts {
    type = "NO_ARTIFACTS"
  }

  # What layers share is kept in the repository, by build-image.sh: unlike a cache of CodeBuild's machines it is there for every build.
  cache {
    type = "NO_CACHE"
  }

  logs_config {
    cloudwatch_logs {
      group_name = aws_cloudwatch_log_group.builds.name
    }
  }
}

resource "aws_iam_role" "build" {
  name_prefix = "runnerfleet-build-"
  description = "The builds of ${var.project_name}."
  tags        = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "codebuild.amazonaws.com" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.account.id }
        ArnEquals    = { "aws:SourceArn" = "arn:${var.account.partition}:codebuild:${var.account.region}:${var.account.id}:project/${var.project_name}" }
      }
    }]
  })
}

resource "aws_iam_role_policy" "build" {
  name = "build-and-push"
  role = aws_iam_role.build.id

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
          Sid    = "PullAndPush"
          Effect = "Allow"
          Action = [
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:CompleteLayerUpload",
            "ecr:GetDownloadUrlForLayer",
            "ecr:InitiateLayerUpload",
            "ecr:PutImage",
            "ecr:UploadLayerPart",
          ]
          Resource = var.ecr_arn
        },
        {
          Sid      = "Source"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:GetObjectVersion"]
          Resource = "${aws_s3_bucket.source.arn}/${aws_s3_object.source.key}"
        },
        {
          Sid      = "SourceBucket"
          Effect   = "Allow"
          Action   = ["s3:GetBucketAcl", "s3:GetBucketLocation"]
          Resource = aws_s3_bucket.source.arn
        },
        {
          Sid      = "Log"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "${aws_cloudwatch_log_group.builds.arn}:*"
        },
      ],
      [for arn in [var.dockerhub_secret_arn] : {
        Sid      = "DockerHub"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = arn
      } if arn != null],
      [for arn in [var.kms_key_arn] : {
        Sid       = "Key"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = arn
        Condition = { StringEquals = { "kms:ViaService" = [for service in ["s3", "secretsmanager"] : "${service}.${var.account.region}.amazonaws.com"] } }
      } if arn != null],
    )
  })
}
