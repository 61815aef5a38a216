//! What the reasons in the decision log mean, and what to do about each.
//!
//! The words come from the authorizer's own errors where those can be asked; the rest stands here.
//! A reason that is not known is said to be so: a newer authorizer may have written the line.

use gatepost_core::token::TokenError;

/// A reason, in words.
pub(super) struct Meaning {
    /// What it says.
    pub(super) what: String,
    /// What to do next.
    pub(super) next: &'static str,
}

/// What `reason` means in a line with `outcome`.
pub(super) fn meaning(outcome: &str, reason: &str) -> Meaning {
    let found = match outcome {
        "unauthorized" => token_reason(reason).or_else(|| known(UNAUTHORIZED, reason)),
        "failure" => known(FAILURE, reason),
        _ => known(ANSWERED, reason),
    };
    found.unwrap_or_else(|| Meaning {
        what: "this version of gatepost does not know the reason".to_owned(),
        next: "look it up in the version that the authorizer was built from",
    })
}

type Table = &'static [(&'static str, &'static str, &'static str)];

fn known(table: Table, reason: &str) -> Option<Meaning> {
    let (_, what, next) = *table.iter().find(|(known, _, _)| *known == reason)?;
    Some(Meaning { what: what.to_owned(), next })
}

fn token_reason(reason: &str) -> Option<Meaning> {
    let error = TokenError::ALL.into_iter().find(|error| error.reason() == reason)?;
    let next = match error {
        TokenError::Expired => {
            "sign in again, or refresh the token before it ends; if it should still be good, compare \
             the clocks (GATEPOST_LEEWAY_SECONDS allows for some difference)"
        }
        TokenError::NotYetValid => {
            "compare the clocks of the issuer and of whoever called; GATEPOST_LEEWAY_SECONDS allows \
             for some difference"
        }
        TokenError::IssuerMismatch | TokenError::IssuerMissing => {
            "compare `iss` in `gatepost token --read -` with the issuers in GATEPOST_ISSUERS, letter \
             by letter: a slash at the end counts"
        }
        TokenError::AudienceMismatch
        | TokenError::AudienceMissing
        | TokenError::ClientIdMismatch => {
            "compare `aud` or `client_id` in `gatepost token --read -` with `audience` in \
             GATEPOST_ISSUERS: the app client may be missing there"
        }
        TokenError::TokenUseContradiction
        | TokenError::TokenUseMismatch
        | TokenError::TokenUseMissing => {
            "send the access token and not the ID token, or accept both by `token_use` in \
             GATEPOST_ISSUERS; if the issuer never says what its tokens are, say it by \
             `token_profile` there"
        }
        TokenError::ClientIdMissing
        | TokenError::IssuedAtMissing
        | TokenError::JtiMissing
        | TokenError::TypeNotAccessToken => {
            "send the access token and not the ID token; if that is what it is, the issuer does not \
             write what RFC 9068 requires, and `token_profile` in GATEPOST_ISSUERS should not ask \
             for it"
        }
        TokenError::RequiredClaimMalformed
        | TokenError::RequiredClaimMismatch
        | TokenError::RequiredClaimMissing => {
            "compare the claims in `gatepost token --read -` with `required_claims` in \
             GATEPOST_ISSUERS: types count, and every letter"
        }
        TokenError::KeyUnknown | TokenError::KeyIdMismatch => {
            "see whether the issuer's JWKS has the token's `kid`; a new key is fetched by itself, so \
             that this is more often a token of another user pool"
        }
        TokenError::GroupsMalformed => {
            "see what the groups claim holds in `gatepost token --read -`: it must be a list of \
             names; `groups_claim` in GATEPOST_ISSUERS names the claim"
        }
        TokenError::AlgorithmHmac
        | TokenError::AlgorithmMalformed
        | TokenError::AlgorithmMismatch
        | TokenError::AlgorithmMissing
        | TokenError::AlgorithmNone
        | TokenError::AlgorithmNotAllowed
        | TokenError::AlgorithmUnsupported
        | TokenError::AudienceMalformed
        | TokenError::ClientIdMalformed
        | TokenError::Compressed
        | TokenError::CriticalExtension
        | TokenError::EmbeddedKey
        | TokenError::Encrypted
        | TokenError::ExpiryMalformed
        | TokenError::ExpiryMissing
        | TokenError::HeaderNotBase64url
        | TokenError::HeaderNotJson
        | TokenError::HeaderNotObject
        | TokenError::HeaderRepeatsMember
        | TokenError::IssuedAtMalformed
        | TokenError::IssuerMalformed
        | TokenError::JtiMalformed
        | TokenError::KeyIdMalformed
        | TokenError::KeyIdMissing
        | TokenError::NotBeforeMalformed
        | TokenError::NotThreeParts
        | TokenError::OriginJtiMalformed
        | TokenError::PayloadNotBase64url
        | TokenError::PayloadNotJson
        | TokenError::PayloadNotObject
        | TokenError::PayloadRepeatsMember
        | TokenError::ScopeMalformed
        | TokenError::SignatureEmpty
        | TokenError::SignatureInvalid
        | TokenError::SignatureNotBase64url
        | TokenError::SubjectMalformed
        | TokenError::SubjectMissing
        | TokenError::TokenUseMalformed
        | TokenError::TooLong
        | TokenError::TypeMalformed
        | TokenError::TypeUnsupported
        | TokenError::UnencodedPayload
        | TokenError::UsernameMalformed => {
            "`gatepost verify -` shows step by step what is wrong with such a token; one that the \
             issuer made and nobody changed would not have it"
        }
    };
    Some(Meaning { what: error.to_string(), next })
}

