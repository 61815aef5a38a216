//! What the tokens of one issuer must say to be accepted.
//!
//! There is no "any" here: no issuer, audience, use or algorithm is skipped because a list is
//! empty, since an empty list cannot be built.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{Algorithm, RequiredClaim, TokenProfile};

/// What a token is for, as Amazon Cognito says in the claim `token_use`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum TokenUse {
    /// `access`: presented to APIs.
    Access,
    /// `id`: tells a client who has signed in.
    Id,
}

impl TokenUse {
    /// As it stands in the claim.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Id => "id",
        }
    }
}

impl fmt::Display for TokenUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TokenUse {
    type Err = TokenUseError;

    fn from_str(text: &str) -> Result<Self, TokenUseError> {
        [Self::Access, Self::Id]
            .into_iter()
            .find(|r#use| r#use.as_str() == text)
            .ok_or(TokenUseError)
    }
}

/// A token use is neither `access` nor `id`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a token use is `access` or `id`")]
pub struct TokenUseError;

/// How far the clocks of the issuer and the verifier may be apart: 0 to 300 s.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Leeway(Duration);

impl Leeway {
    /// No leeway.
    pub const NONE: Self = Self(Duration::ZERO);

    /// The most there can be. RFC 7519 section 4.1.4 has "no more than a few minutes".
    pub const MAX: Duration = Duration::from_mins(5);

    /// The leeway as a duration.
    pub fn as_duration(self) -> Duration {
        self.0
    }
}

impl TryFrom<Duration> for Leeway {
    type Error = ExpectedTokenError;

    fn try_from(leeway: Duration) -> Result<Self, ExpectedTokenError> {
        if leeway > Self::MAX {
            return Err(ExpectedTokenError::LeewayTooLong);
        }
        Ok(Self(leeway))
    }
}

/// What the tokens of one issuer must say to be accepted.
///
/// # Examples
///
/// ```
/// use gatepost_core::token::{Algorithm, ExpectedToken, TokenUse};
///
/// let issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example";
/// let expected = ExpectedToken::new(issuer, ["1example23456789"])?;
/// assert_eq!(expected.token_use(), [TokenUse::Access]);
/// assert_eq!(expected.algorithms(), [Algorithm::Rs256]);
/// assert_eq!(expected.groups_claim(), "cognito:groups");
///
/// assert!(ExpectedToken::new(issuer, Vec::<String>::new()).is_err(), "no audience is not any");
/// # Ok::<(), gatepost_core::token::ExpectedTokenError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExpectedToken {
    // INVARIANT: no text is empty, and no list is where nothing else is said.
    issuer: String,
    audience: Vec<String>,
    token_use: Vec<TokenUse>,
    profile: TokenProfile,
    groups_claim: String,
    // May be empty: then nothing else is required.
    required_claims: Vec<RequiredClaim>,
    algorithms: Vec<Algorithm>,
    leeway: Leeway,
}

