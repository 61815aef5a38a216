//! Signature Version 4 for the one kind of request that the floor sends.
//!
//! Source: [AWS Signature Version 4](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).

use std::env;
use std::fmt::Write as _;
use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use time::OffsetDateTime;
use time::macros::format_description;

pub struct Signer {
    authority: String,
    key_id: String,
    secret: String,
    session_token: String,
    /// The signing key of a day, which is good for all of its requests.
    kept: Option<(String, Key)>,
}

impl Signer {
    pub fn new(authority: &str, key_id: &str, secret: &str, session_token: &str) -> Self {
        let [authority, key_id, secret, session_token] =
            [authority, key_id, secret, session_token].map(str::to_owned);
        Self { authority, key_id, secret, session_token, kept: None }
    }

    pub fn from_environment(authority: &str) -> anyhow::Result<Self> {
        let [key_id, secret, token] =
            ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].map(env::var);
        Ok(Self::new(authority, &key_id?, &secret?, &token?))
    }

    /// The signed head of a request for `target` with this body.
    pub fn head(&mut self, target: &str, body: &[u8]) -> anyhow::Result<String> {
        let now = OffsetDateTime::from(SystemTime::now());
        let date = now.format(format_description!("[year][month][day]"))?;
        let stamp =
            now.format(format_description!("[year][month][day]T[hour][minute][second]Z"))?;
        let (authority, token) = (&self.authority, &self.session_token);
        let headers = format!(
            "host:{authority}\nx-amz-date:{stamp}\nx-amz-security-token:{token}\nx-amz-target:{target}\n"
        );
        let names = "host;x-amz-date;x-amz-security-token;x-amz-target";
        let hash = hex::encode(digest(&SHA256, body));
        let canonical = format!("POST\n/\n\n{headers}\n{names}\n{hash}");
        let scope = format!("{date}/eu-west-1/dynamodb/aws4_request");
        let canonical = hex::encode(digest(&SHA256, canonical.as_bytes()));
        let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{canonical}");
        let signature = hex::encode(sign(self.key_of(&date), text.as_bytes()));
        let mut head = format!("POST / HTTP/1.1\r\nhost: {}\r\n", self.authority);
        write!(
            head,
            "content-type: application/x-amz-json-1.0\r\nx-amz-date: {stamp}\r\nx-amz-security-token: {}\r\n\
             x-amz-target: {target}\r\nauthorization: AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, \
             Signature={signature}\r\ncontent-length: {}\r\n\r\n",
            self.session_token,
            self.key_id,
            body.len(),
        )?;
        Ok(head)
    }

    fn key_of(&mut self, date: &str) -> &Key {
        let is_kept = self.kept.as_ref().is_some_and(|(of, _)| of == date);
        if !is_kept {
            let mut key = Key::new(HMAC_SHA256, format!("AWS4{}", self.secret).as_bytes());
            for part in [date, "eu-west-1", "dynamodb", "aws4_request"] {
                key = Key::new(HMAC_SHA256, sign(&key, part.as_bytes()).as_ref());
            }
            self.kept = Some((date.to_owned(), key));
        }
        &self.kept.as_ref().expect("it was just put there").1
    }
}
