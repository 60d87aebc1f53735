# A VPC for those who have none: public subnets, because a NAT gateway costs more than the public addresses of a small fleet.

data "aws_availability_zones" "here" {
  count  = var.create_vpc ? 1 : 0
  region = var.aws_region
  state  = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

resource "aws_vpc" "runners" {
  count                = var.create_vpc ? 1 : 0
  region               = var.aws_region
  cidr_block           = var.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = merge(var.tags, { Name = var.prefix })
}

resource "aws_internet_gateway" "runners" {
  count  = var.create_vpc ? 1 : 0
  region = var.aws_region
  vpc_id = aws_vpc.runners[0].id
  tags   = merge(var.tags, { Name = var.prefix })
}

resource "aws_subnet" "runners" {
  count             = var.create_vpc ? 2 : 0
  region            = var.aws_region
  vpc_id            = aws_vpc.runners[0].id
  cidr_block        = cidrsubnet(var.vpc_cidr, 2, count.index)
  availability_zone = data.aws_availability_zones.here[0].names[count.index]
  tags              = merge(var.tags, { Name = "${var.prefix}-${count.index}" })
}

resource "aws_route_table" "runners" {
  count  = var.create_vpc ? 1 : 0
  region = var.aws_region
  vpc_id = aws_vpc.runners[0].id
  tags   = merge(var.tags, { Name = var.prefix })
}

resource "aws_route" "out" {
  count                  = var.create_vpc ? 1 : 0
  region                 = var.aws_region
  route_table_id         = aws_route_table.runners[0].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.runners[0].id
}

resource "aws_route_table_association" "runners" {
  count          = var.create_vpc ? 2 : 0
  region         = var.aws_region
  subnet_id      = aws_subnet.runners[count.index].id
  route_table_id = aws_route_table.runners[0].id
}

# Layers of images come from S3: this way is free.
resource "aws_vpc_endpoint" "s3" {
  count             = var.create_vpc ? 1 : 0
  region            = var.aws_region
  vpc_id            = aws_vpc.runners[0].id
  service_name      = "com.amazonaws.${var.account.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.runners[0].id]
  tags              = merge(var.tags, { Name = "${var.prefix}-s3" })
}

# Nobody reaches a runner: there is no rule for ingress.
resource "aws_security_group" "runners" {
  count       = var.create_vpc ? 1 : 0
  region      = var.aws_region
  name        = var.prefix
  description = "Runners of the fleet ${var.name}: all ways out, none in."
  vpc_id      = aws_vpc.runners[0].id
  tags        = merge(var.tags, { Name = var.prefix })
}

resource "aws_vpc_security_group_egress_rule" "runners" {
  count             = var.create_vpc ? 1 : 0
  region            = var.aws_region
  security_group_id = aws_security_group.runners[0].id
  description       = "Jobs reach what they need."
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
  tags              = var.tags
}
