# --- GitHub ---------------------------------------------------------------------------------------------------------

variable "github_repo" {
  description = "The repository whose jobs are served, owner/name. Exactly one of github_repo, github_organization and github_enterprise."
  type        = string
  default     = null

  validation {
    condition     = var.github_repo == null ? true : can(regex("^[A-Za-z0-9_-]+/[A-Za-z0-9._-]+$", var.github_repo)) && !can(regex("/\\.{1,2}$", var.github_repo))
    error_message = "github_repo must be owner/name."
  }

  validation {
    condition     = length([for scope in [var.github_repo, var.github_organization, var.github_enterprise] : scope if scope != null]) == 1
    error_message = "Set exactly one of github_repo, github_organization and github_enterprise."
  }
}

variable "github_organization" {
  description = "The organization that runners register with. Needs github_runner_group_id too: every repository may use the default group."
  type        = string
  default     = null

  validation {
    condition     = var.github_organization == null ? true : can(regex("^[A-Za-z0-9_-]+$", var.github_organization))
    error_message = "github_organization must be the organization's login, as in its address at GitHub."
  }
}

variable "github_enterprise" {
  description = "The enterprise that runners register with. Needs github_runner_group_id, as an organization does."
  type        = string
  default     = null

  validation {
    condition     = var.github_enterprise == null ? true : can(regex("^[A-Za-z0-9_-]+$", var.github_enterprise))
    error_message = "github_enterprise must be the enterprise's slug, as in its address at GitHub."
  }
}

variable "github_runner_group_id" {
  description = "The runner group, for an organization or an enterprise: the number at the end of its address at GitHub."
  type        = number
  default     = null

  validation {
    condition     = var.github_runner_group_id == null ? true : var.github_runner_group_id >= 1 && floor(var.github_runner_group_id) == var.github_runner_group_id
    error_message = "github_runner_group_id must be the id of a runner group, a whole number of 1 or more."
  }

  validation {
    condition     = var.github_organization != null || var.github_enterprise != null || coalesce(var.github_runner_group_id, 1) == 1
    error_message = "A repository knows no runner groups: leave github_runner_group_id out, or set github_organization or github_enterprise."
  }

  validation {
    condition = var.github_organization == null && var.github_enterprise == null || coalesce(var.github_runner_group_id, 1) != 1 || anytrue([
      for setting, value in var.settings : lower(setting) == "runnerfleet:policy:allowdefaultrunnergroup" && lower(coalesce(value, "-")) == "true"
    ])
    error_message = "An organization or an enterprise needs github_runner_group_id, the id of a group of the fleet's own: every repository may use the default group, 1. To serve that one all the same, set settings = { \"RunnerFleet:Policy:AllowDefaultRunnerGroup\" = \"true\" }."
  }
}

variable "github_api_url" {
  description = "The REST API of GitHub Enterprise Server, https://HOST/api/v3. Null: github.com."
  type        = string
  default     = null

  validation {
    condition     = var.github_api_url == null ? true : can(regex("^https://[^/?#@\\s]+(/[^?#\\s]*)?$", var.github_api_url))
    error_message = "github_api_url must begin with https:// and have neither user, query nor fragment."
  }
}

variable "github_webhook_id" {
  description = "The id of the webhook of the repository or organization, once it is there: failed deliveries are then repeated."
  type        = number
  default     = null

  validation {
    condition     = var.github_webhook_id == null ? true : var.github_webhook_id >= 1 && floor(var.github_webhook_id) == var.github_webhook_id && var.github_enterprise == null
    error_message = "github_webhook_id must be the id of a webhook, a whole number of 1 or more, and goes with github_repo or github_organization only."
  }
}

variable "github_pat" {
  description = "The token that registers runners. It is stored as a SecureString and stays out of state and Lambda's environment. Either this or github_pat_arn."
  type        = string
  default     = null
  sensitive   = true

  validation {
    condition     = (var.github_pat == null) != (var.github_pat_arn == null)
    error_message = "Set either github_pat or github_pat_arn, and not both."
  }

  validation {
    condition     = var.github_pat == null ? true : can(regex("^[^\\s[:cntrl:]]+$", var.github_pat))
    error_message = "github_pat is empty, or has white space or a line break in it: write the token alone."
  }
}

