"""Terraform of another cloud: networks, a bucket, roles."""

from __future__ import annotations

from benchmarks.words import TEAMS, Words


def google(words: Words, name: str) -> str:
    key = name.replace("-", "_")
    ports = ", ".join(f'"{port}"' for port in words.some([22, 80, 443, 3306, 5432, 8080], 1, 3))
    return f"""\
resource "google_compute_network" "{key}" {{
  name                    = "{name}"
  auto_create_subnetworks = false
}}

resource "google_compute_subnetwork" "{key}" {{
  for_each = {{
    for index, zone in ["a", "b", "c"] : zone => cidrsubnet("10.{words.number(0, 250)}.0.0/16", 4, index)
  }}
  name                     = "{name}-${{each.key}}"
  region                   = "europe-west1"
  network                  = google_compute_network.{key}.id
  ip_cidr_range            = each.value
  private_ip_google_access = true
}}

resource "google_compute_firewall" "{key}" {{
  name          = "{name}"
  network       = google_compute_network.{key}.name
  source_ranges = ["{words.pick(["0.0.0.0/0", "35.191.0.0/16", "10.0.0.0/8"])}"]
  allow {{
    protocol = "tcp"
    ports    = [{ports}]
  }}
}}

resource "google_storage_bucket" "{key}" {{
  name                        = "example-{name}"
  location                    = "EU"
  uniform_bucket_level_access = {words.pick(["true", "true", "false"])}
  versioning {{
    enabled = {words.pick(["true", "false"])}
  }}
  labels = {{ owner = "{words.pick(TEAMS)}", environment = var.environment }}
}}

resource "google_project_iam_member" "{key}" {{
  for_each = toset(["roles/{words.pick(["storage.admin", "viewer", "editor"])}", "roles/logging.logWriter"])
  project  = "example-{words.number(100, 999)}"
  role     = each.value
  member   = "serviceAccount:{name}@example.iam.gserviceaccount.com"
}}
"""
