variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "environment" {
  type    = string
  default = "prod"
}

variable "queues" {
  description = "Queues by name, with how long a consumer may take."
  type        = map(object({ seconds = number, plain = optional(bool, false) }))
  default = {
    invoices  = { seconds = 120 }
    reminders = { seconds = 30, plain = true }
  }
}
