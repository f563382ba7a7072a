variable "environment" {
  default = "production"
}

variable "agency_cidr" {
  default = "0.0.0.0/0"
}

variable "server_group_id" {}

variable "certificate_id" {}