variable "github_pat_arn" {
  description = "Where the token is already: ARN of an SSM parameter, or of a secret of Secrets Manager, with #member behind it where it is a JSON object."
  type        = string
  default     = null

  validation {
    condition     = var.github_pat_arn == null ? true : can(regex("^arn:[^:]+:(ssm:[^:]+:[0-9]+:parameter/|secretsmanager:[^:]+:[0-9]+:secret:)[^*?]+$", var.github_pat_arn))
    error_message = "github_pat_arn must be the ARN of an SSM parameter or of a secret of Secrets Manager."
  }
}

variable "webhook_secret" {
  description = "The webhook's secret, 16 characters or more. It is stored as a SecureString and stays out of state and Lambda's environment. Either this or webhook_secret_arn."
  type        = string
  default     = null
  sensitive   = true

  validation {
    condition     = (var.webhook_secret == null) != (var.webhook_secret_arn == null)
    error_message = "Set either webhook_secret or webhook_secret_arn, and not both."
  }

  validation {
    condition     = var.webhook_secret == null ? true : length(var.webhook_secret) >= 16
    error_message = "webhook_secret must have 16 characters or more: whoever guesses it can start runners."
  }
}

variable "webhook_secret_arn" {
  description = "Where the webhook's secret is already; as github_pat_arn."
  type        = string
  default     = null

  validation {
    condition     = var.webhook_secret_arn == null ? true : can(regex("^arn:[^:]+:(ssm:[^:]+:[0-9]+:parameter/|secretsmanager:[^:]+:[0-9]+:secret:)[^*?]+$", var.webhook_secret_arn))
    error_message = "webhook_secret_arn must be the ARN of an SSM parameter or of a secret of Secrets Manager."
  }
}

variable "claim_key_arn" {
  description = "Where the key of claim secrets is already; as github_pat_arn. Null: one is made, and its value is in the state."
  type        = string
  default     = null

  validation {
    condition     = var.claim_key_arn == null ? true : can(regex("^arn:[^:]+:(ssm:[^:]+:[0-9]+:parameter/|secretsmanager:[^:]+:[0-9]+:secret:)[^*?]+$", var.claim_key_arn))
    error_message = "claim_key_arn must be the ARN of an SSM parameter or of a secret of Secrets Manager."
  }
}

variable "previous_webhook_secret_arn" {
  description = "While the webhook's secret is changed: where the one from before is; as github_pat_arn. Webhooks signed with it are taken too."
  type        = string
  default     = null

  validation {
    condition     = var.previous_webhook_secret_arn == null ? true : can(regex("^arn:[^:]+:(ssm:[^:]+:[0-9]+:parameter/|secretsmanager:[^:]+:[0-9]+:secret:)[^*?]+$", var.previous_webhook_secret_arn))
    error_message = "previous_webhook_secret_arn must be the ARN of an SSM parameter or of a secret of Secrets Manager."
  }
}

variable "previous_claim_key_arn" {
  description = "While the key of claim secrets is changed: where the one from before is; as github_pat_arn. Runners that were started with it are known by it."
  type        = string
  default     = null

  validation {
    condition     = var.previous_claim_key_arn == null ? true : can(regex("^arn:[^:]+:(ssm:[^:]+:[0-9]+:parameter/|secretsmanager:[^:]+:[0-9]+:secret:)[^*?]+$", var.previous_claim_key_arn))
    error_message = "previous_claim_key_arn must be the ARN of an SSM parameter or of a secret of Secrets Manager."
  }
}

# --- The fleet ------------------------------------------------------------------------------------------------------

variable "name" {
  description = "The fleet's name, in all names and tags: fleets of one account need different ones. Do not change it under live runners."
  type        = string
  default     = "main"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,14}[a-z0-9])?$", var.name))
    error_message = "name must have 1 to 16 of a-z, 0-9 and -, with a letter or digit at both ends."
  }
}

