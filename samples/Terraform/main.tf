data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {
  region = var.aws_region
}

locals {
  # In front of all names: fleets of one account do not meet, and neither do other things of the account.
  prefix = "runnerfleet-${var.name}"

  account = {
    id        = data.aws_caller_identity.current.account_id
    partition = data.aws_partition.current.partition
    region    = data.aws_region.current.region
  }

  tags = merge(var.tags, { "runnerfleet:fleet" = var.name })

  builds_images = var.image_build_project == null ? false : var.image_build_project != ""

  # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
  fargate_memory = {
    "256"   = [512, 1024, 2048]
    "512"   = range(1024, 4096 + 1, 1024)
    "1024"  = range(2048, 8192 + 1, 1024)
    "2048"  = range(4096, 16384 + 1, 1024)
    "4096"  = range(8192, 30720 + 1, 1024)
    "8192"  = range(16384, 61440 + 1, 4096)
    "16384" = range(32768, 122880 + 1, 8192)
  }

  # Names of images as the fleet reads them: the first part is a registry where it has a dot, and a registry is a host name.
  registry   = "(?i:(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?(?::[1-9][0-9]{0,4})?)"
  image_part = "[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*"
  image_name = "(?:${local.image_part}|(?:${local.registry}|[a-z0-9]+(?:(?:__?|-+)[a-z0-9]+)*)(?:/${local.image_part})+)"
}

module "ecs_fleet" {
  source = "./modules/ecs-fleet"

  name                = var.name
  prefix              = local.prefix
  account             = local.account
  aws_region          = var.aws_region
  tags                = local.tags
  subnet_ids          = var.subnet_ids
  security_groups     = var.security_groups
  create_vpc          = var.create_vpc
  vpc_cidr            = var.vpc_cidr
  spot                = var.spot
  kms_key_arn         = var.kms_key_arn
  log_retention_days  = var.log_retention_days
  deletion_protection = var.deletion_protection
}

module "image_build_project" {
  source = "./modules/image-build-project"
  count  = local.builds_images ? 1 : 0

  project_name         = "${local.prefix}-${var.image_build_project}"
  account              = local.account
  aws_region           = var.aws_region
  tags                 = local.tags
  ecr_url              = module.ecs_fleet.repository_url
  ecr_arn              = module.ecs_fleet.repository_arn
  compression          = var.image_compression
  soci                 = var.image_soci
  dockerhub_secret_arn = var.dockerhub_secret_arn
  kms_key_arn          = var.kms_key_arn
  log_retention_days   = var.log_retention_days
}

module "control_plane" {
  source = "./modules/control-plane"

  name       = var.name
  prefix     = local.prefix
  account    = local.account
  aws_region = var.aws_region
  tags       = local.tags

  github = {
    repository      = var.github_repo
    organization    = var.github_organization
    enterprise      = var.github_enterprise
    runner_group_id = var.github_runner_group_id
    api_url         = var.github_api_url
    webhook_id      = var.github_webhook_id
  }

  github_pat                  = var.github_pat
  github_pat_arn              = var.github_pat_arn
  webhook_secret              = var.webhook_secret
  webhook_secret_arn          = var.webhook_secret_arn
  claim_key_arn               = var.claim_key_arn
  previous_webhook_secret_arn = var.previous_webhook_secret_arn
  previous_claim_key_arn      = var.previous_claim_key_arn
  kms_key_arn                 = var.kms_key_arn
  secret_kms_key_arns         = var.secret_kms_key_arns

  runner_class_sizes          = var.runner_class_sizes
  runner_ttl_seconds          = var.runner_ttl_seconds
  janitor_schedule_expression = var.janitor_schedule_expression
  settings                    = var.settings

  ecs = {
    cluster_arn        = module.ecs_fleet.cluster_arn
    cluster_name       = module.ecs_fleet.cluster_name
    subnet_ids         = module.ecs_fleet.subnet_ids
    security_groups    = module.ecs_fleet.security_groups
    assign_public_ip   = var.create_vpc || var.assign_public_ip
    execution_role_arn = module.ecs_fleet.execution_role_arn
    task_role_arn      = module.ecs_fleet.task_role_arn
    log_group_name     = module.ecs_fleet.log_group_name
    spot               = var.spot
    default_image      = local.builds_images ? null : "${module.ecs_fleet.repository_url}:${var.runner_image_tag}"
  }

  images = local.builds_images ? {
    project_name   = module.image_build_project[0].project_name
    project_arn    = module.image_build_project[0].project_arn
    repository_url = module.ecs_fleet.repository_url
    repository_arn = module.ecs_fleet.repository_arn
    source_version = module.image_build_project[0].source_version
    default_base   = var.default_base_image
    policy         = var.image_policy
    runner_version = var.runner_version
  } : null

  lambda = {
    package              = coalesce(var.lambda_package, "${path.module}/lambda-host.zip")
    runtime              = var.lambda_runtime
    architecture         = var.lambda_architecture
    memory               = var.lambda_memory
    single               = var.single_function
    reserved_concurrency = var.reserved_concurrency
    vpc                  = var.lambda_vpc
  }

  public_url             = var.public_url
  event_bus_name         = var.event_bus_name
  create_event_bus       = var.create_event_bus
  deletion_protection    = var.deletion_protection
  point_in_time_recovery = var.point_in_time_recovery
  log_retention_days     = var.log_retention_days
  alarms                 = var.alarms
  alarm_actions          = var.alarm_actions
  dashboard              = var.dashboard
  queue_seconds_alarm    = var.queue_seconds_alarm
}
