//! What all contenders are asked, and what they can read: one issuer with one key, callers in a number of
//! groups, a document for each group, and the event of one call.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, anyhow};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

pub const AUDIENCE: &str = "3n4b5urk1ft4fl3mg5e62d9ado";
pub const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example";
pub const TABLE: &str = "policies";
const KEY_ID: &str = "bench-key";

/// An issuer with one RSA key of 2048 bits.
pub struct Issuer {
    key: KeyPair,
}

impl Issuer {
    pub fn new() -> anyhow::Result<Self> {
        let key = KeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("no RSA key"))?;
        Ok(Self { key })
    }

    pub fn key_set(&self) -> String {
        let public = self.key.public_key();
        let [n, e] = [public.modulus(), public.exponent()]
            .map(|number| URL_SAFE_NO_PAD.encode(number.big_endian_without_leading_zero()));
        json!({ "keys": [{ "alg": "RS256", "e": e, "kid": KEY_ID, "kty": "RSA", "n": n, "use": "sig" }] }).to_string()
    }

    /// The public key as X.509 has it, base64url: for the floors.
    pub fn public_key(&self) -> anyhow::Result<String> {
        let der: PublicKeyX509Der<'_> =
            self.key.public_key().as_der().map_err(|_| anyhow!("the key has no DER form"))?;
        Ok(URL_SAFE_NO_PAD.encode(der.as_ref()))
    }

    /// An access token in the shape of Amazon Cognito's; another for each `number`.
    pub fn token(&self, groups: usize, number: usize) -> anyhow::Result<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let names: Vec<String> = (0..groups).map(group).collect();
        let header = json!({ "kid": KEY_ID, "alg": "RS256" });
        let claims = json!({
            "sub": "8a7d8f0c-2f0b-4d0a-9f57-0a7e4f1f4c9e",
            "cognito:groups": names,
            "iss": ISSUER,
            "version": 2,
            "client_id": AUDIENCE,
            "origin_jti": "5b9f50a3-05da-454a-8b99-b79c2349de77",
            "event_id": "0ed5ad5c-7182-4ecf-a6d3-7d1f9d7e2a11",
            "token_use": "access",
            "scope": "openid profile",
            "auth_time": now.as_secs(),
            "exp": (now + Duration::from_hours(24)).as_secs(),
            "iat": now.as_secs(),
            "jti": format!("aaaaaaaa-bbbb-cccc-dddd-{number:012}"),
            "username": "alice",
        });
        let [header, claims] =
            [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let input = format!("{header}.{claims}");
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature)
            .map_err(|_| anyhow!("the token could not be signed"))?;
        Ok(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// The name of a group.
pub fn group(index: usize) -> String {
    format!("group-{index}")
}

/// The document of a group: two statements, three resources, none of them another group's.
fn document(index: usize) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Sid": "Read", "Effect": "Allow", "Action": "execute-api:Invoke",
              "Resource": [format!("GET/area-{index}"), format!("GET/area-{index}/*")] },
            { "Sid": "Write", "Effect": "Allow", "Action": "execute-api:Invoke",
              "Resource": format!("POST/area-{index}/items") },
        ],
    })
}

