//! A line of the authorizer's decision log, read back.
//!
//! It holds no group, path or claim, so that it can say what became of a call and not what the call
//! was. What ties it to documents is the digest of the policy that was returned.

use std::io::{BufRead, Read};

use anyhow::{Context as _, bail, ensure};
use gatepost_core::gateway::MethodArn;
use gatepost_core::policy::{BoundPolicy, PolicyDocument};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::caller::Caller;
use super::documents::Documents;
use super::reasons::{Meaning, meaning};
use crate::paint::Paint;
use crate::visible::visible;

/// The longest line that is read, in bytes: what CloudWatch Logs takes as one event.
const MAX_BYTES: u64 = 1024 * 1024;

/// A line of the decision log.
#[derive(Debug)]
pub(crate) struct LogLine {
    outcome: String,
    reason: String,
    members: Map<String, Value>,
}

/// How the policy of a line and that of documents compare.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Comparison {
    /// They differ.
    Differs,
    /// The line has no policy.
    NoPolicy,
    /// They are the same.
    Same,
    /// They are the same if the authorizer answers for the called method only.
    SameForMethod,
}

impl LogLine {
    /// Reads the line itself, or what standard input has if it is `-`. What stands before the
    /// object, such as a time stamp, is passed over.
    ///
    /// # Errors
    ///
    /// When it is no line of the decision log.
    pub(crate) fn read(argument: &str, stdin: &mut dyn BufRead) -> anyhow::Result<Self> {
        let mut text = argument.to_owned();
        if text == "-" {
            text.clear();
            stdin.take(MAX_BYTES).read_to_string(&mut text).context("cannot read the log line")?;
        }
        let start = text.find('{').context("the log line has no JSON object in it")?;
        let object = text.get(start..).unwrap_or_default();
        let mut objects = serde_json::Deserializer::from_str(object).into_iter::<Value>();
        let first = objects.next().context("the log line has no JSON object in it")?;
        let first = first.context("the log line is not JSON")?;
        ensure!(
            objects.next().is_none_or(|another| another.is_err()),
            "this is more than one log line: give one, as with `| tail -1`"
        );
        let Value::Object(members) = first else {
            bail!("the log line has no JSON object in it");
        };
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        let word = |name: &str| {
            text(name).with_context(|| {
                format!("this is no line of the decision log: it has no `{name}`, a text")
            })
        };
        let (outcome, reason) = (word("outcome")?, word("reason")?);
        Ok(Self { outcome, reason, members })
    }

    /// Whether the call got a policy that allows something.
    pub(crate) fn is_granted(&self) -> bool {
        self.outcome == "policy"
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.members.get(name)?.as_u64()
    }

    /// How the policy compares with the one that `documents` give `caller` today.
    ///
    /// # Errors
    ///
    /// When they give none: a pattern is too long for this stage.
    pub(crate) fn compare(
        &self,
        documents: &Documents,
        caller: &Caller,
        method: &MethodArn,
    ) -> anyhow::Result<Comparison> {
        let Some(logged) = self.text("policy_digest") else { return Ok(Comparison::NoPolicy) };
        let stage = method.stage_arn();
        let own = caller.subjects.iter().filter_map(|subject| documents.get(subject));
        let own: Vec<&PolicyDocument> = own.map(|held| &held.document).collect();
        let policy = BoundPolicy::build(own, stage, &caller.context)?;
        let is_logged = |policy: &BoundPolicy| -> anyhow::Result<bool> {
            Ok(hex::encode(Sha256::digest(serde_json::to_string(policy)?)) == logged)
        };
        let became = |policy: BoundPolicy| -> anyhow::Result<bool> {
            // As the authorizer answers somebody without a right.
            let policy =
                if policy.allows_something() { policy } else { BoundPolicy::deny_all(stage) };
            if is_logged(&policy)? {
                return Ok(true);
            }
            // With GATEPOST_IMPLICIT_DENY=explicit. What cannot be made so was not answered.
            policy.explicit().map_or(Ok(false), |policy| is_logged(&policy))
        };
        if became(policy.clone())? {
            return Ok(Comparison::Same);
        }
        let for_method = became(policy.for_method(method))?;
        Ok(if for_method { Comparison::SameForMethod } else { Comparison::Differs })
    }

    /// What became of the call, for people, line by line.
    pub(crate) fn lines(&self, paint: &Paint) -> Vec<String> {
        let style = if self.is_granted() { paint.good } else { paint.bad };
        let strong = paint.strong;
        let Meaning { what, next } = meaning(&self.outcome, &self.reason);
        let (outcome, reason) = (visible(&self.outcome), visible(&self.reason));
        let mut lines = vec![format!("{style}{outcome}{style:#}  {reason}: {what}")];
        if let Some(id) = self.text("request_id") {
            lines.push(format!("  request {}", visible(id)));
        }
        if let Some(error) = self.text("error") {
            lines.push(format!("  the authorizer's words: {}", visible(error)));
        }
        if let (Some(subjects), Some(documents)) =
            (self.number("subjects"), self.number("documents"))
            && self.text("policy_digest").is_some()
        {
            lines.push(format!(
                "  {subjects} subjects of the caller, {documents} of them with a document"
            ));
        }
        if let Some(impossible) = self.number("impossible_subjects").filter(|count| *count > 0) {
            lines.push(format!(
                "  {impossible} names of the caller can be nobody's: empty, too long, or with \
                 control characters"
            ));
        }
        lines.push(format!("{strong}Next{strong:#}: {next}"));
        lines
    }

    /// The same for programs.
    pub(crate) fn json(&self, comparison: Option<Comparison>) -> Value {
        let Meaning { what, next } = meaning(&self.outcome, &self.reason);
        json!({
            "outcome": self.outcome,
            "reason": self.reason,
            "meaning": what,
            "next": next,
            "request_id": self.text("request_id"),
            "policy_digest": self.text("policy_digest"),
            "policy_today": comparison.map(Comparison::as_str),
        })
    }
}

impl Comparison {
    fn as_str(self) -> &'static str {
        match self {
            Self::Differs => "differs",
            Self::NoPolicy => "no_policy",
            Self::Same => "same",
            Self::SameForMethod => "same_for_method",
        }
    }

    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Differs => {
                "These documents give another policy today than the one in the line. One of these \
                 was different: the documents, the caller's groups or claims, the stage (`--stage`), \
                 GATEPOST_SUBJECTS, GATEPOST_SCOPE or GATEPOST_EXPIRY_CONDITION."
            }
            Self::NoPolicy => "The line has no policy to compare these documents with.",
            Self::Same => "These documents give the very policy that the line was written for.",
            Self::SameForMethod => {
                "These documents give the very policy that the line was written for \
                 (GATEPOST_SCOPE=method)."
            }
        }
    }
}
