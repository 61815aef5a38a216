//! Other spellings of a path, and of a method.

use crate::doctor::api::{Ask, Outcome};
use crate::doctor::probe::{Probe, Verdict};
use crate::doctor::world::World;

/// Asks for a path that is denied, and everything else allowed, in other spellings.
pub(super) async fn paths(world: &mut World<'_>) -> anyhow::Result<()> {
    world.begin(Probe::Spelling);
    let plain = world.paths.guarded.clone();
    if !world.call("denied").await?.denied() {
        let found = "the plain path is not denied, so that nothing can be told from others";
        world.found(Probe::Spelling, Verdict::Unknown, found, "");
        return Ok(());
    }
    let (mut served, mut refused, mut reached) = (Vec::new(), Vec::new(), Vec::new());
    for spelling in spellings(&plain) {
        let seen = world.get("denied", &spelling).await?;
        let told = format!("{spelling} {}", seen.status);
        match seen.outcome() {
            Outcome::Passed if (200..400).contains(&seen.status) => served.push(told),
            Outcome::Passed => reached.push(told),
            Outcome::Denied
            | Outcome::Failed
            | Outcome::NoRoute
            | Outcome::Stopped
            | Outcome::Unauthorized => refused.push(told),
        }
    }
    let list = |spellings: &[String]| spellings.join(", ");
    let (verdict, found, follows) = if !served.is_empty() {
        (
            Verdict::Unsafe,
            format!("GET{} is denied, and served as {}", plain, list(&served)),
            "allow the paths that are meant and nothing wider: a Deny of one path beside an Allow of \
             all does not hold for these spellings; have back ends refuse them",
        )
    } else if !reached.is_empty() {
        (
            Verdict::Safe,
            format!("refused: {}; a back end does not know: {}", list(&refused), list(&reached)),
            "these spellings reach a back end under a right of their own: it must go on not to know \
             them",
        )
    } else {
        (Verdict::Safe, format!("refused: {}", list(&refused)), "")
    };
    world.facts.spelling = Some(served.is_empty());
    world.found(Probe::Spelling, verdict, found, follows);
    Ok(())
}

/// Every spelling that somebody may take for the same path.
fn spellings(path: &str) -> Vec<String> {
    let mut all = vec![
        format!("{path}/"),
        format!("/{path}"),
        format!("{path}//"),
        format!("{path}%2F"),
        format!("/gatepost-doctor/..{path}"),
        format!("/.{path}"),
        path.to_ascii_uppercase(),
    ];
    if let Some(at) = path.rfind(|character: char| character.is_ascii_alphabetic())
        && let (Some(before), Some(letter), Some(after)) =
            (path.get(..at), path.as_bytes().get(at), path.get(at + 1..))
    {
        all.push(format!("{before}%{letter:02X}{after}"));
    }
    if let Some((before, last)) = path.rsplit_once('/').filter(|(before, _)| !before.is_empty()) {
        all.push(format!("{before}//{last}"));
        all.push(format!("{before}%2F{last}"));
    }
    all.retain(|spelling| spelling != path);
    all
}

/// Asks for GET and names HEAD in `X-HTTP-Method-Override`, once with the right to each: HEAD is
/// the one other verb that changes nothing, whatever becomes of it.
pub(super) async fn methods(world: &mut World<'_>) -> anyhow::Result<()> {
    world.begin(Probe::MethodOverride);
    let path = world.paths.guarded.clone();
    let headers = &[("x-http-method-override", "HEAD")];
    let mut seen = Vec::new();
    for caller in ["allowed", "head"] {
        let token = world.token(caller)?;
        seen.push(world.ask(&Ask { tokens: &[token], headers, ..Ask::get(&path) }).await?);
    }
    let plain = world.call("allowed").await?;
    let [with_get, with_head] = seen.as_slice() else { return Ok(()) };
    let found = format!(
        "GET with the header, with the right to GET: {}; with that to HEAD: {}",
        with_get.brief(),
        with_head.brief()
    );
    // An answer to HEAD has no body.
    let (verdict, found, follows) = if plain.body.is_empty() {
        (Verdict::Unknown, format!("{found}; the plain answer has no body to tell by"), "")
    } else if with_head.passed() && !with_head.body.is_empty() {
        (
            Verdict::Unsafe,
            format!("{found}: the right to HEAD was asked for, and GET was called"),
            "allow for a path only the verbs that may all be called by whoever has one of them",
        )
    } else if with_get.passed() && with_get.body.is_empty() {
        (
            Verdict::Unsafe,
            format!("{found}: the right to GET was asked for, and HEAD was called"),
            "allow for a path only the verbs that may all be called by whoever has one of them",
        )
    } else if with_get.passed() {
        (
            Verdict::Safe,
            format!("{found}: API Gateway passes the header on"),
            "see that no back end obeys the header",
        )
    } else {
        (Verdict::Safe, format!("{found}: right and method go together"), "")
    };
    world.found(Probe::MethodOverride, verdict, found, follows);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_many_spellings_and_itself_is_none() {
        assert_eq!(
            spellings("/a/bc"),
            [
                "/a/bc/",
                "//a/bc",
                "/a/bc//",
                "/a/bc%2F",
                "/gatepost-doctor/../a/bc",
                "/./a/bc",
                "/A/BC",
                "/a/b%63",
                "/a//bc",
                "/a%2Fbc",
            ]
        );
        assert!(!spellings("/7").contains(&"/7".to_owned()));
    }
}
