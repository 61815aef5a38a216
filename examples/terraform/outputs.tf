output "authorizer_id" {
  description = "For the methods of the API: authorization = \"CUSTOM\", authorizer_id = this."
  value       = aws_api_gateway_authorizer.gatepost.id
}

output "policy_table" {
  description = "For gatepost and scripts/seed."
  value       = aws_dynamodb_table.policies.name
}
