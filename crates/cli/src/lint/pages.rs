//! The guide's page for each trap, as `docs/lint/` has it: `lint-pages` is a link to it, so that a
//! packed crate holds them.

/// The page for a rule; `None` for a fault, whose message says it all.
pub(crate) fn page(rule: &str) -> Option<&'static str> {
    PAGES.iter().find(|(id, _)| *id == rule).map(|(_, page)| *page)
}

macro_rules! pages {
    ($($id:literal)*) => {
        const PAGES: &[(&str, &str)] =
            &[$(($id, include_str!(concat!("../../lint-pages/", $id, ".md"))),)*];
    };
}

pages! {
    "allow-cancelled-by-deny"
    "deny-bypassed-by-encoding"
    "matches-no-route"
    "missing-root"
    "missing-trailing-slash-form"
    "over-budget"
    "placeholder-taken-literally"
    "query-in-path"
    "redundant-pattern"
    "resource-too-long-when-bound"
    "star-swallows-stage"
    "star-swallows-verb"
    "statement-about-nothing"
    "trailing-slash-only"
    "uncallable-route"
    "unknown-action"
    "unknown-condition-key"
    "unreachable-statement"
    "verb-matches-nothing"
    "wildcard-account"
    "wildcard-api"
    "wildcard-region"
    "wildcard-stage"
}

#[cfg(test)]
mod tests {
    use gatepost_core::analysis::Trap;

    use super::*;

    #[test]
    fn every_trap_has_its_page() {
        let pages: Vec<&str> = PAGES.iter().map(|(id, _)| *id).collect();
        let traps: Vec<&str> = Trap::ALL.iter().map(|trap| trap.as_str()).collect();
        assert_eq!(pages, traps);
        for (id, page) in PAGES {
            assert!(page.starts_with(&format!("# {id}\n")), "{id}");
        }
    }
}
