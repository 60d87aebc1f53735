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
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}
}

variable "subnet_ids" {
  description = "Subnets of the runners, where no VPC is made."
  type        = list(string)
  default     = []
}

variable "security_groups" {
  description = "Security groups of the runners."
  type        = list(string)
  default     = []
}

variable "create_vpc" {
  description = "Makes a VPC for the runners."
  type        = bool
  default     = false
}

variable "vpc_cidr" {
  description = "The addresses of that VPC."
  type        = string
  default     = "10.97.0.0/16"
}

variable "spot" {
  description = "Associates Fargate Spot with the cluster."
  type        = bool
  default     = true
}

variable "kms_key_arn" {
  description = "A key of your own for images and logs."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "How long runners' logs are kept."
  type        = number
  default     = 30
}

variable "deletion_protection" {
  description = "Keeps images from being deleted with their repository."
  type        = bool
  default     = false
}
