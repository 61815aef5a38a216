//! What must never be written down: tokens, cookies, API keys.

use std::fmt;

/// A credential. It can be compared and handed on, and neither `{}` nor `{:?}` shows it.
///
/// ```compile_fail,E0277
/// # use gatepost_core::secret::Secret;
/// println!("{}", Secret::new("token"));
/// ```
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Takes a credential in.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The credential itself. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_says_only_that_it_is_one() {
        assert_eq!(format!("{:?}", Some(Secret::new("token"))), "Some(Secret)");
    }
}
