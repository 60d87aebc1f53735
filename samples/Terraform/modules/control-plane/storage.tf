# Keys, indexes and time to live are those of docs/design/dynamodb.md.

locals {
  tables = {
    runners = {
      name   = "${var.prefix}-runners"
      keys   = ["runner_id"]
      listed = ["created_ticks", "not_before_ticks", "queue", "queued_ticks", "status"]
    }
    state = {
      name   = "${var.prefix}-runners-state"
      keys   = ["pk", "sk"]
      listed = ["created_ticks", "status"]
    }
  }
}

resource "aws_dynamodb_table" "fleet" {
  for_each = local.tables

  region                      = var.aws_region
  name                        = each.value.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = each.value.keys[0]
  range_key                   = try(each.value.keys[1], null)
  deletion_protection_enabled = var.deletion_protection
  tags                        = var.tags

  dynamic "attribute" {
    for_each = toset(concat(each.value.keys, ["list_key", "list_order", "demand_key", "demand_order"]))

    content {
      name = attribute.value
      type = "S"
    }
  }

  global_secondary_index {
    name               = "live-by-deadline-ended-by-age"
    hash_key           = "list_key"
    range_key          = "list_order"
    projection_type    = "INCLUDE"
    non_key_attributes = each.value.listed
  }

  global_secondary_index {
    name            = "by-demand"
    hash_key        = "demand_key"
    range_key       = "demand_order"
    projection_type = "KEYS_ONLY"
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  # Without this block a key of AWS encrypts the table, free of charge.
  dynamic "server_side_encryption" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]

    content {
      enabled     = true
      kms_key_arn = server_side_encryption.value
    }
  }
}

resource "aws_ssm_parameter" "class_sizes" {
  region      = var.aws_region
  name        = "/runnerfleet/${var.name}/class-sizes"
  description = "Runner classes of the fleet ${var.name}. Functions read it again within a minute."
  type        = "String"
  value       = local.class_sizes
  tags        = var.tags
}

locals {
  class_sizes = jsonencode({
    for name, class in var.runner_class_sizes : name => {
      for member, value in {
        cpu                 = class.cpu
        memory              = class.memory
        disk                = class.disk
        architecture        = class.architecture
        capacity            = class.capacity
        limit               = class.limit
        jobTimeLimitSeconds = class.job_time_limit_seconds
      } : member => value if value != null
    }
  })
}
