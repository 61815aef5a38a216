//! The least that a function can do, by hand, blocking, with nothing but sockets: what the machine itself
//! takes. `no-op` answers each event; `signature` also verifies the token; `read` also reads the documents
//! from DynamoDB and puts their statements together, with no SDK and no rule of Gatepost's.

use std::env;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepost_function_bench::http::{Connection, Kind};
use gatepost_function_bench::sigv4;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

fn main() -> anyhow::Result<()> {
    let what = env::args().nth(1).context("no-op, signature or read")?;
    let key = URL_SAFE_NO_PAD.decode(env::var("PUBLIC_KEY")?)?;
    let key =
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &key).map_err(|_| anyhow!("no key"))?;
    let mut dynamodb = match what.as_str() {
        "read" => Some(DynamoDb::connect()?),
        _ => None,
    };
    let authority = env::var("AWS_LAMBDA_RUNTIME_API")?;
    let stream = TcpStream::connect(&authority)?;
    stream.set_nodelay(true)?;
    let mut lambda = Connection::new(stream);
    let next =
        format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: {authority}\r\n\r\n");
    loop {
        lambda.write(next.as_bytes())?;
        let event = lambda.read(Kind::Answer)?.context("no event")?.body.to_vec();
        let body = match what.as_str() {
            "no-op" => NOTHING.to_owned(),
            "signature" => {
                verify(token(&event)?, &key)?;
                NOTHING.to_owned()
            }
            _ => {
                let claims = verify(token(&event)?, &key)?;
                dynamodb.as_mut().context("no DynamoDB")?.policy(&claims)?
            }
        };
        let answer = format!(
            "POST /2018-06-01/runtime/invocation/id/response HTTP/1.1\r\nhost: {authority}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        lambda.write(answer.as_bytes())?;
        lambda.read(Kind::Answer)?;
    }
}

const NOTHING: &str =
    r#"{"principalId":"-","policyDocument":{"Version":"2012-10-17","Statement":[]}}"#;

/// The token after the first `Bearer`.
fn token(event: &[u8]) -> anyhow::Result<&str> {
    const BEFORE: &[u8] = b"Bearer ";
    let start =
        event.windows(BEFORE.len()).position(|window| window == BEFORE).context("no token")?
            + BEFORE.len();
    let rest = &event[start..];
    let length = rest.iter().position(|&byte| byte == b'"').context("no end of the token")?;
    Ok(std::str::from_utf8(&rest[..length])?)
}

/// The claims, if the signature is right.
fn verify(token: &str, key: &ParsedPublicKey) -> anyhow::Result<Vec<u8>> {
    let (input, signature) = token.rsplit_once('.').context("no signature")?;
    let signature = URL_SAFE_NO_PAD.decode(signature)?;
    key.verify_sig(input.as_bytes(), &signature).map_err(|_| anyhow!("a forged token"))?;
    let (_, claims) = input.split_once('.').context("no claims")?;
    Ok(URL_SAFE_NO_PAD.decode(claims)?)
}

struct DynamoDb {
    connection: Connection<Box<dyn Stream>>,
    signer: sigv4::Signer,
    table: String,
}

impl DynamoDb {
    fn connect() -> anyhow::Result<Self> {
        let url = env::var("AWS_ENDPOINT_URL_DYNAMODB")?;
        let (scheme, authority) = url.split_once("://").context("no URL")?;
        let stream = TcpStream::connect(authority)?;
        stream.set_nodelay(true)?;
        let stream: Box<dyn Stream> = if scheme == "https" {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_file(env::var("AWS_CA_BUNDLE")?)?)?;
            let config =
                ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
            let (host, _) = authority.rsplit_once(':').context("no port")?;
            let mut tls =
                ClientConnection::new(Arc::new(config), ServerName::try_from(host.to_owned())?)?;
            let mut stream = stream;
            while tls.is_handshaking() {
                tls.complete_io(&mut stream)?;
            }
            Box::new(StreamOwned::new(tls, stream))
        } else {
            Box::new(stream)
        };
        let signer = sigv4::Signer::from_environment(authority)?;
        Ok(Self { connection: Connection::new(stream), signer, table: env::var("TABLE")? })
    }

    fn policy(&mut self, claims: &[u8]) -> anyhow::Result<String> {
        let claims: Value = serde_json::from_slice(claims)?;
        let groups = claims["cognito:groups"].as_array().context("no groups")?;
        let keys: Vec<Value> = groups
            .iter()
            .filter_map(Value::as_str)
            .map(|group| json!({ "subject": { "S": format!("group:{group}") }, "revision": { "N": "0" } }))
            .collect();
        let body = json!({ "RequestItems": { &self.table: { "Keys": keys } } }).to_string();
        let head = self.signer.head("DynamoDB_20120810.BatchGetItem", body.as_bytes())?;
        self.connection.write(&[head.as_bytes(), body.as_bytes()].concat())?;
        let answer = self.connection.read(Kind::Answer)?.context("no answer")?;
        let answer: Value = serde_json::from_slice(answer.body)?;
        let rows = answer["Responses"][&self.table].as_array().context("no rows")?;
        let mut resources = String::new();
        for statement in rows
            .iter()
            .filter_map(|row| row["document"]["M"]["Statement"]["L"].as_array())
            .flatten()
        {
            let resource = &statement["M"]["Resource"];
            let one = std::slice::from_ref(resource);
            for text in resource["L"].as_array().map_or(one, Vec::as_slice) {
                if !resources.is_empty() {
                    resources.push(',');
                }
                let text = text["S"].as_str().context("no text")?;
                write!(
                    resources,
                    "\"arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/{text}\""
                )?;
            }
        }
        Ok(format!(
            r#"{{"principalId":{},"policyDocument":{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"execute-api:Invoke","Resource":[{resources}]}}]}}}}"#,
            claims["sub"]
        ))
    }
}