variable "aws_region" {
  description = "The region. Null: the provider's."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of everything that is made, at most 40. Runners' tasks have those whose key is of letters, digits and _ only."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.tags) <= 40 && alltrue([for key, value in var.tags : can(regex("^[\\p{L}\\p{N} +=._:/@-]{1,128}$", key)) && !can(regex("(?i)^(aws|runnerfleet):", key)) && can(regex("^[\\p{L}\\p{N} +=._:/@-]{0,256}$", value))])
    error_message = "tags are at most 40, with keys of 1 to 128 and values of at most 256 letters, digits, spaces and + - = . _ : / @; no key begins with aws: or runnerfleet:."
  }
}

variable "runner_class_sizes" {
  description = "Runner classes, by the name that follows class: in runs-on. cpu in units of 1/1024 vCPU, memory in MiB; disk in GiB; architecture x64 or arm64; capacity on-demand or spot."
  type = map(object({
    cpu                    = number
    memory                 = number
    disk                   = optional(number)
    architecture           = optional(string)
    capacity               = optional(string)
    limit                  = optional(number)
    job_time_limit_seconds = optional(number)
  }))
  default = {
    small  = { cpu = 512, memory = 1024 }
    medium = { cpu = 1024, memory = 2048 }
    large  = { cpu = 2048, memory = 4096 }
  }
  nullable = false

  validation {
    condition     = length(var.runner_class_sizes) > 0 && alltrue([for class in keys(var.runner_class_sizes) : can(regex("^[a-z0-9._-]{1,32}$", class))])
    error_message = "There must be a class, and names of classes have 1 to 32 of a-z, 0-9, '.', '_' and '-'."
  }

  validation {
    condition     = alltrue([for class in values(var.runner_class_sizes) : contains(lookup(local.fargate_memory, tostring(class.cpu), []), class.memory)])
    error_message = "Fargate runs certain pairs of cpu and memory only, such as 512 with 1024, or 1024 with 2048 to 8192: see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size."
  }

  validation {
    condition     = alltrue([for class in values(var.runner_class_sizes) : class.disk == null ? true : class.disk >= 21 && class.disk <= 200 && floor(class.disk) == class.disk])
    error_message = "A class's disk is 21 to 200 GiB, a whole number; without one it has Fargate's 20."
  }

  validation {
    condition     = alltrue([for number in flatten([for class in values(var.runner_class_sizes) : [coalesce(class.limit, 0), coalesce(class.job_time_limit_seconds, 0)]]) : number >= 0 && number <= 2147483647 && floor(number) == number])
    error_message = "A class's limit and job_time_limit_seconds are whole numbers of 0 or more."
  }

  validation {
    condition     = var.spot || alltrue([for class in values(var.runner_class_sizes) : coalesce(class.capacity, "on-demand") != "spot"])
    error_message = "A class with capacity spot needs spot = true."
  }

  validation {
    condition     = alltrue([for class in values(var.runner_class_sizes) : contains(["x64", "arm64"], coalesce(class.architecture, "x64")) && contains(["on-demand", "spot"], coalesce(class.capacity, "on-demand"))])
    error_message = "A class's architecture is x64 or arm64, its capacity on-demand or spot."
  }
}

variable "runner_ttl_seconds" {
  description = "Bounds everything up to the start of the job: a runner that has not got so far ends, and its job gets another. 600 or less bounds the shorter waits for a launch and for a claim too."
  type        = number
  default     = 7200
  nullable    = false

  validation {
    condition     = var.runner_ttl_seconds >= 120 && var.runner_ttl_seconds <= 2147483647 && floor(var.runner_ttl_seconds) == var.runner_ttl_seconds
    error_message = "runner_ttl_seconds is a whole number of 120 or more: in less a task of Fargate hardly pulls its image and starts."
  }
}

