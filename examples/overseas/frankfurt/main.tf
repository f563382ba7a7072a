terraform {
  required_version = ">= 1.9"

  required_providers {
    oci = {
      source  = "oracle/oci"
      version = "~> 8.28"
    }
  }
}

provider "oci" {
  region = "eu-frankfurt-1"
}

variable "compartment_id" { type = string }

variable "image_id" { type = string }

module "network" {
  source = "./modules/network"

  compartment_id = var.compartment_id
  name           = "erp"
  cidr           = "10.70.0.0/16"
  bastions       = ["198.51.100.17/32"]
}

resource "oci_core_instance" "erp" {
  count = 2

  compartment_id      = var.compartment_id
  availability_domain = "eu-frankfurt-1-AD-${count.index + 1}"
  display_name        = "erp-${count.index + 1}"
  shape               = "VM.Standard.E5.Flex"

  defined_tags  = { "Operations.CostCenter" = "4711" }
  freeform_tags = { owner = "erp" }

  create_vnic_details {
    subnet_id        = module.network.private_subnet_id
    assign_public_ip = false
  }

  source_details {
    source_type = "image"
    source_id   = var.image_id
  }

  instance_options {
    are_legacy_imds_endpoints_disabled = count.index == 0
  }

  launch_options {
    is_pv_encryption_in_transit_enabled = true
  }
}

resource "oci_core_volume" "erp" {
  count = length(oci_core_instance.erp)

  compartment_id      = var.compartment_id
  availability_domain = oci_core_instance.erp[count.index].availability_domain
  display_name        = "erp-${count.index + 1}"
  size_in_gbs         = 512
  kms_key_id          = oci_kms_key.erp.id
  freeform_tags       = { owner = "erp" }
}

resource "oci_core_volume_backup_policy_assignment" "erp" {
  count = length(oci_core_volume.erp)

  asset_id  = oci_core_volume.erp[count.index].id
  policy_id = "ocid1.volumebackuppolicy.oc1..gold"
}

resource "oci_kms_key" "erp" {
  compartment_id      = var.compartment_id
  display_name        = "erp"
  management_endpoint = oci_kms_vault.erp.management_endpoint
  protection_mode     = "HSM"
  freeform_tags       = { owner = "erp" }

  is_auto_rotation_enabled = true

  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_vault" "erp" {
  compartment_id = var.compartment_id
  display_name   = "erp"
  vault_type     = "DEFAULT"
  freeform_tags  = { owner = "erp" }
}

resource "oci_objectstorage_bucket" "exchange" {
  compartment_id = var.compartment_id
  namespace      = "acme"
  name           = "exchange-with-the-bank"
  access_type    = "ObjectRead"
  versioning     = "Enabled"
  kms_key_id     = oci_kms_key.erp.id
  freeform_tags  = { owner = "erp" }

  object_events_enabled = true
}

resource "oci_identity_policy" "batch" {
  compartment_id = var.compartment_id
  name           = "batch"
  description    = "the nightly batch"
  statements     = ["Allow dynamic-group batch to manage all-resources in tenancy"]
}
