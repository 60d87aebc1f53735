variable "project_name" {
  description = "Name of the CodeBuild project, 2 to 150 of letters, digits, - and _."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{1,149}$", var.project_name))
    error_message = "A CodeBuild project's name has 2 to 150 of letters, digits, - and _."
  }
}

variable "ecr_url" {
  description = "The ECR repository that images are pushed to."
  type        = string
}

variable "ecr_arn" {
  description = "Its ARN."
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
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}
}

variable "runner_folder" {
  description = "The folder with the Dockerfile. Null: runner/ of this repository."
  type        = string
  default     = null
}

variable "compute_type" {
  description = "The size of the build's machine. It must exist for ARM too, where classes have the architecture arm64."
  type        = string
  default     = "BUILD_GENERAL1_SMALL"
}

variable "build_image" {
  description = "The image that builds run in. It needs Docker with buildx, and the AWS command line."
  type        = string
  default     = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
}

variable "cache" {
  description = "Keeps layers in the repository, so that two images over one base share what they share."
  type        = bool
  default     = true
}

variable "compression" {
  description = "gzip or zstd."
  type        = string
  default     = "gzip"

  validation {
    condition     = contains(["gzip", "zstd"], var.compression)
    error_message = "compression is gzip or zstd."
  }
}

variable "soci" {
  description = "Where soci and crane are fetched from, for a SOCI index. Null: none."
  type = object({
    soci_url     = string
    soci_sha256  = string
    crane_url    = string
    crane_sha256 = string
  })
  default = null

  validation {
    condition     = var.soci == null || var.compression == "gzip"
    error_message = "A SOCI index takes compression = \"gzip\"."
  }

  validation {
    condition     = var.soci == null ? true : alltrue([for sum in [var.soci.soci_sha256, var.soci.crane_sha256] : can(regex("^[0-9a-f]{64}$", sum))]) && alltrue([for url in [var.soci.soci_url, var.soci.crane_url] : startswith(url, "https://")])
    error_message = "soci takes https:// addresses and SHA-256 checksums of 64 hexadecimal digits."
  }
}

variable "dockerhub_secret_arn" {
  description = "A secret of Secrets Manager with the members username and password."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "A key of your own for the source and the logs."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "How long logs of builds are kept."
  type        = number
  default     = 30
}