variable "janitor_schedule_expression" {
  description = "How often the sweep runs, once a day or more often. Alarms take a cron(…) that does not run in every hour for once a day."
  type        = string
  default     = "rate(5 minutes)"
  nullable    = false

  validation {
    condition     = can(regex("^(rate\\((1 (minute|hour|day)|([2-9]|[1-9][0-9]+) (minutes|hours))\\)|cron\\([^ ()]+( [^ ()]+){5}\\))$", var.janitor_schedule_expression))
    error_message = "janitor_schedule_expression must be rate(…), with a whole number of minutes or hours (one minute, hour or day in the singular), or cron(…) with its six parts."
  }

  validation {
    condition     = try(tonumber(regex("^rate\\((\\d+) ", var.janitor_schedule_expression)[0]) <= (strcontains(var.janitor_schedule_expression, "hour") ? 24 : 1440), true)
    error_message = "The sweep must run once a day at least: it ends runners that no event told of, and GitHub repeats webhooks for three days only."
  }
}

variable "spot" {
  description = "Offers capacity:spot, on Fargate Spot."
  type        = bool
  default     = true
  nullable    = false
}

variable "settings" {
  description = "Further settings by their names in docs/configuration.md, such as { \"RunnerFleet:Limits:Fleet\" = \"20\" }. No secrets: they are readable in the functions' environment."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.settings) : can(regex("^RunnerFleet(:[A-Za-z0-9]+)+$", key))])
    error_message = "A name of settings begins with RunnerFleet: and has colons between its parts."
  }

  validation {
    condition     = !anytrue([for key, value in var.settings : can(regex("(?i)^RunnerFleet:(GitHub:(Token|WebhookSecret|PreviousWebhookSecrets)|ClaimKeys)(:|$)", key)) || can(regex("\\b(gh[pousr]_|github_pat_)[A-Za-z0-9_]", value))])
    error_message = "settings takes no secrets: they would be readable in the functions' environment. Use github_pat, webhook_secret, claim_key_arn, previous_webhook_secret_arn and previous_claim_key_arn."
  }

  validation {
    condition     = !anytrue([for key in keys(var.settings) : can(regex("(?i)^RunnerFleet:(Name|Timing:RunnerTtlSeconds)$", key))])
    error_message = "settings takes neither Name nor RunnerTtlSeconds: use name and runner_ttl_seconds."
  }
}

# --- Network --------------------------------------------------------------------------------------------------------

variable "subnet_ids" {
  description = "Subnets of the runners, 1 to 16 of one VPC, best in several availability zones. They need a way to GitHub, to the webhook's address and to ECR."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = var.create_vpc ? length(var.subnet_ids) == 0 : length(var.subnet_ids) >= 1 && length(var.subnet_ids) <= 16
    error_message = "Set 1 to 16 subnet_ids; or create_vpc, and none."
  }

  validation {
    condition     = alltrue([for subnet in var.subnet_ids : can(regex("^subnet-[0-9a-f]{1,40}$", subnet))])
    error_message = "subnet_ids are ids such as subnet-0a1b2c3d."
  }
}

variable "security_groups" {
  description = "Security groups of the runners, at most 5. A runner reaches others; nobody reaches it. None: the VPC's default group."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.security_groups) <= 5 && alltrue([for group in var.security_groups : can(regex("^sg-[0-9a-f]{1,40}$", group))])
    error_message = "A task has at most 5 security_groups, ids such as sg-0a1b2c3d."
  }
}

variable "assign_public_ip" {
  description = "Gives each runner a public address, as public subnets need. False in private subnets with a NAT gateway."
  type        = bool
  default     = true
  nullable    = false
}

variable "create_vpc" {
  description = "Makes a VPC with two public subnets and a security group without ingress, for the runners."
  type        = bool
  default     = false
  nullable    = false
}

variable "vpc_cidr" {
  description = "The addresses of that VPC. Each runner needs one."
  type        = string
  default     = "10.97.0.0/16"
  nullable    = false

  validation {
    condition     = can(cidrsubnet(var.vpc_cidr, 2, 3))
    error_message = "vpc_cidr must be a block of addresses such as 10.97.0.0/16."
  }
}

# --- Images ---------------------------------------------------------------------------------------------------------

variable "image_build_project" {
  description = "A name for the CodeBuild project that builds the images which jobs name with image:, and the default image. The fleet's name stands before it. Null or empty: no project; jobs with image: are refused, and the default image is one that you push."
  type        = string
  default     = ""
  nullable    = false
}

