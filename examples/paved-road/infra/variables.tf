variable "access_log_bucket" {
  type    = string
  default = "billing-access-logs"
}
