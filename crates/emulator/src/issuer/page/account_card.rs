//! The button that is an account.

use maud::{Markup, html};

use crate::issuer::Account;

/// What is inside the button: the start page and the sign-in page show the same.
pub(super) fn account_card(account: &Account) -> Markup {
    html! {
        span.avatar aria-hidden="true" { (account.username.chars().next().unwrap_or('?')) }
        span.who {
            span.name { span.unseen { "Sign in as " } (account.username) }
            span.groups {
                @for group in &account.groups { span.chip { (group) } " " }
                @if account.groups.is_empty() { span.chip.none { "no groups" } }
            }
        }
        span.go aria-hidden="true" { "Sign in" }
    }
}
