# The firewall between the warehouses and everything else, PAN-OS 11.
terraform {
  required_providers {
    panos = {
      source  = "PaloAltoNetworks/panos"
      version = "~> 1.11"
    }
  }
}

locals {
  warehouses = {
    hamburg = { network = "10.81.0.0/16", applications = ["ssl", "web-browsing"] }
    vienna  = { network = "10.82.0.0/16", applications = ["any"] }
  }
}

resource "panos_security_policy" "warehouses" {
  dynamic "rule" {
    for_each = local.warehouses
    content {
      name                  = "${rule.key}-to-erp"
      description           = "the warehouse in ${title(rule.key)}"
      source_zones          = ["warehouses"]
      source_addresses      = [rule.value.network]
      source_users          = ["any"]
      destination_zones     = ["datacentre"]
      destination_addresses = ["10.70.0.0/16"]
      applications          = rule.value.applications
      services              = ["application-default"]
      categories            = ["any"]
      action                = "allow"
      log_setting           = "to-siem"
    }
  }

  rule {
    name                  = "rest"
    description           = "nothing else"
    source_zones          = ["any"]
    source_addresses      = ["any"]
    source_users          = ["any"]
    destination_zones     = ["any"]
    destination_addresses = ["any"]
    applications          = ["any"]
    services              = ["any"]
    categories            = ["any"]
    action                = "deny"
    log_setting           = "to-siem"
  }
}

resource "panos_ike_crypto_profile" "warehouses" {
  name            = "warehouses"
  dh_groups       = ["group19"]
  authentications = ["sha384"]
  encryptions     = ["aes-256-cbc"]
}

resource "panos_ipsec_crypto_profile" "warehouses" {
  name            = "warehouses"
  authentications = ["sha1"] # the router in Vienna knows nothing better
  encryptions     = ["aes-256-cbc"]
  dh_group        = "group19"
}

resource "panos_zone" "warehouses" {
  name         = "warehouses"
  mode         = "layer3"
  zone_profile = "strict"
}
