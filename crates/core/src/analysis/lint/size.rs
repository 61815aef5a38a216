//! What API Gateway would not take: resources that are too long, answers that are too large.

use super::subject::Subject;
use super::wording::listed;
use super::{LintSettings, SharedFinding};
use crate::analysis::diff::example_stage;
use crate::analysis::finding::{Finding, Trap};
use crate::gateway::StageArn;
use crate::policy::{BoundPolicy, Context, PolicyDocument, ResourcePattern};

/// As long as the `sub` of a token of Cognito.
const TYPICAL_CLAIM: &str = "01234567-89ab-cdef-0123-456789abcdef";

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(stage) = stage(subject.settings) else { return };
    let claims = claims(&[subject.document]);
    for spot in subject.spots() {
        let Some(statement) = subject.document.statements().get(spot.statement) else { continue };
        let Some(pattern) = statement.resources().patterns().get(spot.index) else { continue };
        let alone = statement.about_everything().with_patterns(vec![pattern.clone()]);
        let Err(error) = BoundPolicy::build([&subject.document.with(vec![alone])], &stage, &claims)
        else {
            continue;
        };
        let (characters, max) = (error.characters, ResourcePattern::MAX_CHARACTERS);
        let message = format!(
            "is {characters} characters once it is bound to `{stage}`, {} over the limit of {max}",
            characters.saturating_sub(max)
        );
        found.push(spot.finding(Trap::ResourceTooLongWhenBound, message, None));
    }
    if let Some(bytes) =
        bytes(&[subject.document], &stage).filter(|bytes| is_over(*bytes, subject.settings))
    {
        let message = format!("comes to {}", excess(bytes, subject.settings));
        found.push(Finding::new(Trap::OverBudget, "", message, None));
    }
}

/// The fewest of `documents` found that are over the budget together, if all of them are; none that
/// is so alone.
pub(super) fn look_together(
    documents: &[(&str, &PolicyDocument)],
    settings: &LintSettings,
) -> Vec<SharedFinding> {
    let Some(stage) = stage(settings) else { return Vec::new() };
    let bytes_of = |chosen: &[usize]| {
        let chosen = chosen.iter().filter_map(|at| documents.get(*at));
        bytes(&chosen.map(|(_, document)| *document).collect::<Vec<_>>(), &stage)
    };
    let is_over = |bytes: Option<usize>| bytes.is_some_and(|bytes| is_over(bytes, settings));
    let mut sizes: Vec<(usize, usize)> = (0..documents.len())
        .filter_map(|at| Some((bytes_of(&[at])?, at)))
        .filter(|(bytes, _)| *bytes <= settings.max_policy_bytes)
        .collect();
    // The largest first; of equals the first.
    sizes.sort_by_key(|(bytes, at)| (std::cmp::Reverse(*bytes), *at));
    let by_size: Vec<usize> = sizes.into_iter().map(|(_, at)| at).collect();
    let Some(all) = bytes_of(&by_size).filter(|bytes| is_over(Some(*bytes))) else {
        return Vec::new();
    };
    let enough = (2..=by_size.len()).find_map(|count| {
        let chosen = by_size.get(..count)?;
        is_over(bytes_of(chosen)).then(|| chosen.to_vec())
    });
    let mut chosen = enough.unwrap_or_else(|| by_size.clone());
    // Some may be in others, and count for nothing.
    for at in chosen.clone().into_iter().rev() {
        let fewer: Vec<usize> = chosen.iter().copied().filter(|other| *other != at).collect();
        if is_over(bytes_of(&fewer)) {
            chosen = fewer;
        }
    }
    let Some(bytes) = bytes_of(&chosen) else { return Vec::new() };
    let names = chosen.iter().filter_map(|at| documents.get(*at));
    let names: Vec<String> = names.map(|(name, _)| format!("`{name}`")).collect();
    let mut message =
        format!("{} come to {} for whoever has them", listed(&names), excess(bytes, settings));
    if chosen.len() < by_size.len() {
        message = format!("{message}; all {} come to {all} bytes", by_size.len());
    }
    let finding = Finding::new(Trap::OverBudget, "", message, None);
    vec![SharedFinding { finding, documents: chosen, route: None }]
}

/// How many bytes the merged answer of `documents` has, bound to the stage that sizes are told for, its
/// claims as long as those of Cognito; `None` if there is no such answer.
pub fn answer_bytes(documents: &[&PolicyDocument], settings: &LintSettings) -> Option<usize> {
    bytes(documents, &stage(settings)?)
}

fn stage(settings: &LintSettings) -> Option<StageArn> {
    settings.stage.clone().or_else(example_stage)
}

/// The size of the merged answer; `None` if there is none.
fn bytes(documents: &[&PolicyDocument], stage: &StageArn) -> Option<usize> {
    let claims = claims(documents);
    let policy = BoundPolicy::build(documents.iter().copied(), stage, &claims).ok()?;
    Some(serde_json::to_string(&policy).ok()?.len())
}

fn is_over(bytes: usize, settings: &LintSettings) -> bool {
    bytes > settings.max_policy_bytes
}

fn excess(bytes: usize, settings: &LintSettings) -> String {
    let max = settings.max_policy_bytes;
    format!("{bytes} bytes of answer, {} over the budget of {max}", bytes.saturating_sub(max))
}

fn claims(documents: &[&PolicyDocument]) -> Context {
    let mut claims = Context::new();
    for name in documents.iter().flat_map(|document| document.claim_names()) {
        claims.insert(&format!("token:{name}"), TYPICAL_CLAIM);
    }
    claims
}
