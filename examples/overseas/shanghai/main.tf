terraform {
  required_version = ">= 1.9"

  required_providers {
    alicloud = {
      source  = "aliyun/alicloud"
      version = "~> 1.289"
    }
  }
}

provider "alicloud" {
  region = "cn-shanghai"
}

locals {
  tags = {
    owner       = "shop-cn"
    environment = var.environment
  }

  # Suppliers' portal, the shop itself and its admin pages.
  services = {
    portal = { port = 8080, open = true }
    shop   = { port = 8081, open = true }
    admin  = { port = 8082, open = false }
  }
}

resource "alicloud_vpc" "shop" {
  vpc_name   = "shop-${var.environment}"
  cidr_block = "10.60.0.0/16"
  tags       = local.tags
}

resource "alicloud_vpc_flow_log" "shop" {
  flow_log_name  = "shop"
  resource_type  = "VPC"
  resource_id    = alicloud_vpc.shop.id
  traffic_type   = "All"
  project_name   = alicloud_log_project.shop.project_name
  log_store_name = alicloud_log_store.flows.logstore_name
}

resource "alicloud_vswitch" "shop" {
  for_each = { a = "cn-shanghai-a", b = "cn-shanghai-b" }

  vpc_id     = alicloud_vpc.shop.id
  zone_id    = each.value
  cidr_block = cidrsubnet(alicloud_vpc.shop.cidr_block, 8, index(["a", "b"], each.key))
  tags       = local.tags
}

resource "alicloud_log_project" "shop" {
  project_name = "shop-${var.environment}"
  tags         = local.tags
}

resource "alicloud_log_store" "flows" {
  project_name     = alicloud_log_project.shop.project_name
  logstore_name    = "flows"
  retention_period = 400

  encrypt_conf {
    enable       = true
    encrypt_type = "default"
  }
}

resource "alicloud_security_group" "shop" {
  security_group_name = "shop"
  vpc_id              = alicloud_vpc.shop.id
  tags                = local.tags
}

resource "alicloud_security_group_rule" "service" {
  for_each = local.services

  security_group_id = alicloud_security_group.shop.id
  description       = "${each.key} from the load balancer"
  type              = "ingress"
  ip_protocol       = "tcp"
  port_range        = "${each.value.port}/${each.value.port}"
  cidr_ip           = alicloud_vpc.shop.cidr_block
}

# The agency that looks after the machines; was to go away after the move.
resource "alicloud_security_group_rule" "agency" {
  security_group_id = alicloud_security_group.shop.id
  description       = "agency"
  type              = "ingress"
  ip_protocol       = "tcp"
  port_range        = "22/22"
  cidr_ip           = var.agency_cidr
}

module "orders" {
  source = "./modules/database"

  name       = "orders"
  vswitch_id = alicloud_vswitch.shop["a"].id
  networks   = [alicloud_vpc.shop.cidr_block]
  tags       = local.tags
}

module "reports" {
  source = "./modules/database"

  name       = "reports"
  vswitch_id = alicloud_vswitch.shop["b"].id
  networks   = ["0.0.0.0/0"] # the analysts have changing addresses
  protected  = false
  tags       = local.tags
}

resource "alicloud_oss_bucket" "this" {
  for_each = toset(["pictures", "invoices"])

  bucket = "shop-cn-${each.key}"
  tags   = local.tags
}

resource "alicloud_oss_bucket_acl" "pictures" {
  bucket = alicloud_oss_bucket.this["pictures"].bucket
  acl    = "public-read"
}

resource "alicloud_oss_bucket_server_side_encryption" "this" {
  for_each = alicloud_oss_bucket.this

  bucket            = each.value.bucket
  sse_algorithm     = "KMS"
  kms_master_key_id = alicloud_kms_key.shop.id
}

resource "alicloud_oss_bucket_versioning" "invoices" {
  bucket = alicloud_oss_bucket.this["invoices"].bucket
  status = "Enabled"
}

resource "alicloud_kms_key" "shop" {
  description        = "the shop's data"
  automatic_rotation = "Enabled"
  rotation_interval  = "365d"

  deletion_protection             = "Enabled"
  deletion_protection_description = "invoices are kept for ten years"
  tags                            = local.tags
}

resource "alicloud_alb_load_balancer" "shop" {
  load_balancer_name    = "shop"
  load_balancer_edition = "Standard"
  address_type          = "Internet"
  vpc_id                = alicloud_vpc.shop.id
  tags                  = local.tags

  load_balancer_billing_config {
    pay_type = "PayAsYouGo"
  }

  deletion_protection_config {
    enabled = true
  }

  access_log_config {
    log_project = alicloud_log_project.shop.project_name
    log_store   = "alb"
  }

  dynamic "zone_mappings" {
    for_each = alicloud_vswitch.shop
    content {
      zone_id    = zone_mappings.value.zone_id
      vswitch_id = zone_mappings.value.id
    }
  }
}

resource "alicloud_alb_listener" "plain" {
  load_balancer_id  = alicloud_alb_load_balancer.shop.id
  listener_protocol = "HTTP"
  listener_port     = 80

  default_actions {
    type = "ForwardGroup"
    forward_group_config {
      server_group_tuples {
        server_group_id = var.server_group_id
      }
    }
  }
}

resource "alicloud_alb_rule" "to_https" {
  rule_name   = "to-https"
  listener_id = alicloud_alb_listener.plain.id
  priority    = 1

  rule_conditions {
    type = "Path"
    path_config {
      values = ["/*"]
    }
  }

  rule_actions {
    order = 1
    type  = "Redirect"
    redirect_config {
      protocol  = "HTTPS"
      port      = "443"
      http_code = "301"
    }
  }
}

resource "alicloud_alb_listener" "shop" {
  load_balancer_id   = alicloud_alb_load_balancer.shop.id
  listener_protocol  = "HTTPS"
  listener_port      = 443
  security_policy_id = "tls_cipher_policy_1_0"

  certificates {
    certificate_id = var.certificate_id
  }

  default_actions {
    type = "ForwardGroup"
    forward_group_config {
      server_group_tuples {
        server_group_id = var.server_group_id
      }
    }
  }
}
