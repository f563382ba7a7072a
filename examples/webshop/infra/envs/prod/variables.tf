variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "cost_center" {
  type = string
}

variable "release" {
  description = "Tag of the images to run; CI sets it."
  type        = string
}

variable "office_cidrs" {
  type    = list(string)
  default = ["0.0.0.0/0"]
}

variable "debug_database" {
  type    = bool
  default = false
}

variable "buckets" {
  type = map(object({
    acl       = optional(string, "private")
    versioned = optional(bool, true)
  }))
}
