variable "name" {
  description = "The fleet's name."
  type        = string
}

variable "prefix" {
  description = "What all names begin with."
  type        = string
}

variable "account" {
  description = "The account, partition and region."
  type = object({
    id        = string
    partition = string
    region    = string
  })
}

variable "aws_region" {
  description = "The region. Null: the provider's."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of everything that is made, and of runners' tasks."
  type        = map(string)
  default     = {}
}

variable "github" {
  description = "Where runners register, and with which GitHub."
  type = object({
    repository      = optional(string)
    organization    = optional(string)
    enterprise      = optional(string)
    runner_group_id = optional(number)
    api_url         = optional(string)
    webhook_id      = optional(number)
  })
}

variable "github_pat" {
  description = "The token that registers runners."
  type        = string
  default     = null
  sensitive   = true
}

variable "github_pat_arn" {
  description = "Where the token is already."
  type        = string
  default     = null
}

variable "webhook_secret" {
  description = "The webhook's secret."
  type        = string
  default     = null
  sensitive   = true
}

variable "webhook_secret_arn" {
  description = "Where the webhook's secret is already."
  type        = string
  default     = null
}

variable "claim_key_arn" {
  description = "Where the key of claim secrets is already."
  type        = string
  default     = null
}

variable "previous_webhook_secret_arn" {
  description = "Where the webhook's secret from before is."
  type        = string
  default     = null
}

variable "previous_claim_key_arn" {
  description = "Where the key of claim secrets from before is."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "A key of your own."
  type        = string
  default     = null
}

variable "secret_kms_key_arns" {
  description = "Keys of the secrets that are given by ARN."
  type        = list(string)
  default     = []
}

variable "runner_class_sizes" {
  description = "Runner classes by name."
  type = map(object({
    cpu                    = number
    memory                 = number
    disk                   = optional(number)
    architecture           = optional(string)
    capacity               = optional(string)
    limit                  = optional(number)
    job_time_limit_seconds = optional(number)
  }))
}

variable "runner_ttl_seconds" {
  description = "Bounds everything up to the start of the job."
  type        = number
  default     = 7200
}

variable "janitor_schedule_expression" {
  description = "How often the sweep runs."
  type        = string
  default     = "rate(5 minutes)"
}

variable "settings" {
  description = "Further settings by their names in docs/configuration.md."
  type        = map(string)
  default     = {}
}

variable "ecs" {
  description = "Where runners run."
  type = object({
    cluster_arn        = string
    cluster_name       = string
    subnet_ids         = list(string)
    security_groups    = list(string)
    assign_public_ip   = bool
    execution_role_arn = string
    task_role_arn      = string
    log_group_name     = string
    spot               = bool
    default_image      = optional(string)
  })
}

variable "images" {
  description = "What builds the images that jobs name. Null: nobody."
  type = object({
    project_name   = string
    project_arn    = string
    repository_url = string
    repository_arn = string
    source_version = string
    default_base   = string
    policy         = optional(list(string), [])
    runner_version = optional(string)
  })
  default = null
}

variable "lambda" {
  description = "The functions: package, runtime (dotnet10 or provided.al2023), architecture (x64 or arm64), memory in MiB; one function for everything; concurrent executions reserved; a VPC."
  type = object({
    package      = string
    runtime      = optional(string, "dotnet10")
    architecture = optional(string, "x64")
    memory       = optional(number, 512)
    single       = optional(bool, false)
    reserved_concurrency = optional(object({
      ingress = optional(number)
      worker  = optional(number)
      sweeper = optional(number)
      all     = optional(number)
    }), {})
    vpc = optional(object({
      subnet_ids         = list(string)
      security_group_ids = list(string)
    }))
  })
}

variable "public_url" {
  description = "An address of your own that leads to the API."
  type        = string
  default     = null
}

variable "event_bus_name" {
  description = "The event bus. Null: one with the fleet's name."
  type        = string
  default     = null
}

variable "create_event_bus" {
  description = "False: event_bus_name is there already."
  type        = bool
  default     = true
}

variable "deletion_protection" {
  description = "Keeps the tables from being deleted."
  type        = bool
  default     = false
}

variable "point_in_time_recovery" {
  description = "Lets the tables be restored to any second of the last 35 days."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30
}

variable "alarms" {
  description = "Makes the alarms."
  type        = bool
  default     = true
}

variable "alarm_actions" {
  description = "What is told of alarms."
  type        = list(string)
  default     = []
}

variable "dashboard" {
  description = "Makes the dashboard."
  type        = bool
  default     = true
}

variable "queue_seconds_alarm" {
  description = "Nine of ten jobs begin within this many seconds and no job waits longer, or there is an alarm."
  type        = number
  default     = 600
}
