"""Holds examples/terraform to what the construct makes: usage: terraform.py FOLDER TEMPLATE CONFIG_RS

The template is that of a release. Terraform itself is not needed.
"""

import json
import pathlib
import re
import sys

import hcl2

folder, template_path, config_path = map(pathlib.Path, sys.argv[1:])
template = json.loads(template_path.read_text())
blocks = {}
for path in sorted(folder.glob("*.tf")):
    with path.open() as file:
        for block in hcl2.load(file).get("resource", []):
            for kind, named in block.items():
                for name, body in named.items():
                    blocks.setdefault(kind.strip('"'), {})[name.strip('"')] = body


def plain(value):
    """A value without the quotes that the parser leaves around texts."""
    if isinstance(value, str):
        return value.strip('"')
    if isinstance(value, list):
        return [plain(element) for element in value]
    if isinstance(value, dict):
        return {plain(name): plain(member) for name, member in value.items()}
    return value


def only(kind):
    (body,) = blocks[kind].values()
    return plain(body)


def made(kind):
    (resource,) = (r for r in template["Resources"].values() if r["Type"] == kind)
    return resource["Properties"]


def first(value):
    """Nested blocks are lists of one."""
    return value[0] if isinstance(value, list) else value


faults = []


def same(what, theirs, ours):
    if theirs != ours:
        faults.append(f"{what}: {theirs!r} here, {ours!r} in the construct")


authorizer, construct = only("aws_api_gateway_authorizer"), made("AWS::ApiGateway::Authorizer")
same("type", authorizer["type"], construct["Type"])
same("identity source", authorizer["identity_source"], construct["IdentitySource"])
same("result TTL", authorizer["authorizer_result_ttl_in_seconds"], construct["AuthorizerResultTtlInSeconds"])

function, construct = only("aws_lambda_function"), made("AWS::Lambda::Function")
for here, there in [
    ("runtime", "Runtime"),
    ("handler", "Handler"),
    ("architectures", "Architectures"),
    ("memory_size", "MemorySize"),
    ("timeout", "Timeout"),
]:
    same(here, function[here], construct[there])
variables = first(function["environment"])["variables"]
for name, value in variables.items():
    agreed = construct["Environment"]["Variables"].get(name)
    if isinstance(agreed, str):
        same(name, value, agreed)
known = set(re.findall(r"^//! \| `(GATEPOST_\w+)`", config_path.read_text(), re.M))
if unknown := set(variables) - known:
    faults.append(f"no settings of the function: {sorted(unknown)}")

table, construct = only("aws_dynamodb_table"), made("AWS::DynamoDB::GlobalTable")
same("keys", [table["hash_key"], table["range_key"]], [key["AttributeName"] for key in construct["KeySchema"]])
same("TTL", first(table["ttl"])["attribute_name"], construct["TimeToLiveSpecification"]["AttributeName"])

policy = json.dumps(only("aws_iam_role_policy"))
actions = set(re.findall(r"\b(?:dynamodb|logs|xray):\w+", policy))
granted = set()
for statement in made("AWS::IAM::Policy")["PolicyDocument"]["Statement"]:
    action = statement["Action"]
    granted |= {action} if isinstance(action, str) else set(action)
same("the function's actions", actions, granted)

source = only("aws_lambda_permission")["source_arn"]
if not re.search(r"/authorizers/\$\{aws_api_gateway_authorizer\.gatepost\.id\}$", source):
    faults.append(f"the permission is not for this authorizer alone: {source}")

if faults:
    sys.exit("examples/terraform: " + "; ".join(faults))
