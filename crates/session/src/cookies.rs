//! The cookies: their names, how they are set, and how they are read.
//!
//! None has `Domain`, so that no other host of the site gets one. `__Host-` and `__Secure-` are taken at
//! their word by browsers: without `Secure` (and, for the former, `Path=/`) such a cookie is not stored.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// The longest cookie that every browser keeps, in bytes: name, value and attributes together.
///
/// Source: [RFC 6265 section 6.1](https://www.rfc-editor.org/rfc/rfc6265#section-6.1).
pub(crate) const MAX_COOKIE_BYTES: usize = 4_096;

/// A cookie of ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cookie {
    /// A login under way, sealed.
    Login,
    /// The page pass.
    Pages,
    /// The refresh token, sealed.
    Refresh,
    /// The access token, or the id of the session.
    Session,
}

impl Cookie {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Login => "__Host-gatepost-login",
            Self::Pages => "__Host-gatepost-pages",
            Self::Refresh => "__Secure-gatepost-refresh",
            Self::Session => "__Host-gatepost",
        }
    }

    fn attributes(self) -> &'static str {
        match self {
            Self::Login | Self::Pages | Self::Session => "Secure; HttpOnly; SameSite=Lax; Path=/",
            Self::Refresh => "Secure; HttpOnly; SameSite=Strict; Path=/auth",
        }
    }

    /// `Set-Cookie` with that value.
    ///
    /// # Errors
    ///
    /// [`CookieError`] if browsers would not keep it.
    pub(crate) fn set(self, value: &str) -> Result<HeaderValue, CookieError> {
        let (name, attributes) = (self.name(), self.attributes());
        let lifetime = if self == Self::Login { "; Max-Age=600" } else { "" };
        let text = format!("{name}={value}; {attributes}{lifetime}");
        if text.len() > MAX_COOKIE_BYTES {
            return Err(CookieError::TooLong { cookie: name, bytes: text.len() });
        }
        let mut header = value
            .bytes()
            .all(is_cookie_octet)
            .then(|| HeaderValue::from_str(&text).ok())
            .flatten()
            .ok_or(CookieError::Character { cookie: name })?;
        header.set_sensitive(true);
        Ok(header)
    }

    /// `Set-Cookie` that takes the cookie away.
    pub(crate) fn clear(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Login => {
                "__Host-gatepost-login=; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"
            }
            Self::Pages => {
                "__Host-gatepost-pages=; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"
            }
            Self::Refresh => {
                "__Secure-gatepost-refresh=; Secure; HttpOnly; SameSite=Strict; Path=/auth; Max-Age=0"
            }
            Self::Session => "__Host-gatepost=; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=0",
        })
    }

    /// Every value that a request has for it.
    ///
    /// There may be several of a name that begins with `__Secure-`: another host of the site can set
    /// such a cookie for all of them. So no place among them is trusted; the caller takes the one that
    /// opens.
    pub(crate) fn values(self, headers: &HeaderMap) -> impl Iterator<Item = &str> {
        let name = self.name();
        headers
            .get_all(COOKIE)
            .into_iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| pair.trim_matches([' ', '\t']).split_once('='))
            .filter_map(move |(found, value)| (found == name && !value.is_empty()).then_some(value))
    }

    /// The one value that a request has for it; nothing if there are none, or two.
    pub(crate) fn value(self, headers: &HeaderMap) -> Option<&str> {
        let mut values = self.values(headers);
        values.next().filter(|_| values.next().is_none())
    }
}

/// Why a cookie cannot be set.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum CookieError {
    /// The value has a character that no cookie can have.
    #[error("the cookie {cookie} would hold a character that no cookie can")]
    Character {
        /// Its name.
        cookie: &'static str,
    },

    /// Longer than browsers keep.
    #[error(
        "the cookie {cookie} would be {bytes} bytes, over the limit of {MAX_COOKIE_BYTES} bytes"
    )]
    TooLong {
        /// Its name.
        cookie: &'static str,
        /// With its attributes.
        bytes: usize,
    },
}

/// RFC 6265 section 4.1.1.
fn is_cookie_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Cookie; 4] = [Cookie::Login, Cookie::Pages, Cookie::Refresh, Cookie::Session];

    #[test]
    fn attributes_are_those_of_the_contract() {
        let set = ALL.map(|cookie| cookie.set("v").unwrap().to_str().unwrap().to_owned());
        assert_eq!(
            set,
            [
                "__Host-gatepost-login=v; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=600",
                "__Host-gatepost-pages=v; Secure; HttpOnly; SameSite=Lax; Path=/",
                "__Secure-gatepost-refresh=v; Secure; HttpOnly; SameSite=Strict; Path=/auth",
                "__Host-gatepost=v; Secure; HttpOnly; SameSite=Lax; Path=/",
            ]
        );
    }

    #[test]
    fn a_cookie_is_cleared_where_it_was_set() {
        for cookie in ALL {
            let want = format!("{}=; {}; Max-Age=0", cookie.name(), cookie.attributes());
            assert_eq!(cookie.clear(), want);
        }
    }

    #[test]
    fn what_browsers_would_drop_is_not_set() {
        let room = MAX_COOKIE_BYTES - Cookie::Session.set("").unwrap().len();
        assert_eq!(Cookie::Session.set(&"x".repeat(room)).unwrap().len(), MAX_COOKIE_BYTES);
        let error = Cookie::Session.set(&"x".repeat(room + 1)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the cookie __Host-gatepost would be 4097 bytes, over the limit of 4096 bytes"
        );
    }

    #[test]
    fn no_value_adds_to_the_header() {
        for value in ["a;b", "a b", "a\r\nb", "a\"b", "a,b", "a\\b", "é", "\u{0}"] {
            assert_eq!(
                Cookie::Session.set(value),
                Err(CookieError::Character { cookie: "__Host-gatepost" })
            );
        }
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let mut headers = HeaderMap::new();
        let value =
            "x__Host-gatepost=1; __Host-gatepost-pages=2;__Host-gatepost=a=b; __host-gatepost=3";
        headers.append(COOKIE, HeaderValue::from_static(value));
        assert_eq!(Cookie::Session.value(&headers), Some("a=b"));
        assert_eq!(Cookie::Pages.value(&headers), Some("2"));
        assert_eq!(Cookie::Login.value(&headers), None);
        headers.append(COOKIE, HeaderValue::from_static("__Host-gatepost=c"));
        assert_eq!(Cookie::Session.value(&headers), None, "neither of two is the one");
        assert_eq!(Cookie::Session.values(&headers).collect::<Vec<_>>(), ["a=b", "c"]);
    }
}