variable "default_base_image" {
  description = "What jobs without image: run on, where there is an image_build_project: a Debian or Ubuntu image."
  type        = string
  default     = "ubuntu:22.04"
  nullable    = false

  validation {
    condition     = can(regex("^${local.image_name}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$", var.default_base_image)) && !can(regex("^([0-9a-f]{64}$|localhost/)", var.default_base_image))
    error_message = "default_base_image must be an image reference such as ubuntu:22.04 or ghcr.io/octo-org/base:1."
  }
}

variable "runner_image_tag" {
  description = "The tag of the default image in the fleet's repository, where there is no image_build_project. Classes of both architectures need an image for both under it."
  type        = string
  default     = "latest"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", var.runner_image_tag))
    error_message = "runner_image_tag must be a tag: 1 to 128 of letters, digits, '_', '.' and '-', the first neither '.' nor '-'."
  }
}

variable "image_policy" {
  description = "Base images that image: may name, registry/path or registry/path/*. Empty: Docker official images."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for image in var.image_policy : can(regex("^(${local.registry}/\\*|${local.image_name}(/\\*)?)$", image)) && !startswith(image, "localhost/")])
    error_message = "image_policy has registry/path, or registry/path/* for all below, such as docker.io/library/* or ghcr.io/octo-org/base: in lower case, and without tag and digest."
  }
}

variable "image_compression" {
  description = "How layers of built images are compressed: gzip, or zstd, which is unpacked faster."
  type        = string
  default     = "gzip"
  nullable    = false

  validation {
    condition     = contains(["gzip", "zstd"], var.image_compression)
    error_message = "image_compression is gzip or zstd."
  }
}

variable "image_soci" {
  description = "Adds a SOCI index, with which Fargate starts large images before it has all of them. Takes archives with soci and crane, by address and SHA-256; goes with gzip only."
  type = object({
    soci_url     = string
    soci_sha256  = string
    crane_url    = string
    crane_sha256 = string
  })
  default = null

  validation {
    condition     = var.image_soci == null || var.image_compression == "gzip"
    error_message = "A SOCI index takes image_compression = \"gzip\"."
  }
}

variable "dockerhub_secret_arn" {
  description = "A secret of Secrets Manager with the members username and password: a login to Docker Hub, whose anonymous limit CodeBuild's machines share."
  type        = string
  default     = null
}

variable "runner_version" {
  description = "The version of GitHub's runner in built images. Its checksums belong to it, in settings. Null: the one that runner/Dockerfile names."
  type        = string
  default     = null

  validation {
    condition     = var.runner_version == null ? true : can(regex("^[0-9]{1,6}(\\.[0-9]{1,6}){1,3}$", var.runner_version))
    error_message = "runner_version must be a version such as 2.338.0."
  }
}

# --- The functions --------------------------------------------------------------------------------------------------

variable "lambda_package" {
  description = "The package that build.sh or build.ps1 makes. Null: lambda-host.zip beside them, which is there where the module comes from a clone that they ran in."
  type        = string
  default     = null

  validation {
    condition     = var.lambda_package == null ? true : fileexists(var.lambda_package)
    error_message = "lambda_package is not there. Make it with build.sh or build.ps1."
  }
}

variable "lambda_runtime" {
  description = "dotnet10 for the package of build.sh, provided.al2023 for that of build.sh --aot."
  type        = string
  default     = "dotnet10"
  nullable    = false

  validation {
    condition     = contains(["dotnet10", "provided.al2023"], var.lambda_runtime)
    error_message = "lambda_runtime is dotnet10 or provided.al2023."
  }
}

variable "lambda_architecture" {
  description = "x64 or arm64, as the package was built."
  type        = string
  default     = "x64"
  nullable    = false

  validation {
    condition     = contains(["x64", "arm64"], var.lambda_architecture)
    error_message = "lambda_architecture is x64 or arm64."
  }
}

variable "lambda_memory" {
  description = "Memory of each function in MiB, 128 to 10240. Lambda gives processors in proportion."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.lambda_memory >= 128 && var.lambda_memory <= 10240 && floor(var.lambda_memory) == var.lambda_memory
    error_message = "lambda_memory is 128 to 10240 MiB, a whole number."
  }
}

