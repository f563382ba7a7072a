variable "name" { type = string }

variable "vswitch_id" { type = string }

variable "networks" {
  type = list(string)
}

variable "protected" {
  type    = bool
  default = true
}

variable "tags" {
  type    = map(string)
  default = {}
}

resource "alicloud_db_instance" "this" {
  engine                   = "PostgreSQL"
  engine_version           = "17.0"
  instance_name            = var.name
  instance_type            = "pg.n2.2c.2m"
  instance_storage         = 100
  db_instance_storage_type = "cloud_essd"
  category                 = "HighAvailability"
  vswitch_id               = var.vswitch_id
  security_ips             = var.networks
  deletion_protection      = var.protected
  encryption_key           = alicloud_kms_key.this.id
  ssl_action               = "Open"
  sql_collector_status     = "Enabled"
  tags                     = var.tags

  sql_collector_config_value = 180
}

resource "alicloud_kms_key" "this" {
  description         = "database ${var.name}"
  automatic_rotation  = "Enabled"
  rotation_interval   = "365d"
  deletion_protection = "Enabled"
  tags                = var.tags
}
