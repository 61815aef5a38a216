"""What a good team would write in Python: PyJWT, boto3, one client that is kept.

It does less than Gatepost: no conditions, no claims in resources, no Deny, no limits.
"""

import http.client
import json
import os

import boto3
import jwt
from boto3.dynamodb.types import TypeDeserializer

AUDIENCE, ISSUER, TABLE = (os.environ[name] for name in ("AUDIENCE", "ISSUER", "TABLE"))
keys = jwt.PyJWKClient(os.environ["JWKS_URI"], cache_keys=True, lifespan=3600)
dynamodb = boto3.client("dynamodb")
native = TypeDeserializer().deserialize


def documents(groups):
    found = []
    for start in range(0, len(groups), 100):
        wanted = [{"subject": {"S": f"group:{group}"}, "revision": {"N": "0"}} for group in groups[start : start + 100]]
        answer = dynamodb.batch_get_item(RequestItems={TABLE: {"Keys": wanted}})
        found += [native(row["document"]) for row in answer["Responses"][TABLE]]
    return found


def authorize(event):
    token = event["headers"]["Authorization"].removeprefix("Bearer ")
    key = keys.get_signing_key_from_jwt(token).key
    claims = jwt.decode(token, key, algorithms=["RS256"], issuer=ISSUER, options={"verify_aud": False})
    if claims["token_use"] != "access" or claims["client_id"] != AUDIENCE:
        raise PermissionError("Unauthorized")
    groups = claims.get("cognito:groups", [])
    stage = "/".join(event["methodArn"].split("/", 2)[:2])
    statements, seen = [], set()
    for document in documents(groups):
        for statement in document["Statement"]:
            resources = statement["Resource"]
            resources = resources if isinstance(resources, list) else [resources]
            bound = {
                "Effect": statement["Effect"],
                "Action": statement["Action"],
                "Resource": [f"{stage}/{resource}" for resource in resources],
            }
            text = json.dumps(bound)
            if text not in seen:
                statements.append(bound)
            seen.add(text)
    return {
        "principalId": claims["sub"],
        "policyDocument": {"Version": "2012-10-17", "Statement": statements},
        "context": {"sub": claims["sub"], "username": claims["username"], "groups": ",".join(groups)},
    }


def serve():
    lambda_api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    path = "/2018-06-01/runtime/invocation/"
    while True:
        lambda_api.request("GET", path + "next")
        answer = lambda_api.getresponse()
        invocation, event = answer.headers["lambda-runtime-aws-request-id"], json.loads(answer.read())
        try:
            outcome, body = "response", authorize(event)
        except Exception as error:  # noqa: BLE001: every fault is Lambda's to know
            outcome, body = "error", {"errorType": type(error).__name__, "errorMessage": str(error)}
        lambda_api.request("POST", f"{path}{invocation}/{outcome}", json.dumps(body))
        lambda_api.getresponse().read()


serve()
