module "queue" {
  source   = "./modules/queue"
  for_each = var.queues

  name    = "${var.environment}-${each.key}"
  seconds = each.value.seconds
  plain   = each.value.plain
}

# Suppliers upload here; the firm that scans the paper knows nothing but SFTP.
resource "aws_security_group" "upload" {
  name        = "upload"
  description = "SFTP of the suppliers"
  vpc_id      = data.aws_vpc.main.id

  ingress {
    description     = "SFTP"
    from_port       = 22
    to_port         = 22
    protocol        = "tcp"
    prefix_list_ids = [aws_ec2_managed_prefix_list.suppliers.id]
  }
}

resource "aws_ec2_managed_prefix_list" "suppliers" {
  name           = "suppliers"
  address_family = "IPv4"
  max_entries    = 10

  entry {
    cidr        = "198.51.100.0/24"
    description = "the paper scanners"
  }

  dynamic "entry" {
    for_each = local.temporary
    content {
      cidr        = entry.value
      description = entry.key
    }
  }
}

locals {
  # INV-311: until the new supplier knows its addresses
  temporary = { "new supplier" = "0.0.0.0/0" }
}

data "aws_vpc" "main" {
  tags = { Name = "main" }
}

resource "aws_instance" "upload" {
  #checkov:skip=CKV_AWS_88:suppliers reach it by its address
  ami                         = "ami-0abcdef1234567890"
  instance_type               = "t3.small"
  vpc_security_group_ids      = [aws_security_group.upload.id]
  associate_public_ip_address = true

  metadata_options {
    http_tokens = "required"
  }
  root_block_device {
    encrypted = true
  }
}
