variable "environment" {
  type    = string
  default = "production"
}

variable "agency_cidr" {
  type    = string
  default = "0.0.0.0/0"
}

variable "server_group_id" { type = string }

variable "certificate_id" { type = string }
