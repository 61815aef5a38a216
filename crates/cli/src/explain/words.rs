//! A report in words, and as JSON.

use gatepost_core::gateway::MethodArn;
use gatepost_core::policy::{Change, Decision, Effect, Standing, StatementStanding, Suggestion};
use serde_json::{Value, json};

use super::report::Report;
use crate::paint::Paint;
use crate::visible::visible;

/// The most near misses that are told to people; JSON has all.
const MAX_NEAR_MISSES: usize = 3;

impl Report<'_> {
    /// The report for people, line by line.
    pub(crate) fn lines(&self, paint: &Paint) -> Vec<String> {
        let (strong, faint) = (paint.strong, paint.faint);
        let mut lines = vec![self.headline(paint)];
        for one in self.explanation.decided() {
            let (name, file) = (self.name(&one.place), self.file(&one.place));
            lines.push(format!("  by {strong}{name}{strong:#}  {faint}{file}{faint:#}"));
            lines.extend(because(one).into_iter().map(|reason| format!("    {reason}")));
        }
        lines.extend(self.about_caller());
        if self.decision() == Decision::ExplicitDeny {
            let outranked: Vec<_> = self.explanation.outranked().collect();
            lines.extend(outranked.iter().map(|one| {
                format!("  {} would have allowed it; a Deny outranks it", self.name(&one.place))
            }));
            if outranked.is_empty() {
                lines.push("  nothing allows it either".to_owned());
            }
        }
        lines.extend(self.near_misses(paint));
        if !self.suggestions.is_empty() {
            lines.push(String::new());
            let any_one = if self.suggestions.len() > 1 { ", any one of these" } else { "" };
            lines.push(format!("{strong}What would allow it{strong:#}{any_one}:"));
            lines.extend(self.suggestions.iter().map(|one| format!("  - {}", self.suggested(one))));
        } else if self.decision() != Decision::Allow {
            lines.push(String::new());
            lines.push(
                "No change small enough to be suggested was found to allow it (a path with `*` or \
                 `?` in it cannot be named exactly)."
                    .to_owned(),
            );
        }
        lines
    }

    /// What a failed case tells: who decided, the nearest miss and the least change.
    pub(crate) fn short(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.explanation.decided().map(|one| format!("by {}", self.name(&one.place))).collect();
        if let Some(near) = self.near().first() {
            lines.push(format!("close: {}: {}", self.name(&near.place), reasons(near).join("; ")));
        }
        lines.extend(
            self.own
                .iter()
                .filter(|own| own.held.is_none())
                .map(|own| format!("{} has no document ({})", own.subject, own.belongs)),
        );
        if let Some(first) = self.suggestions.first() {
            lines.push(format!("to allow it: {}", self.suggested(first)));
        }
        lines
    }

    fn headline(&self, paint: &Paint) -> String {
        let (style, word, why) = match self.decision() {
            Decision::Allow => (paint.good, "ALLOWED", ""),
            Decision::ExplicitDeny => (paint.bad, "DENIED", "  (explicit deny)"),
            Decision::ImplicitDeny => {
                (paint.bad, "DENIED", "  (implicit deny: no statement allows it)")
            }
        };
        format!("{style}{word}{style:#}  {} {}{why}", self.asked.verb, self.asked.path)
    }

    fn about_caller(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.own.is_empty() {
            lines.push("  the caller is in no group, and so has no document".to_owned());
        }
        if self.decision() == Decision::ImplicitDeny {
            let named = self.own.iter().filter(|own| own.held.is_some());
            let named: Vec<String> = named.map(|own| own.subject.to_string()).collect();
            if !named.is_empty() {
                lines.push(format!("  looked at: {}", named.join(", ")));
            }
        }
        lines.extend(self.own.iter().filter(|own| own.held.is_none()).map(|own| {
            format!(
                "  {} has no document, and so no rights: {} is missing",
                own.subject, own.belongs
            )
        }));
        if !self.allows_something && self.asked.method().is_some() {
            lines.push(
                "  nothing allows this caller anything, so that the authorizer answers with an \
                 explicit Deny of the whole stage"
                    .to_owned(),
            );
        }
        lines
    }

    /// What would have decided otherwise: Allows, unless there is one that only a Deny outranks; of
    /// a call that is allowed, the Denies that it passed by a hair.
    fn near(&self) -> Vec<&StatementStanding> {
        if self.decision() == Decision::Allow {
            let mut near = self.explanation.near_misses(Effect::Deny);
            near.retain(|one| one.is_close());
            return near;
        }
        let has_outranked = self.explanation.outranked().next().is_some();
        if has_outranked { Vec::new() } else { self.explanation.near_misses(Effect::Allow) }
    }

    fn near_misses(&self, paint: &Paint) -> Vec<String> {
        let (strong, faint) = (paint.strong, paint.faint);
        let title = match self.decision() {
            Decision::Allow => "Close to denying it",
            Decision::ExplicitDeny | Decision::ImplicitDeny => "Close, but",
        };
        let near = self.near();
        if near.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![String::new(), format!("{strong}{title}{strong:#}:")];
        for one in near.iter().take(MAX_NEAR_MISSES) {
            let (name, file) = (self.name(&one.place), self.file(&one.place));
            lines.push(format!("  {strong}{name}{strong:#}  {faint}{file}{faint:#}"));
            lines.extend(reasons(one).into_iter().map(|reason| format!("    {reason}")));
        }
        if near.len() > MAX_NEAR_MISSES {
            let more = near.len() - MAX_NEAR_MISSES;
            lines.push(format!("  and {more} more; `--format json` has them all"));
        }
        lines
    }

    fn suggested(&self, suggestion: &Suggestion) -> String {
        let changes = suggestion.changes().iter().map(|change| self.change(change));
        changes.collect::<Vec<_>>().join("; and ")
    }

    fn change(&self, change: &Change) -> String {
        let document = |index: usize| match self.own.get(index) {
            Some(own) if own.held.is_some() => own.subject.to_string(),
            Some(own) => format!("{} (a new file, {})", own.subject, own.belongs),
            None => String::new(),
        };
        let other = |index: usize| {
            self.others.get(index).map(|(subject, _)| subject.to_string()).unwrap_or_default()
        };
        visible(&change.in_words(|place| self.name(place), document, other))
    }

    /// The report for programs.
    pub(crate) fn json(&self) -> Value {
        let subjects = self.own.iter().map(|own| {
            let file = own.held.map(|held| held.path.display().to_string());
            json!({ "subject": own.subject.to_string(), "document": file })
        });
        let suggestions = self.suggestions.iter().map(|one| {
            let kinds = one
                .changes()
                .iter()
                .map(|change| json!({ "change": kind(change), "text": self.change(change) }));
            Value::Array(kinds.collect())
        });
        let method = self.asked.method();
        json!({
            "decision": self.decision().as_str(),
            "method": method.map(|_| self.asked.verb),
            "path": self.asked.path,
            "method_arn": method.map(MethodArn::as_str),
            "subjects": subjects.collect::<Vec<_>>(),
            "statements":
                self.explanation.statements.iter().map(|one| self.statement(one)).collect::<Vec<_>>(),
            "suggestions": suggestions.collect::<Vec<_>>(),
        })
    }

    fn statement(&self, one: &StatementStanding) -> Value {
        let standing = match one.standing {
            Standing::Decided => "decided",
            Standing::Missed(_) => {
                let near = self.explanation.near_misses(one.effect);
                if near.iter().any(|near| near.place == one.place) {
                    "near_miss"
                } else {
                    "elsewhere"
                }
            }
            Standing::Outranked => "outranked",
        };
        let subject = self.own.get(one.place.document).map(|own| own.subject.to_string());
        json!({
            "subject": subject,
            "statement": one.place.statement,
            "sid": one.place.sid,
            "effect": one.effect.as_str(),
            "standing": standing,
            "pattern": one.pattern,
            "reasons": reasons(one),
        })
    }
}

/// Why a statement applies.
fn because(one: &StatementStanding) -> Vec<String> {
    let pattern = one.pattern.iter().map(|pattern| format!("`{pattern}` matches"));
    let met = one.met.iter().map(|clause| visible(&clause.to_string()));
    pattern.chain(met).collect()
}

/// Why a statement does not apply.
fn reasons(one: &StatementStanding) -> Vec<String> {
    one.misses().iter().map(|miss| visible(&miss.to_string())).collect()
}

/// A stable word for the kind of change.
fn kind(change: &Change) -> &'static str {
    match change {
        Change::AddAction { .. } => "add_action",
        Change::AddResource { .. } => "add_resource",
        Change::AddStatement { .. } => "add_statement",
        Change::ExceptResource { .. } => "except_resource",
        Change::Join { .. } => "join",
        Change::RemoveResources { .. } => "remove_resources",
        Change::RemoveStatement { .. } => "remove_statement",
        Change::Request { .. } => "request",
        Change::SpareVerb { .. } => "spare_verb",
    }
}
