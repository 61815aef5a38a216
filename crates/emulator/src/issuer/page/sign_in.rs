//! The sign-in page: one click per account.

use maud::html;
use url::Url;

use super::Page;
use super::account_card::account_card;
use crate::issuer::Account;

/// What the sign-in page shows.
#[derive(Clone, Copy, Debug)]
pub(in crate::issuer) struct SignInPage<'a> {
    pub(in crate::issuer) accounts: &'a [Account],
    pub(in crate::issuer) client_id: &'a str,
    /// The account that comes first.
    pub(in crate::issuer) hinted: Option<&'a Account>,
    /// The query of the authorization request, which the form sends along.
    pub(in crate::issuer) query: &'a str,
    /// Where the browser goes next.
    pub(in crate::issuer) redirect_uri: &'a str,
}

pub(in crate::issuer) fn sign_in(shown: &SignInPage<'_>) -> Page {
    let others = shown.accounts.iter().filter(|account| Some(*account) != shown.hinted);
    let body = html! {
        main.narrow {
            section.panel {
                h1 { "Who are you?" }
                p.lead {
                    code { (shown.client_id) } " wants you to sign in. This is a development "
                    "issuer: there are no passwords, choose an account."
                }
                form method="post" action={ "/login?" (shown.query) } {
                    ul.accounts {
                        @for account in shown.hinted.into_iter().chain(others) {
                            li {
                                button.account type="submit" name="username"
                                    value=(account.username) { (account_card(account)) }
                            }
                        }
                    }
                    p.foot { button.plain type="submit" { "Go back without signing in" } }
                }
            }
        }
    };
    Page { submit_to: form_action(shown.redirect_uri), ..Page::new("Sign in", body) }
}

/// The `form-action` source that lets a form end up at `uri`: its origin or, for the private
/// scheme of a phone app, the scheme.
fn form_action(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    let origin = url.origin();
    Some(if origin.is_tuple() {
        origin.ascii_serialization()
    } else {
        format!("{}:", url.scheme())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_may_lead_to_the_origin_or_scheme_of_the_client() {
        const CASES: &[(&str, Option<&str>)] = &[
            ("http://127.0.0.1:5173/callback?x=1", Some("http://127.0.0.1:5173")),
            ("https://app.example.com/callback", Some("https://app.example.com")),
            ("com.example.app:/callback", Some("com.example.app:")),
            ("no address", None),
        ];
        for (uri, want) in CASES {
            assert_eq!(form_action(uri).as_deref(), *want, "{uri}");
        }
    }
}
