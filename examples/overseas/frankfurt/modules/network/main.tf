variable "compartment_id" { type = string }

variable "name" { type = string }

variable "cidr" { type = string }

variable "bastions" {
  type    = list(string)
  default = []
}

resource "oci_core_vcn" "this" {
  compartment_id = var.compartment_id
  display_name   = var.name
  cidr_blocks    = [var.cidr]
  freeform_tags  = { owner = var.name }
}

resource "oci_core_subnet" "private" {
  compartment_id             = var.compartment_id
  vcn_id                     = oci_core_vcn.this.id
  display_name               = "${var.name}-private"
  cidr_block                 = cidrsubnet(var.cidr, 8, 1)
  prohibit_public_ip_on_vnic = true
  security_list_ids          = [oci_core_security_list.private.id]
  freeform_tags              = { owner = var.name }
}

resource "oci_core_security_list" "private" {
  compartment_id = var.compartment_id
  vcn_id         = oci_core_vcn.this.id
  display_name   = "${var.name}-private"
  freeform_tags  = { owner = var.name }

  dynamic "ingress_security_rules" {
    for_each = var.bastions
    content {
      description = "administration"
      protocol    = "6"
      source      = ingress_security_rules.value
      tcp_options {
        min = 22
        max = 22
      }
    }
  }

  ingress_security_rules {
    description = "the old terminal clients"
    protocol    = "6"
    source      = "0.0.0.0/0"
    tcp_options {
      min = 3380
      max = 3390
    }
  }

  egress_security_rules {
    description = "updates"
    protocol    = "6"
    destination = "0.0.0.0/0"
    tcp_options {
      min = 443
      max = 443
    }
  }
}

resource "oci_logging_log" "flows" {
  display_name = "flows"
  log_group_id = "ocid1.loggroup.oc1..a"
  log_type     = "SERVICE"
  is_enabled   = true

  configuration {
    source {
      category    = "all"
      resource    = oci_core_subnet.private.id
      service     = "flowlogs"
      source_type = "OCISERVICE"
    }
  }
}

output "private_subnet_id" {
  value = oci_core_subnet.private.id
}