variable "single_function" {
  description = "One function for everything, instead of one each for webhooks and runners, for the queue, and for the sweep. Then a burst of events may keep webhooks waiting."
  type        = bool
  default     = false
  nullable    = false
}

variable "reserved_concurrency" {
  description = "Concurrent executions reserved for each function: ingress, worker (2 or more), sweeper, or all (5 or more). Null: none is reserved. A new account has 10 in all and lets none be reserved."
  type = object({
    ingress = optional(number)
    worker  = optional(number)
    sweeper = optional(number)
    all     = optional(number)
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for function, least in { ingress = 1, worker = 2, sweeper = 1, all = 5 } : var.reserved_concurrency[function] == null ? true :
      var.reserved_concurrency[function] >= least && floor(var.reserved_concurrency[function]) == var.reserved_concurrency[function]
    ])
    error_message = "reserved_concurrency is 1 or more for ingress and sweeper: 0 stops a function. It is 2 or more for worker, and 5 or more for all: Lambda takes messages off the queue for two executions at least, and what is then throttled ends in the dead-letter queue."
  }
}

variable "lambda_vpc" {
  description = "Subnets and security groups of the functions, where GitHub is reached through a VPC only. They need a way to GitHub and to AWS."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null

  validation {
    condition     = var.lambda_vpc == null ? true : length(var.lambda_vpc.subnet_ids) > 0 && length(var.lambda_vpc.security_group_ids) > 0
    error_message = "lambda_vpc needs a subnet and a security group."
  }
}

variable "public_url" {
  description = "An address of your own that leads to the API, such as a custom domain. Null: the API's own."
  type        = string
  default     = null

  validation {
    condition     = var.public_url == null ? true : can(regex("^https://[^/?#@\\s]+(/[^?#\\s]*)?$", var.public_url))
    error_message = "public_url must begin with https:// and have neither user, query nor fragment: paths are added to it."
  }
}

# --- Storage, events, watching ---------------------------------------------------------------------------------------

variable "event_bus_name" {
  description = "The event bus that moves of runners are published to and custom events come from. It is made, unless it is default or create_event_bus is false. Null: one with the fleet's name."
  type        = string
  default     = null

  validation {
    condition     = var.event_bus_name == null ? true : can(regex("^[A-Za-z0-9._/-]{1,256}$", var.event_bus_name))
    error_message = "event_bus_name must be the name of an event bus, 1 to 256 of letters, digits, '.', '_', '/' and '-'."
  }
}

variable "create_event_bus" {
  description = "False: event_bus_name is there already."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.create_event_bus || var.event_bus_name != null
    error_message = "Without create_event_bus, event_bus_name must name a bus."
  }
}

variable "kms_key_arn" {
  description = "A key of your own for tables, queues, parameters, images, logs and functions. Its policy must let CloudWatch Logs of the region and events.amazonaws.com use it. Null: keys of AWS."
  type        = string
  default     = null
}

variable "secret_kms_key_arns" {
  description = "Keys of the secrets that are given by ARN, where they are your own."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "deletion_protection" {
  description = "Keeps the tables from being deleted, and images from being deleted with their repository."
  type        = bool
  default     = false
  nullable    = false
}

variable "point_in_time_recovery" {
  description = "Lets the tables be restored to any second of the last 35 days."
  type        = bool
  default     = true
  nullable    = false
}

variable "log_retention_days" {
  description = "How long logs are kept: of functions, runners, builds and the API."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "CloudWatch keeps logs for certain numbers of days only, such as 7, 14, 30 or 90."
  }
}

variable "alarm_actions" {
  description = "What is told of alarms, such as the ARN of an SNS topic. Alarms are there without any, too."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "alarms" {
  description = "Makes the alarms."
  type        = bool
  default     = true
  nullable    = false
}

variable "dashboard" {
  description = "Makes the dashboard."
  type        = bool
  default     = true
  nullable    = false
}

variable "queue_seconds_alarm" {
  description = "The alarms for slow starts: nine of ten jobs begin within this many seconds, and no job waits longer."
  type        = number
  default     = 600
  nullable    = false
}
