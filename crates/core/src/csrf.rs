//! Tokens against cross-site request forgery, for callers whose credential is a cookie.
//!
//! The token is a code of the cookie's value, so that there is no key to keep: a page of another origin
//! makes the browser send the cookie, but can neither read it nor compute this. Whoever holds the
//! token learns nothing of the cookie. It is a token bound to the session, as the [OWASP cheat
//! sheet][owasp] has it, and ends with the cookie's value.
//!
//! [owasp]: https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::secret::Secret;

/// What sets these codes apart from any other of the same cookie.
const PURPOSE: &[u8] = b"gatepost-csrf-v1";

/// The token of a cookie's value: HMAC-SHA256 with the value as its key, in base64url without padding,
/// 43 characters.
pub fn csrf_token(cookie: Secret<&str>) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(&key(cookie), PURPOSE))
}

/// Whether `presented` is the token of a cookie's value. How long this takes does not tell how much of
/// it is right.
pub fn is_csrf_token(presented: &str, cookie: Secret<&str>) -> bool {
    let code = URL_SAFE_NO_PAD.decode(presented);
    code.is_ok_and(|code| hmac::verify(&key(cookie), PURPOSE, &code).is_ok())
}

fn key(cookie: Secret<&str>) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, cookie.expose().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_what_others_compute() {
        // printf gatepost-csrf-v1 | openssl dgst -sha256 -hmac cookie-value -binary | basenc --base64url
        let token = csrf_token(Secret::new("cookie-value"));
        assert_eq!(token, "GVOCIyCzNHRJ37u3UhmT5LuzvtM-eJY0Tn1baxQNMDc");
    }

    #[test]
    fn only_the_token_of_this_cookie_is_one() {
        let cookie = Secret::new("cookie-value");
        let token = csrf_token(cookie);
        assert!(is_csrf_token(&token, cookie));
        let other = csrf_token(Secret::new("cookie-valuf"));
        let shorter = token.get(..42).unwrap();
        for presented in
            ["", "=", "cookie-value", &other, shorter, &format!("{token}="), &token.to_lowercase()]
        {
            assert!(!is_csrf_token(presented, cookie), "{presented}");
        }
    }
}
