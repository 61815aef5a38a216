//! The policies in a DynamoDB engine that somebody else runs.

use std::net::TcpStream;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

use crate::http::{Connection, Kind};
use crate::sigv4::Signer;
use crate::world::{TABLE, group, row};

/// Makes the table anew, with the rows of so many groups.
pub fn seed(url: &str, groups: usize) -> anyhow::Result<()> {
    let authority = url
        .strip_prefix("http://")
        .context("an engine has an http: address")?
        .trim_end_matches('/');
    let stream = TcpStream::connect(authority).with_context(|| format!("no engine at {url}"))?;
    let mut connection = Connection::new(stream);
    let mut signer = Signer::new(authority, "AKIDEXAMPLE", "secret", "session");
    let mut ask = |action: &str, body: Value| -> anyhow::Result<(String, String)> {
        let body = body.to_string();
        let head = signer.head(&format!("DynamoDB_20120810.{action}"), body.as_bytes())?;
        connection.write(&[head.as_bytes(), body.as_bytes()].concat())?;
        let answer = connection.read(Kind::Answer)?.context("the engine has hung up")?;
        Ok((answer.start, String::from_utf8_lossy(answer.body).into_owned()))
    };
    // One that is not there cannot be deleted, and need not be.
    ask("DeleteTable", json!({ "TableName": TABLE }))?;
    let (status, told) = ask(
        "CreateTable",
        json!({
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                { "AttributeName": "subject", "AttributeType": "S" },
                { "AttributeName": "revision", "AttributeType": "N" },
            ],
            "KeySchema": [
                { "AttributeName": "subject", "KeyType": "HASH" },
                { "AttributeName": "revision", "KeyType": "RANGE" },
            ],
        }),
    )?;
    ensure!(status == "200", "the engine makes no table: {told}");
    for index in 0..groups {
        let item = row(&format!("group:{}", group(index))).context("no row")?;
        let (status, told) = ask("PutItem", json!({ "TableName": TABLE, "Item": item }))?;
        if status != "200" {
            bail!("the engine does not keep a row: {told}");
        }
    }
    Ok(())
}
