mock_provider "aws" {
  source = "./tests/mocks"
}
mock_provider "archive" {}
mock_provider "random" {}

variables {
  project_name = "runnerfleet-ci-images"
  account      = { id = "123456789012", partition = "aws", region = "eu-central-1" }
  ecr_url      = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/runnerfleet-ci"
  ecr_arn      = "arn:aws:ecr:eu-central-1:123456789012:repository/runnerfleet-ci"
}

run "the_source_is_the_runner_folder_and_the_script" {
  module {
    source = "./modules/image-build-project"
  }

  assert {
    condition     = alltrue([for file in ["build-image.sh", "runner/Dockerfile", "runner/entrypoint.sh", "runner/install.sh", "runner/hooks/job-started.sh", "runner/archive/README.md"] : contains([for source in data.archive_file.source.source : source.filename], file)])
    error_message = "All that the Dockerfile copies is there."
  }

  assert {
    condition     = length([for source in data.archive_file.source.source : source.filename if endswith(source.filename, ".tar.gz")]) == 0
    error_message = "Archives of the runner are fetched by the build."
  }

  assert {
    condition     = strcontains(aws_codebuild_project.images.source[0].buildspec, "RUNNERFLEET_FAILURE") && strcontains(aws_codebuild_project.images.source[0].buildspec, "build-image.sh")
    error_message = "A failed build says why, to the runners that wait for it."
  }

  assert {
    condition     = output.source_version == "3sL4kqtJlcpXroDTDmJ" && aws_s3_bucket_versioning.source.versioning_configuration[0].status == "Enabled"
    error_message = "Images are made of one version of the source."
  }

  assert {
    condition     = aws_codebuild_project.images.environment[0].privileged_mode && output.environment == { RUNNERFLEET_CACHE = "registry", RUNNERFLEET_COMPRESSION = "gzip", RUNNERFLEET_SOCI = "false" }
    error_message = "A Docker daemon builds, with layers kept, and gzip."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.build.policy).Statement : statement.Action if contains(flatten([statement.Resource]), "*")] == ["ecr:GetAuthorizationToken"] && !strcontains(aws_iam_role_policy.build.policy, "secretsmanager")
    error_message = "Builds push to the fleet's repository, and read their source."
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.source.restrict_public_buckets && aws_s3_bucket_public_access_block.source.block_public_policy
    error_message = "Nobody else reads the source."
  }
}

run "zstd_without_cache" {
  module {
    source = "./modules/image-build-project"
  }

  variables {
    compression = "zstd"
    cache       = false
  }

  assert {
    condition     = output.environment == { RUNNERFLEET_CACHE = "none", RUNNERFLEET_COMPRESSION = "zstd", RUNNERFLEET_SOCI = "false" }
    error_message = "Both options are followed."
  }
}

run "soci_with_a_login_to_docker_hub" {
  module {
    source = "./modules/image-build-project"
  }

  variables {
    soci = {
      soci_url     = "https://example.com/soci.tar.gz"
      soci_sha256  = "0000000000000000000000000000000000000000000000000000000000000001"
      crane_url    = "https://example.com/crane.tar.gz"
      crane_sha256 = "0000000000000000000000000000000000000000000000000000000000000002"
    }
    dockerhub_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hub-AbCdEf"
  }

  assert {
    condition     = output.environment.RUNNERFLEET_SOCI == "true" && output.environment.RUNNERFLEET_CRANE_SHA256 == "0000000000000000000000000000000000000000000000000000000000000002"
    error_message = "The script is told where soci and crane are."
  }

  assert {
    condition     = { for variable in aws_codebuild_project.images.environment[0].environment_variable : variable.name => variable.value if variable.type == "SECRETS_MANAGER" } == { RUNNERFLEET_DOCKERHUB_USERNAME = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hub-AbCdEf:username", RUNNERFLEET_DOCKERHUB_PASSWORD = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hub-AbCdEf:password" }
    error_message = "The login is read by CodeBuild, and is in no variable in clear."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.build.policy).Statement : statement.Resource if statement.Sid == "DockerHub"] == ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:hub-AbCdEf"]
    error_message = "Builds may read that secret."
  }
}

run "a_checksum_is_a_checksum" {
  command = plan

  module {
    source = "./modules/image-build-project"
  }

  variables {
    soci = { soci_url = "https://example.com/soci.tar.gz", soci_sha256 = "1", crane_url = "https://example.com/crane.tar.gz", crane_sha256 = "2" }
  }

  expect_failures = [var.soci]
}

run "images_are_scanned_encrypted_and_cleared_away" {
  module {
    source = "./modules/ecs-fleet"
  }

  variables {
    name   = "ci"
    prefix = "runnerfleet-ci"
  }

  assert {
    condition     = aws_ecr_repository.runners.image_scanning_configuration[0].scan_on_push && aws_ecr_repository.runners.encryption_configuration[0].encryption_type == "KMS"
    error_message = "Scanned when they are pushed, encrypted by KMS."
  }

  assert {
    condition     = length(jsondecode(aws_ecr_lifecycle_policy.runners.policy).rules) == 3 && jsondecode(aws_ecr_lifecycle_policy.runners.policy).rules[2].selection.tagStatus == "any"
    error_message = "What is old goes; the rule for any image is the last, as ECR wants."
  }

  assert {
    condition     = toset(aws_ecs_cluster_capacity_providers.runners.capacity_providers) == toset(["FARGATE", "FARGATE_SPOT"]) && length(aws_vpc.runners) == 0
    error_message = "Spot is offered, and no VPC is made."
  }
}

run "without_spot_and_with_a_vpc" {
  module {
    source = "./modules/ecs-fleet"
  }

  variables {
    name       = "ci"
    prefix     = "runnerfleet-ci"
    spot       = false
    create_vpc = true
  }

  assert {
    condition     = toset(aws_ecs_cluster_capacity_providers.runners.capacity_providers) == toset(["FARGATE"])
    error_message = "Spot is not offered."
  }

  assert {
    condition     = length(output.subnet_ids) == 2 && length(distinct([for subnet in aws_subnet.runners : subnet.availability_zone])) == 2 && length(output.security_groups) == 1
    error_message = "Two subnets in two zones, one security group."
  }

  assert {
    condition     = [for subnet in aws_subnet.runners : subnet.cidr_block] == ["10.97.0.0/18", "10.97.64.0/18"]
    error_message = "Room for all runners."
  }
}