const ANSWERED: Table = &[
    (
        "granted",
        "the caller has rights, and API Gateway was given a policy that allows something",
        "if the call was answered 403, the policy does not allow that method or path: say which with \
         --groups, --method and --path beside --log",
    ),
    (
        "no_documents",
        "the caller has groups, and none of them has a document, so that everything was denied",
        "see that the table has a row for the caller's groups, by their exact names; `gatepost token \
         --read -` shows the names in a token",
    ),
    (
        "no_subjects",
        "the caller is in no group, so that everything was denied",
        "put the user into a group, and let them sign in again: a token keeps the groups it was made \
         with. GATEPOST_SUBJECTS and `groups_claim` say what counts as one",
    ),
    (
        "nothing_allowed",
        "the caller's documents allow nothing in this API and stage, so that everything was denied",
        "see whether their patterns are for another API or stage, or need a claim that the token has \
         not: say the call with --groups, --method, --path and --stage beside --log",
    ),
];

const UNAUTHORIZED: Table = &[
    (
        "csrf_token_mismatch",
        "the token against cross-site request forgery is not that of the cookie",
        "fetch /auth/me again, which has the token of the cookie as it is now; if the page is not \
         yours, this is the attack that the header is there for",
    ),
    (
        "csrf_token_missing",
        "the token came in a cookie, without the header of GATEPOST_CSRF_HEADER",
        "send the header with every call of the page; callers without a browser send their token in \
         Authorization",
    ),
    (
        "different_tokens",
        "the request brought two different tokens, and it is not for us to choose",
        "send one: GATEPOST_TOKEN_SOURCES lists where tokens are looked for",
    ),
    (
        "malformed_session",
        "the cookie of the session holds no id of a session",
        "sign in again; if GATEPOST_SESSION_MODE of the session function is `token`, \
         GATEPOST_TOKEN_SOURCES is to say `cookie:` in place of `session:`",
    ),
    (
        "no_session",
        "there is no such session, or it is over",
        "sign in again; GATEPOST_SESSION_SECONDS of the session function is how long sessions last, \
         and GATEPOST_SESSION_TABLE must be the same for both functions",
    ),
    (
        "session_not_opened",
        "the token of the session was not sealed for it, so that its row is another's",
        "sign in again; see who else writes to the table of sessions",
    ),
    (
        "revoked_session",
        "the sign-in that the token comes from was revoked",
        "sign in again; to take the revocation back: `gatepost revoke --lift session:ORIGIN_JTI`",
    ),
    (
        "revoked_token",
        "the token was revoked",
        "sign in again; to take the revocation back: `gatepost revoke --lift token:JTI`",
    ),
    (
        "revoked_user",
        "the user was revoked",
        "to take the revocation back: `gatepost revoke --lift user:SUB`",
    ),
    (
        "missing_token",
        "the request brought no token where one is looked for",
        "send `Authorization: Bearer …`, or see that GATEPOST_TOKEN_SOURCES names where it is sent",
    ),
    (
        "not_bearer",
        "the header does not hold a bearer token",
        "write `Authorization: Bearer TOKEN`",
    ),
    (
        "repeated_token_source",
        "the header or cookie of the token stands twice in the request",
        "send it once; see whether a proxy adds one of its own",
    ),
];

