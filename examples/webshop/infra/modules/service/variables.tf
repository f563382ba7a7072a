variable "name" {
  type = string
}

variable "vpc_id" {
  type = string
}

variable "ports" {
  type    = list(number)
  default = [443]
}

variable "trusted_cidrs" {
  type    = list(string)
  default = ["10.0.0.0/8"]
}

variable "registry" {
  type    = string
  default = "registry.webshop.example"
}

variable "image_tag" {
  type    = string
  default = "latest"
}

variable "cpu" {
  type    = number
  default = 256
}

variable "memory" {
  type    = number
  default = 512
}

variable "read_only" {
  type    = bool
  default = true
}

variable "environment" {
  type    = map(string)
  default = {}
}

variable "bucket_arns" {
  type    = list(string)
  default = []
}

variable "bucket_actions" {
  type    = list(string)
  default = ["s3:GetObject", "s3:PutObject"]
}