impl ExpectedToken {
    /// Access tokens of `issuer`, signed with RS256, whose groups are in `cognito:groups`, with no
    /// leeway: what an Amazon Cognito user pool issues.
    ///
    /// `audience` are the client ids and API identifiers that are ours: see
    /// [`Claims`](super::Claims) for the claim each kind of token is compared by.
    ///
    /// # Errors
    ///
    /// When the issuer is empty, the audience has no members, or one of them is empty.
    pub fn new(
        issuer: impl Into<String>,
        audience: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, ExpectedTokenError> {
        let issuer = issuer.into();
        let audience: Vec<String> = audience.into_iter().map(Into::into).collect();
        if issuer.is_empty() {
            return Err(ExpectedTokenError::NoIssuer);
        }
        if audience.is_empty() || audience.iter().any(String::is_empty) {
            return Err(ExpectedTokenError::NoAudience);
        }
        Ok(Self {
            issuer,
            audience,
            token_use: vec![TokenUse::Access],
            profile: TokenProfile::Marked,
            groups_claim: "cognito:groups".to_owned(),
            required_claims: Vec::new(),
            algorithms: vec![Algorithm::Rs256],
            leeway: Leeway::NONE,
        })
    }

    /// The same, for tokens of these uses.
    ///
    /// # Errors
    ///
    /// When there are none.
    pub fn with_token_use(
        mut self,
        token_use: impl IntoIterator<Item = TokenUse>,
    ) -> Result<Self, ExpectedTokenError> {
        self.token_use = token_use.into_iter().collect();
        if self.token_use.is_empty() { Err(ExpectedTokenError::NoTokenUse) } else { Ok(self) }
    }

    /// The same, for tokens that say in this way what they are for.
    #[must_use]
    pub fn with_profile(mut self, profile: TokenProfile) -> Self {
        self.profile = profile;
        self
    }

    /// The same, with these claims required, all of them. None: nothing else is required.
    #[must_use]
    pub fn with_required_claims(mut self, claims: impl IntoIterator<Item = RequiredClaim>) -> Self {
        self.required_claims = claims.into_iter().collect();
        self
    }

    /// The same, with the groups in another claim, a list of strings.
    ///
    /// # Errors
    ///
    /// When the name is empty.
    pub fn with_groups_claim(
        mut self,
        name: impl Into<String>,
    ) -> Result<Self, ExpectedTokenError> {
        self.groups_claim = name.into();
        if self.groups_claim.is_empty() { Err(ExpectedTokenError::NoGroupsClaim) } else { Ok(self) }
    }

    /// The same, for tokens signed with these algorithms.
    ///
    /// # Errors
    ///
    /// When there are none.
    pub fn with_algorithms(
        mut self,
        algorithms: impl IntoIterator<Item = Algorithm>,
    ) -> Result<Self, ExpectedTokenError> {
        self.algorithms = algorithms.into_iter().collect();
        if self.algorithms.is_empty() { Err(ExpectedTokenError::NoAlgorithm) } else { Ok(self) }
    }

    /// The same, with this much clock skew allowed on `exp` and `nbf`.
    #[must_use]
    pub fn with_leeway(mut self, leeway: Leeway) -> Self {
        self.leeway = leeway;
        self
    }

    /// Compared with `iss`, byte for byte.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The client ids and API identifiers that are ours. Never empty.
    pub fn audience(&self) -> &[String] {
        &self.audience
    }

    /// The uses of tokens that are accepted. Never empty.
    pub fn token_use(&self) -> &[TokenUse] {
        &self.token_use
    }

    /// How a token says what it is for.
    pub fn profile(&self) -> TokenProfile {
        self.profile
    }

    /// The claims that are required besides the usual ones. May be empty.
    pub fn required_claims(&self) -> &[RequiredClaim] {
        &self.required_claims
    }

    /// The claim that lists the groups.
    pub fn groups_claim(&self) -> &str {
        &self.groups_claim
    }

    /// The algorithms that are accepted. Never empty.
    pub fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }

    /// The clock skew allowed on `exp` and `nbf`.
    pub fn leeway(&self) -> Duration {
        self.leeway.as_duration()
    }

    pub(super) fn names_audience(&self, value: &str) -> bool {
        self.audience.iter().any(|ours| ours == value)
    }
}

/// Why an expectation would have accepted too much.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ExpectedTokenError {
    /// More than [`Leeway::MAX`].
    #[error("leeway is over the limit of {} s", Leeway::MAX.as_secs())]
    LeewayTooLong,

    /// No algorithm is listed.
    #[error("no algorithm is listed")]
    NoAlgorithm,

    /// The audience has no members, or an empty one.
    #[error("the audience is empty or has an empty member")]
    NoAudience,

    /// The groups claim has no name.
    #[error("the name of the groups claim is empty")]
    NoGroupsClaim,

    /// The issuer is empty.
    #[error("the issuer is empty")]
    NoIssuer,

    /// No token use is listed.
    #[error("no token use is listed")]
    NoTokenUse,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected() -> ExpectedToken {
        ExpectedToken::new("https://issuer.example", ["client"]).unwrap()
    }

    #[test]
    fn nothing_can_be_left_empty() {
        use ExpectedTokenError::*;
        let none: [&str; 0] = [];
        let cases = [
            (ExpectedToken::new("", ["client"]), NoIssuer),
            (ExpectedToken::new("https://issuer.example", none), NoAudience),
            (ExpectedToken::new("https://issuer.example", ["client", ""]), NoAudience),
            (expected().with_token_use([]), NoTokenUse),
            (expected().with_groups_claim(""), NoGroupsClaim),
            (expected().with_algorithms([]), NoAlgorithm),
        ];
        for (got, want) in cases {
            assert_eq!(got, Err(want));
        }
    }

    #[test]
    fn leeway_ends_at_five_minutes() {
        assert_eq!(Leeway::try_from(Duration::from_mins(5)).unwrap().0.as_secs(), 300);
        let more = Duration::from_mins(5) + Duration::from_nanos(1);
        assert_eq!(Leeway::try_from(more), Err(ExpectedTokenError::LeewayTooLong));
    }

    #[test]
    fn token_uses_read_back_and_others_do_not() {
        for token_use in [TokenUse::Access, TokenUse::Id] {
            assert_eq!(token_use.to_string().parse(), Ok(token_use));
        }
        for text in ["", "ID", "refresh", "access "] {
            assert_eq!(text.parse::<TokenUse>(), Err(TokenUseError));
        }
    }
}