/// The event of `GET /area-0/7`, with the credential in these headers.
pub fn event(credential: &[(&str, &str)]) -> Vec<u8> {
    let mut headers: Vec<(&str, &str)> = vec![
        ("Accept", "*/*"),
        ("CloudFront-Forwarded-Proto", "https"),
        ("CloudFront-Viewer-Country", "DE"),
        ("Host", "a1b2c3.execute-api.eu-west-1.amazonaws.com"),
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ("X-Amzn-Trace-Id", "Root=1-67000000-000000000000000000000000"),
        ("X-Forwarded-For", "198.51.100.7, 203.0.113.9"),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
    ];
    headers.extend(credential);
    let single: HashMap<&str, &str> = headers.iter().copied().collect();
    let all: HashMap<&str, [&str; 1]> =
        headers.iter().map(|(name, value)| (*name, [*value])).collect();
    json!({
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/GET/area-0/7",
        "resource": "/{proxy+}",
        "path": "/area-0/7",
        "httpMethod": "GET",
        "headers": single,
        "multiValueHeaders": all,
        "queryStringParameters": null,
        "multiValueQueryStringParameters": null,
        "pathParameters": { "proxy": "area-0/7" },
        "stageVariables": null,
        "requestContext": {
            "resourceId": "qwe123", "resourcePath": "/{proxy+}", "httpMethod": "GET",
            "extendedRequestId": "JKJaXmPLvHcESHA=", "requestTime": "26/Nov/2026:00:00:00 +0000",
            "path": "/prod/area-0/7", "accountId": "123456789012", "protocol": "HTTP/1.1", "stage": "prod",
            "domainPrefix": "a1b2c3", "requestTimeEpoch": 1_795_651_200_000_u64,
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "identity": { "cognitoIdentityPoolId": null, "accessKey": null, "sourceIp": "198.51.100.7",
                "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "user": null },
            "domainName": "a1b2c3.execute-api.eu-west-1.amazonaws.com", "deploymentId": "dep123", "apiId": "a1b2c3"
        }
    })
    .to_string()
    .into_bytes()
}

/// The policy table, and a table of one session, as DynamoDB's JSON protocol tells of them.
///
/// Source: [BatchGetItem](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html).
pub struct Tables {
    session: Value,
    // Requests repeat, and the stub's work must not be measured.
    answers: Mutex<HashMap<Vec<u8>, Vec<u8>>>,
}

impl Tables {
    /// `session` is the row of the one session.
    pub fn new(session: Value) -> Self {
        Self { session, answers: Mutex::default() }
    }

    pub fn answer(&self, request: &[u8]) -> Vec<u8> {
        let asked = subjects(request);
        let mut answers = self.answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(answer) = answers.get(&asked) {
            return answer.clone();
        }
        let answer = self.work_out(request).unwrap_or_else(|| json!({}));
        let answer = answer.to_string().into_bytes();
        answers.insert(asked, answer.clone());
        answer
    }

    fn work_out(&self, request: &[u8]) -> Option<Value> {
        let request: Value = serde_json::from_slice(request).ok()?;
        if request.get("Key").is_some() {
            return Some(json!({ "Item": self.session }));
        }
        let (table, asked) = request["RequestItems"].as_object()?.iter().next()?;
        let rows: Vec<Value> = asked["Keys"]
            .as_array()?
            .iter()
            .filter_map(|key| row(key["subject"]["S"].as_str()?))
            .collect();
        Some(json!({ "Responses": { table: rows }, "UnprocessedKeys": {} }))
    }
}

/// The subjects that a request names, in its order. The request itself is not the same each time: a
/// client may write the members of an object in any order.
fn subjects(request: &[u8]) -> Vec<u8> {
    const BEFORE: &[u8] = b"\"group:";
    let mut subjects = Vec::new();
    let mut rest = request;
    while let Some(at) = rest.windows(BEFORE.len()).position(|window| window == BEFORE) {
        rest = &rest[at + BEFORE.len()..];
        let end = rest.iter().position(|&byte| byte == b'"').unwrap_or(rest.len());
        subjects.extend_from_slice(&rest[..=end.min(rest.len() - 1)]);
    }
    subjects
}

/// The row of a subject.
pub fn row(subject: &str) -> Option<Value> {
    let index = subject.strip_prefix("group:group-")?.parse().ok()?;
    Some(json!({
        "subject": { "S": subject },
        "revision": { "N": "0" },
        "version": { "N": "3" },
        "document": attribute(&document(index)),
    }))
}

/// A JSON value as a DynamoDB attribute value.
fn attribute(value: &Value) -> Value {
    match value {
        Value::Array(values) => json!({ "L": values.iter().map(attribute).collect::<Vec<_>>() }),
        Value::Object(members) => {
            let members: serde_json::Map<String, Value> =
                members.iter().map(|(name, value)| (name.clone(), attribute(value))).collect();
            json!({ "M": members })
        }
        Value::Bool(value) => json!({ "BOOL": value }),
        Value::Null => json!({ "NULL": true }),
        Value::Number(value) => json!({ "N": value.to_string() }),
        Value::String(value) => json!({ "S": value }),
    }
}

/// Whether an answer is the right one: it allows exactly the resources of the documents of `groups`
/// groups. A contender that is quick and wrong is no contender.
pub fn check(answer: &[u8], groups: usize) -> anyhow::Result<()> {
    let answer: Value = serde_json::from_slice(answer).context("the answer is no JSON")?;
    let statements =
        answer["policyDocument"]["Statement"].as_array().context("no statements in the answer")?;
    let mut resources: Vec<String> = statements
        .iter()
        .filter(|statement| statement["Effect"] == "Allow")
        .flat_map(|statement| match &statement["Resource"] {
            Value::Array(values) => {
                values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            value => value.as_str().map(str::to_owned).into_iter().collect::<Vec<_>>(),
        })
        .collect();
    let stage = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/";
    let mut wanted: Vec<String> = (0..groups)
        .flat_map(|index| {
            [
                format!("GET/area-{index}"),
                format!("GET/area-{index}/*"),
                format!("POST/area-{index}/items"),
            ]
        })
        .map(|resource| format!("{stage}{resource}"))
        .collect();
    resources.sort_unstable();
    wanted.sort_unstable();
    anyhow::ensure!(
        resources == wanted,
        "the answer does not allow what {groups} groups allow: {answer}"
    );
    Ok(())
}
