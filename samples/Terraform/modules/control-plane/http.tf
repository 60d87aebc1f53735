locals {
  routes     = ["POST /webhook", "POST /runner/claim", "POST /runner/status"]
  public_url = trimsuffix(coalesce(var.public_url, aws_apigatewayv2_api.fleet.api_endpoint), "/")
}

resource "aws_apigatewayv2_api" "fleet" {
  region        = var.aws_region
  name          = var.prefix
  description   = "Webhooks and runners of the fleet ${var.name}."
  protocol_type = "HTTP"
  tags          = var.tags
}

resource "aws_apigatewayv2_integration" "fleet" {
  region                 = var.aws_region
  api_id                 = aws_apigatewayv2_api.fleet.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.fleet[local.http_function.key].invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "fleet" {
  for_each = toset(local.routes)

  region    = var.aws_region
  api_id    = aws_apigatewayv2_api.fleet.id
  route_key = each.key
  target    = "integrations/${aws_apigatewayv2_integration.fleet.id}"
}

resource "aws_apigatewayv2_stage" "fleet" {
  region      = var.aws_region
  api_id      = aws_apigatewayv2_api.fleet.id
  name        = "$default"
  auto_deploy = true
  tags        = var.tags

  default_route_settings {
    detailed_metrics_enabled = true
    throttling_burst_limit   = 500
    throttling_rate_limit    = 200
  }

  # Neither bodies nor headers: those hold signatures and claim secrets.
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.api.arn
    format = jsonencode({
      time         = "$context.requestTime"
      requestId    = "$context.requestId"
      ip           = "$context.identity.sourceIp"
      route        = "$context.routeKey"
      status       = "$context.status"
      latency      = "$context.responseLatency"
      error        = "$context.error.message"
      integration  = "$context.integrationErrorMessage"
      lambdaStatus = "$context.integrationStatus"
    })
  }
}

resource "aws_cloudwatch_log_group" "api" {
  region            = var.aws_region
  name              = "/runnerfleet/${var.name}/api"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_lambda_permission" "api" {
  for_each = toset(local.routes)

  region        = var.aws_region
  statement_id  = "api${replace(split(" ", each.key)[1], "/", "-")}"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.fleet[local.http_function.key].function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.fleet.execution_arn}/*/POST${split(" ", each.key)[1]}"
}
