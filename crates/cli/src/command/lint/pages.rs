//! The guide's page about each trap.

use gatepost_core::analysis::Trap;

/// The page, as Markdown; the sentence that there is, for a trap without a page.
pub(super) fn page(trap: Trap) -> String {
    written(trap).map_or_else(|| format!("# {trap}\n\n{}\n", trap.summary()), str::to_owned)
}

fn written(trap: Trap) -> Option<&'static str> {
    match trap {
        Trap::AllowCancelledByDeny
        | Trap::DenyBypassedByEncoding
        | Trap::MatchesNoRoute
        | Trap::MissingRoot
        | Trap::MissingTrailingSlashForm
        | Trap::OverBudget
        | Trap::PlaceholderTakenLiterally
        | Trap::RedundantPattern
        | Trap::ResourceTooLongWhenBound
        | Trap::StarSwallowsStage
        | Trap::StarSwallowsVerb
        | Trap::StatementAboutNothing
        | Trap::TrailingSlashOnly
        | Trap::UncallableRoute
        | Trap::UnknownAction
        | Trap::UnknownConditionKey
        | Trap::UnreachableStatement
        | Trap::VerbMatchesNothing
        | Trap::WildcardAccount
        | Trap::WildcardApi
        | Trap::WildcardRegion
        | Trap::WildcardStage => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trap_has_a_page_with_its_name_for_a_title() {
        for trap in Trap::ALL {
            let page = page(*trap);
            let title = page.lines().next().unwrap();
            assert!(title.starts_with("# ") && title.contains(trap.as_str()), "{trap}: {title}");
            assert!(page.ends_with('\n'), "{trap}");
        }
    }
}
