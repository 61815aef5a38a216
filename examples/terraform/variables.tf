variable "name" {
  description = "What the names of all resources begin with."
  type        = string
  default     = "gatepost"
}

variable "package" {
  description = "The function's package, as scripts/build-lambda makes it."
  type        = string
  default     = "../../target/lambda/gatepost-authorizer-arm64.zip"
}

variable "rest_api_id" {
  description = "The REST API to guard."
  type        = string
}

variable "issuers" {
  # Not an object type: Terraform would drop members that it does not list, and the function would not
  # get to see a misspelt one.
  description = "Whose tokens are accepted, as GATEPOST_ISSUERS has it: a list of objects with issuer and audience."
  type        = any
}

variable "cors_origin" {
  description = "The origin whose pages may read refusals, or *."
  type        = string
  default     = "*"
}
