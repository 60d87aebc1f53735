# What is given in clear is stored as SecureStrings, by write-only arguments: it is neither in the state nor in a function's environment, which only says where it is.

locals {
  given_secrets = {
    github-pat     = var.github_pat_arn
    webhook-secret = var.webhook_secret_arn
    claim-key      = var.claim_key_arn
  }

  # Accepted too, until what was made with them is over.
  previous_secrets = { for secret, arn in {
    previous-webhook-secret = var.previous_webhook_secret_arn
    previous-claim-key      = var.previous_claim_key_arn
  } : secret => arn if arn != null }

  own_secrets = toset([for secret, arn in local.given_secrets : secret if arn == null])

  secret_values = {
    github-pat     = var.github_pat
    webhook-secret = var.webhook_secret
    claim-key      = one(random_password.claim_key[*].result)
  }

  # Names of parameters begin with a slash.
  parameter_arn_base = "arn:${var.account.partition}:ssm:${var.account.region}:${var.account.id}:parameter"

  secret_arns = merge(local.previous_secrets, { for secret, arn in local.given_secrets : secret => arn == null ? "${local.parameter_arn_base}${aws_ssm_parameter.secret[secret].name}" : arn })

  # As the settings refer to them.
  secret_references = { for secret, arn in local.secret_arns : secret => "${strcontains(arn, ":secretsmanager:") ? "secretsmanager" : "ssm"}:${arn}" }

  # #member says which part of a secret is meant.
  parameter_arns      = [for arn in values(local.secret_arns) : split("#", arn)[0] if !strcontains(arn, ":secretsmanager:")]
  secretsmanager_arns = distinct([for arn in values(local.secret_arns) : split("#", arn)[0] if strcontains(arn, ":secretsmanager:")])
  key_arns            = distinct(concat(var.kms_key_arn == null ? [] : [var.kms_key_arn], var.secret_kms_key_arns))
  read_parameter_arns = distinct(concat(local.parameter_arns, ["${local.parameter_arn_base}${aws_ssm_parameter.class_sizes.name}"]))
}

# Claim secrets would else be derived from the webhook's secret, which GitHub's administrators know too.
resource "random_password" "claim_key" {
  count   = var.claim_key_arn == null ? 1 : 0
  length  = 48
  special = false
}

resource "aws_ssm_parameter" "secret" {
  for_each = local.own_secrets

  region      = var.aws_region
  name        = "/runnerfleet/${var.name}/${each.key}"
  description = "A secret of the fleet ${var.name}. Functions read it again within five minutes."
  type        = "SecureString"
  key_id      = var.kms_key_arn
  value_wo    = local.secret_values[each.key]
  # Terraform does not see that a write-only value has changed: this number does, and says no more of it than 28 bits of a hash.
  value_wo_version = nonsensitive(parseint(substr(sha256("${var.name}/${each.key}/${local.secret_values[each.key]}"), 0, 7), 16))
  tags             = var.tags

  # One that is given by ARN from now on goes after the functions have heard of it.
  lifecycle {
    create_before_destroy = true
  }
}