const FAILURE: Table = &[
    (
        "access_denied",
        "DynamoDB did not let the function read the table",
        "give the function's role `dynamodb:BatchGetItem` on the table, and `kms:Decrypt` if it is \
         encrypted with a key of yours",
    ),
    (
        "answer_not_json",
        "the answer could not be written, which is a fault of Gatepost",
        "report it, with this line",
    ),
    (
        "answer_too_large",
        "the policy is over the budget, and nothing is left out to fit",
        "write fewer or wider patterns, put the caller in fewer groups, or raise \
         GATEPOST_MAX_POLICY_BYTES",
    ),
    (
        "deny_not_expressible",
        "what the documents do not allow cannot be denied exactly, as GATEPOST_IMPLICIT_DENY=explicit \
         asks for",
        "the authorizer's words say what is in the way: a condition to be written otherwise, or a \
         `NotResource` in an Allow",
    ),
    (
        "garbled_answer",
        "the table's answer was not as DynamoDB writes it",
        "see what stands between the function and DynamoDB: a proxy, or another endpoint",
    ),
    (
        "keys_unavailable",
        "the issuer's keys could not be fetched, or are too old to be trusted",
        "see that the function reaches the issuer's JWKS address, and that the issuer is up",
    ),
    (
        "malformed_event",
        "the function was called with something that is no event of an authorizer",
        "see that it is set up as a REQUEST or TOKEN authorizer of a REST API",
    ),
    (
        "malformed_method_arn",
        "the event names a method that no API has",
        "see who calls the function: API Gateway does not write such events",
    ),
    (
        "request_refused",
        "DynamoDB refused the request",
        "see that the table has the keys `subject` and `revision` (or GATEPOST_TABLE_LAYOUT is set)",
    ),
    (
        "resource_too_long",
        "a pattern is too long for API Gateway once it is bound to the API and stage",
        "shorten the longest pattern or claim: a bound one may have 512 characters",
    ),
    ("service_failing", "DynamoDB failed", "see the AWS Health Dashboard; calls are tried again"),
    (
        "sessions_unavailable",
        "the table of sessions cannot be read",
        "the authorizer's words say why; see GATEPOST_SESSION_TABLE, and whether the function's role \
         may read it",
    ),
    (
        "table_not_found",
        "there is no such table",
        "see GATEPOST_POLICY_TABLE, and the region of the function",
    ),
    (
        "throttled",
        "reads from the table are throttled",
        "raise the table's capacity or set it to on-demand; a longer GATEPOST_POLICY_TTL_SECONDS reads \
         less",
    ),
    (
        "timed_out",
        "the table did not answer in time",
        "see the function's network; GATEPOST_DEADLINE_MS bounds the wait",
    ),
    (
        "unasked_row",
        "the table answered with a row that nobody asked for",
        "see what stands between the function and DynamoDB",
    ),
    (
        "simple_answer_impossible",
        "the settings ask for simple answers, which only HTTP APIs with payload format 2.0 take",
        "set GATEPOST_RESPONSE=policy, or the authorizer's payload format to 2.0",
    ),
    (
        "unknown_event",
        "the event is that of no authorizer: its type and version fit none",
        "see how the authorizer is set up in API Gateway",
    ),
    (
        "different_usage_keys",
        "two rows of the caller name different keys of usage plans",
        "give both rows the same `usage_identifier_key`, or set GATEPOST_USAGE_IDENTIFIER_KEY=off",
    ),
    (
        "unprocessed_keys",
        "the table left part of the read undone until the deadline",
        "raise the table's capacity or set it to on-demand",
    ),
    (
        "unreachable",
        "DynamoDB could not be reached",
        "see the function's network: a VPC needs an endpoint or a NAT",
    ),
    (
        "unreadable_row",
        "a document in the table is at fault; it may hold a Deny, so that nothing was allowed",
        "the authorizer's words name the fault; `gatepost lint` finds it in the files, before they \
         are written to the table",
    ),
    (
        "unsendable",
        "the request to DynamoDB could not be made",
        "see that the function has a region and a role",
    ),
];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The reasons that the authorizer writes beside those of tokens are not all in types that are
    /// seen from here, so they are read from where they stand: `Self::Fault => "reason",`.
    #[test]
    fn no_reason_that_is_written_is_without_words() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut count = 0;
        for file in [
            "authorizer/src/answer.rs",
            "authorizer/src/refusal.rs",
            "authorizer/src/request.rs",
            "store/src/policy_store.rs",
        ] {
            let text = fs::read_to_string(crates.join(file)).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            let quoted = |line: &str| {
                let (arm, rest) = line.trim().split_once(" => \"")?;
                let reason = rest.strip_suffix("\",")?;
                arm.starts_with("Self::").then(|| reason.to_owned())
            };
            for reason in code.lines().filter_map(quoted) {
                let found = known(UNAUTHORIZED, &reason).or_else(|| known(FAILURE, &reason));
                assert!(found.is_some(), "{file}: no words for `{reason}`");
                count += 1;
            }
        }
        assert!(count > 15, "only {count} reasons were found");
        for reason in ["granted", "no_documents", "no_subjects", "nothing_allowed"] {
            assert!(known(ANSWERED, reason).is_some(), "{reason}");
        }
    }

    #[test]
    fn a_reason_of_a_token_has_the_errors_own_words() {
        let found = meaning("unauthorized", "expired");
        assert_eq!(found.what, "the token has expired");
        assert!(found.next.contains("sign in again"));
    }
}
