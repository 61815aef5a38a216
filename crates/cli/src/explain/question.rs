//! Who asks, as flags or a form say it, and what is answered: for people and for programs.

use std::net::IpAddr;

use anyhow::ensure;
use gatepost_core::gateway::StageArn;
use gatepost_core::policy::Decision;
use gatepost_core::subject::SubjectKind;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::Asked;
use super::caller::{Caller, Party, RequestContext, no_claim};
use super::documents::Documents;
use super::log_line::{Comparison, LogLine};
use super::report::Report;
use crate::paint::Paint;

/// Whoever asks, and what the request says of itself.
#[derive(Clone)]
pub(crate) struct Question {
    /// What is said of who asks, beside what a token says.
    pub(crate) given: Party,
    /// The claims of a token, whether they are true or not.
    pub(crate) claims: Option<Value>,
    /// The claim that lists the groups.
    pub(crate) groups_claim: String,
    /// What counts of the token.
    pub(crate) kinds: Vec<SubjectKind>,
    pub(crate) source_ip: Option<IpAddr>,
    /// The time of the call; now, if nobody says.
    pub(crate) now: Option<OffsetDateTime>,
    /// Other keys that conditions may ask for.
    pub(crate) context: Vec<(String, String)>,
}

impl Question {
    /// The caller that it is about.
    ///
    /// # Errors
    ///
    /// When a name can be nobody's, a key is none, or the token's groups are no list of texts.
    pub(crate) fn caller(&self) -> anyhow::Result<Caller> {
        let said = RequestContext {
            source_ip: self.source_ip,
            now: Some(self.now.unwrap_or_else(OffsetDateTime::now_utc)),
            user_agent: None,
        };
        let mut context = said.keys();
        for (key, value) in &self.context {
            no_claim(key)?;
            context.insert(key, value.as_str());
        }
        self.party()?.caller(context)
    }

    /// What the token says and what is given, together.
    ///
    /// # Errors
    ///
    /// When the token's groups are no list of texts.
    pub(crate) fn party(&self) -> anyhow::Result<Party> {
        let party = match &self.claims {
            None => Party::default(),
            Some(claims) => Party::of_claims(claims, &self.groups_claim, &self.kinds)?,
        };
        Ok(party.and(self.given.clone()))
    }
}

/// What is asked for, if anything is: a page, or a call.
///
/// # Errors
///
/// When nobody can ask for it, or it is both, or half of a call.
pub(crate) fn asked(
    stage: &StageArn,
    page: Option<&str>,
    method: Option<&str>,
    path: Option<&str>,
) -> anyhow::Result<Option<Asked>> {
    ensure!(
        page.is_none() || (method.is_none() && path.is_none()),
        "ask for a page or for a call, not for both"
    );
    ensure!(method.is_some() == path.is_some(), "a call takes a method and a path");
    match (page, method.zip(path)) {
        (Some(page), _) => Asked::page(page).map(Some),
        (None, Some((method, path))) => Asked::new(stage, method, path).map(Some),
        (None, None) => Ok(None),
    }
}

/// The answer to a question.
pub(crate) struct Answer<'a> {
    report: Report<'a>,
    claims: Option<&'a Value>,
    log: Option<(&'a LogLine, Option<Comparison>)>,
}

impl<'a> Answer<'a> {
    /// Explains what `documents` say to `asked` by `caller`, whom the claims are about, and how that
    /// compares with what the line says.
    ///
    /// # Errors
    ///
    /// When the documents give no policy to compare with the line's.
    pub(crate) fn new(
        documents: &'a Documents,
        caller: &'a Caller,
        asked: &'a Asked,
        claims: Option<&'a Value>,
        log: Option<&'a LogLine>,
    ) -> anyhow::Result<Self> {
        let report = Report::new(documents, caller, asked)?;
        let compared = log.zip(asked.method());
        let compared = compared.map(|(log, method)| log.compare(documents, caller, method));
        let compared = compared.transpose()?;
        Ok(Self { report, claims, log: log.map(|log| (log, compared)) })
    }

    /// The decision.
    pub(crate) fn decision(&self) -> Decision {
        self.report.decision()
    }

    /// For people, line by line.
    pub(crate) fn lines(&self, paint: &Paint) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(claims) = self.claims {
            lines.push(
                "Groups and claims are as the token says, which was not verified; `gatepost verify` \
                 does that."
                    .to_owned(),
            );
            if has_expired(claims) {
                lines.push("It has expired: the authorizer answers 401 to it.".to_owned());
            }
            lines.push(String::new());
        }
        if let Some((log, Some(compared))) = &self.log {
            lines.extend(log.lines(paint));
            lines.extend([String::new(), compared.words().to_owned(), String::new()]);
        }
        lines.extend(self.report.lines(paint));
        lines
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let mut members = self.report.json();
        if let Value::Object(members) = &mut members {
            if self.claims.is_some() {
                members.insert("claims_verified".to_owned(), json!(false));
            }
            if let Some((log, compared)) = &self.log {
                members.insert("log".to_owned(), log.json(*compared));
            }
        }
        members
    }
}

fn has_expired(claims: &Value) -> bool {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    claims.get("exp").and_then(Value::as_i64).is_some_and(|end| end <= now)
}
