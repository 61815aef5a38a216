//! The page pass of a caller: made from the documents of the caller's groups.

use std::slice;
use std::time::Duration;

use gatepost_authorizer::subjects::Subjects;
use gatepost_core::policy::{Context, PageRules, PolicyDocument};
use gatepost_core::token::Claims;
use gatepost_store::PolicyStore;
use http::HeaderValue;
use http::header::USER_AGENT;
use tokio::time::Instant;

use super::{Call, Session};
use crate::cookies::Cookie;
use crate::page_pass;
use crate::refusal::Refusal;

/// How long the table may take: what comes before and after it needs time too.
const TABLE_PATIENCE: Duration = Duration::from_secs(4);

impl<S: PolicyStore> Session<S> {
    /// `Set-Cookie` of a new page pass. It ends with the token, or before.
    ///
    /// # Errors
    ///
    /// If not every document could be read, or if not every rule has room. A pass with fewer rules
    /// might lack a Deny, so there is none.
    pub(super) async fn page_pass(
        &self,
        claims: &Claims,
        call: Call<'_>,
    ) -> Result<HeaderValue, Refusal> {
        let config = &self.config;
        let issuers = slice::from_ref(&config.issuer);
        let subjects = Subjects::of(claims, issuers, &config.subjects).known;
        let deadline = call.deadline.min(Instant::now() + TABLE_PATIENCE);
        let policies = if subjects.is_empty() {
            Vec::new()
        } else {
            self.store.read(&subjects, deadline).await?
        };
        let documents: Vec<&PolicyDocument> =
            policies.iter().map(|policy| &*policy.document).collect();
        let rules = PageRules::build(documents.iter().copied(), &context(&documents, claims, call));
        let expires_at = claims.expires_at().min(call.now + config.page_pass);
        let pass = page_pass::mint(&config.keys, &config.origin, &rules, expires_at)?;
        Ok(Cookie::Pages.set(&pass)?)
    }

    /// The same, if the pass of the request is missing or older than half its life.
    ///
    /// # Errors
    ///
    /// As [`page_pass`](Self::page_pass).
    pub(super) async fn renewed_page_pass(
        &self,
        claims: &Claims,
        call: Call<'_>,
    ) -> Result<Option<HeaderValue>, Refusal> {
        let config = &self.config;
        let is_young = Cookie::Pages
            .value(&call.request.headers)
            .and_then(|pass| page_pass::good_until(&config.keys, &config.origin, pass))
            .is_some_and(|end| end >= call.now + config.page_pass / 2);
        if is_young { Ok(None) } else { self.page_pass(claims, call).await.map(Some) }
    }
}

/// What conditions and claims in the documents may ask. A pass is good for minutes, so whatever the
/// caller can change in between is judged by what it was when the pass was made.
fn context(documents: &[&PolicyDocument], claims: &Claims, call: Call<'_>) -> Context {
    let mut context = Context::new();
    for name in documents.iter().flat_map(|document| document.claim_names()) {
        if let Some(value) = claims.text(name) {
            context.insert(&format!("token:{name}"), value);
        }
    }
    context.set_time(call.now);
    context.insert("aws:SecureTransport", "true");
    if let Some(source_ip) = &call.request.source_ip {
        context.insert("aws:SourceIp", source_ip.as_str());
    }
    if let Some(user_agent) = call.request.header(USER_AGENT.as_str()) {
        context.insert("aws:UserAgent", user_agent);
    }
    context
}
