# What runs give modules/control-plane where they say nothing else.

name    = "ci"
prefix  = "runnerfleet-ci"
account = { id = "123456789012", partition = "aws", region = "eu-central-1" }
github  = { repository = "octo-org/octo-repo" }

github_pat     = "ghp_clear_text_of_a_token"
webhook_secret = "clear text of a webhook secret"

runner_class_sizes = {
  small = { cpu = 512, memory = 1024 }
  big   = { cpu = 4096, memory = 8192, disk = 100, architecture = "arm64", capacity = "spot", limit = 3, job_time_limit_seconds = 3600 }
}

ecs = {
  cluster_arn        = "arn:aws:ecs:eu-central-1:123456789012:cluster/runnerfleet-ci"
  cluster_name       = "runnerfleet-ci"
  subnet_ids         = ["subnet-0a", "subnet-0b"]
  security_groups    = ["sg-0a"]
  assign_public_ip   = true
  execution_role_arn = "arn:aws:iam::123456789012:role/runnerfleet-ci-execution"
  task_role_arn      = "arn:aws:iam::123456789012:role/runnerfleet-ci-task"
  log_group_name     = "/runnerfleet/ci/runners"
  spot               = true
}

images = {
  project_name   = "runnerfleet-ci-images"
  project_arn    = "arn:aws:codebuild:eu-central-1:123456789012:project/runnerfleet-ci-images"
  repository_url = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/runnerfleet-ci"
  repository_arn = "arn:aws:ecr:eu-central-1:123456789012:repository/runnerfleet-ci"
  source_version = "version-of-the-source"
  default_base   = "ubuntu:22.04"
  policy         = ["docker.io/library/*", "ghcr.io/octo-org/*"]
}

lambda = { package = "tests/package.txt" }
