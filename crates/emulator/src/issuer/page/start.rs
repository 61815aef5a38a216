//! The start page: sign in, see the token, call the API.

use maud::{Markup, html};
use url::Url;

use super::Page;
use super::account_card::account_card;
use crate::issuer::{Issuer, WEB_CLIENT};

/// An API that the start page can call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApiListing {
    /// Where it is, with the stage if that is part of its addresses: `http://127.0.0.1:3000`.
    pub url: String,
    /// What can be called there, in the order shown.
    pub methods: Vec<ListedMethod>,
}

/// One method of an API.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedMethod {
    /// `GET`.
    pub verb: String,
    /// The path as the API defines it, with its parameters: `/movies/{id}`.
    pub path: String,
    /// Whether there is no authorizer before it.
    pub is_public: bool,
    /// What it does, in a few words; may be empty.
    pub summary: String,
}

impl ListedMethod {
    /// A path one can call: `1` in the place of a parameter, `any/path` in that of a greedy one.
    fn example_path(&self) -> String {
        let mut example = String::with_capacity(self.path.len());
        let mut rest = self.path.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((parameter, behind)) = after.split_once('}') else { break };
            example.push_str(before);
            example.push_str(if parameter.ends_with('+') { "any/path" } else { "1" });
            rest = behind;
        }
        example.push_str(rest);
        example
    }
}

pub(in crate::issuer) fn start(issuer: &Issuer) -> Page {
    let api = &issuer.settings.api;
    let body = html! {
        main.start data-client-id=(WEB_CLIENT) data-api-url=(api.url.trim_end_matches('/')) {
            p.notice #notice role="alert" hidden {}
            div.columns {
                (accounts(issuer))
                (methods(&api.url, &issuer.listed()))
                (token())
            }
        }
        footer {
            p {
                "A stand-in for an Amazon Cognito user pool, for development only. "
                "Tokens stay in this tab (session storage)."
            }
            p {
                "Issuer " code { (issuer.origin()) } " · "
                a href="/.well-known/openid-configuration" { "discovery document" } " · "
                a href="/.well-known/jwks.json" { "JWKS" }
            }
        }
    };
    Page {
        connect_to: Url::parse(&api.url).ok().map(|url| url.origin().ascii_serialization()),
        script: Some("/assets/app.js"),
        ..Page::new("Start", body)
    }
}

fn accounts(issuer: &Issuer) -> Markup {
    html! {
        section.panel aria-labelledby="who" {
            h1 #who { "Who are you?" }
            p.lead #who-text {
                "Choose an account. You get real tokens by the authorization-code flow with PKCE."
            }
            noscript { p { "This page needs JavaScript." } }
            ul.accounts {
                @for account in issuer.accounts() {
                    li {
                        button.account type="button" data-username=(account.username) {
                            (account_card(&account))
                        }
                    }
                }
            }
            p.foot #leave hidden { button.plain #sign-out type="button" { "Sign out" } }
        }
    }
}

fn methods(url: &str, methods: &[ListedMethod]) -> Markup {
    html! {
        section.panel.api-panel aria-labelledby="what" {
            h2 #what { "What may you call?" }
            p.lead { "Each call goes to " code { (url) } " with the token chosen here." }
            div.controls {
                label for="credential" { "Send" }
                select #credential {
                    option value="access" { "the access token" }
                    option value="forged" { "a forged token: another group written into it" }
                    option value="id" { "the ID token, which is not for APIs" }
                    option value="none" { "no token" }
                }
                button.primary #call-all type="button" { "Call every GET" }
            }
            ul.methods {
                @for method in methods {
                    li data-verb=(method.verb) data-public[method.is_public] {
                        form.method {
                            span class={ "verb " (method.verb.to_ascii_lowercase()) } {
                                (method.verb)
                            }
                            input.path type="text" name="path" value=(method.example_path())
                                aria-label={ "Path of " (method.verb) " " (method.path) }
                                autocomplete="off" autocapitalize="off" spellcheck="false";
                            button type="submit" {
                                "Call" span.unseen { " " (method.verb) " " (method.path) }
                            }
                        }
                        @if !method.summary.is_empty() { p.summary { (method.summary) } }
                        div.answer aria-live="polite" {}
                    }
                }
            }
        }
    }
}

fn token() -> Markup {
    html! {
        section.panel #token aria-labelledby="token-title" hidden {
            h2 #token-title { "Your access token" }
            p.lead #token-age {}
            div.controls {
                button #copy type="button" { "Copy token" }
                button #renew type="button" { "Renew" }
                span #copied role="status" {}
            }
            dl.claims #claims {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_path_has_no_parameters() {
        const CASES: &[(&str, &str)] = &[
            ("/movies", "/movies"),
            ("/movies/{id}", "/movies/1"),
            ("/shows/{show}/episodes/{episode}", "/shows/1/episodes/1"),
            ("/api/{proxy+}", "/api/any/path"),
            ("/odd/{open", "/odd/{open"),
        ];
        for (path, want) in CASES {
            let method = ListedMethod {
                verb: "GET".to_owned(),
                path: (*path).to_owned(),
                is_public: false,
                summary: String::new(),
            };
            assert_eq!(method.example_path(), *want);
        }
    }
}
