//! The values of a condition, read as their operator's comparison wants them.

use std::cmp::Ordering;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;

use super::super::glob::Glob;
use super::date::Instant;
use super::decimal::Decimal;
use super::operator::Comparison;

/// One value of a condition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Operand {
    Arn(Box<[Glob; 6]>),
    Binary(Vec<u8>),
    Bool(bool),
    Date(Instant),
    /// In lower case.
    Insensitive(String),
    Ip(IpNet),
    Like(Glob),
    /// Of `Null`: whether the key must be missing.
    Missing(bool),
    Number(Decimal),
    Text(String),
}

impl Operand {
    /// # Errors
    ///
    /// What `comparison` needs instead of `text`.
    pub(super) fn parse(comparison: Comparison, text: &str) -> Result<Self, &'static str> {
        match comparison {
            Comparison::ArnEquals
            | Comparison::ArnLike
            | Comparison::ArnNotEquals
            | Comparison::ArnNotLike => arn_fields(text)
                .map(|fields| Self::Arn(Box::new(fields.map(Glob::new))))
                .ok_or("an ARN of six fields that begins with `arn:`"),
            Comparison::BinaryEquals => {
                STANDARD.decode(text).map(Self::Binary).map_err(|_| "standard base64 with padding")
            }
            Comparison::Bool => boolean(text).map(Self::Bool).ok_or("`true` or `false`"),
            Comparison::Null => boolean(text).map(Self::Missing).ok_or("`true` or `false`"),
            Comparison::DateEquals
            | Comparison::DateGreaterThan
            | Comparison::DateGreaterThanEquals
            | Comparison::DateLessThan
            | Comparison::DateLessThanEquals
            | Comparison::DateNotEquals => Instant::parse(text)
                .filter(Instant::is_in_calendar)
                .map(Self::Date)
                .ok_or("a date such as `2026-05-01T00:00:00Z`, or seconds since 1970"),
            Comparison::IpAddress | Comparison::NotIpAddress => network(text).map(Self::Ip).ok_or(
                "an address range such as `203.0.113.0/24` or `2001:db8::/32`, or one IPv4 address",
            ),
            Comparison::NumericEquals
            | Comparison::NumericGreaterThan
            | Comparison::NumericGreaterThanEquals
            | Comparison::NumericLessThan
            | Comparison::NumericLessThanEquals
            | Comparison::NumericNotEquals => {
                Decimal::parse(text).map(Self::Number).ok_or("a number")
            }
            Comparison::StringEquals | Comparison::StringNotEquals => {
                Ok(Self::Text(text.to_owned()))
            }
            Comparison::StringEqualsIgnoreCase | Comparison::StringNotEqualsIgnoreCase => {
                Ok(Self::Insensitive(text.to_lowercase()))
            }
            Comparison::StringLike | Comparison::StringNotLike => Ok(Self::Like(Glob::new(text))),
        }
    }

    /// Whether `value`, of the request, compares to this as wanted, before any negation.
    ///
    /// A value that is not of the comparison's type matches nothing.
    pub(super) fn matches(&self, comparison: Comparison, value: &str) -> bool {
        match self {
            Self::Arn(globs) => arn_fields(value).is_some_and(|fields| {
                globs.iter().zip(fields).all(|(glob, field)| glob.matches(field))
            }),
            Self::Binary(bytes) => STANDARD.decode(value).is_ok_and(|value| value == *bytes),
            Self::Bool(wanted) => boolean(value) == Some(*wanted),
            Self::Date(date) => {
                Instant::parse(value).is_some_and(|value| ordered(comparison, value.cmp(date)))
            }
            Self::Insensitive(text) => value.to_lowercase() == *text,
            Self::Ip(network) => {
                value.parse::<IpAddr>().is_ok_and(|address| network.contains(&address))
            }
            Self::Like(glob) => glob.matches(value),
            Self::Missing(_) => false,
            Self::Number(number) => {
                Decimal::parse(value).is_some_and(|value| ordered(comparison, value.cmp(number)))
            }
            Self::Text(text) => value == text,
        }
    }

    /// Values on either side of every edge of this operand.
    pub(super) fn samples(&self) -> Vec<Sample<'_>> {
        let values = match self {
            Self::Arn(fields) => return vec![Sample::Arn(fields)],
            Self::Like(glob) => return vec![Sample::Glob(glob)],
            Self::Text(text) => return vec![Sample::Text(text)],
            Self::Binary(bytes) => {
                vec![STANDARD.encode(bytes), STANDARD.encode([bytes, &b"x"[..]].concat())]
            }
            Self::Bool(_) => vec!["true".to_owned(), "false".to_owned()],
            Self::Date(date) => date.neighbours().map(|date| date.to_string()).to_vec(),
            Self::Insensitive(text) => vec![text.clone(), text.to_uppercase()],
            Self::Ip(network) => edges(network),
            Self::Missing(_) => Vec::new(),
            Self::Number(number) => number.neighbours().to_vec(),
        };
        values.into_iter().map(Sample::Value).collect()
    }

    pub(super) fn as_date(&self) -> Option<&Instant> {
        if let Self::Date(date) = self { Some(date) } else { None }
    }
}

/// A value to try, or a pattern for values.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Sample<'a> {
    /// Six patterns for the fields of an ARN.
    Arn(&'a [Glob; 6]),
    /// A pattern for the whole value.
    Glob(&'a Glob),
    /// A value that is compared with case.
    Text(&'a str),
    /// A value.
    Value(String),
}

/// The first and last address of a network, and those just outside it.
fn edges(network: &IpNet) -> Vec<String> {
    let addresses = match (network.network(), network.broadcast()) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            let (first, last) = (first.to_bits(), last.to_bits());
            let around = [Some(first), Some(last), first.checked_sub(1), last.checked_add(1)];
            around.map(|bits| bits.map(|bits| IpAddr::from(Ipv4Addr::from_bits(bits))))
        }
        (IpAddr::V6(first), IpAddr::V6(last)) => {
            let (first, last) = (first.to_bits(), last.to_bits());
            let around = [Some(first), Some(last), first.checked_sub(1), last.checked_add(1)];
            around.map(|bits| bits.map(|bits| IpAddr::from(Ipv6Addr::from_bits(bits))))
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => [None; 4],
    };
    addresses.into_iter().flatten().map(|address| address.to_string()).collect()
}

/// Whether `order`, of the request's value to the condition's, is what `comparison` asks for,
/// before any negation.
fn ordered(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::DateGreaterThan | Comparison::NumericGreaterThan => order.is_gt(),
        Comparison::DateGreaterThanEquals | Comparison::NumericGreaterThanEquals => order.is_ge(),
        Comparison::DateLessThan | Comparison::NumericLessThan => order.is_lt(),
        Comparison::DateLessThanEquals | Comparison::NumericLessThanEquals => order.is_le(),
        Comparison::DateEquals
        | Comparison::DateNotEquals
        | Comparison::NumericEquals
        | Comparison::NumericNotEquals => order.is_eq(),
        Comparison::ArnEquals
        | Comparison::ArnLike
        | Comparison::ArnNotEquals
        | Comparison::ArnNotLike
        | Comparison::BinaryEquals
        | Comparison::Bool
        | Comparison::IpAddress
        | Comparison::NotIpAddress
        | Comparison::Null
        | Comparison::StringEquals
        | Comparison::StringEqualsIgnoreCase
        | Comparison::StringLike
        | Comparison::StringNotEquals
        | Comparison::StringNotEqualsIgnoreCase
        | Comparison::StringNotLike => false,
    }
}

fn arn_fields(text: &str) -> Option<[&str; 6]> {
    let fields: [&str; 6] = text.splitn(6, ':').collect::<Vec<_>>().try_into().ok()?;
    (fields[0] == "arn").then_some(fields)
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// IPv4 without a prefix is one address; IPv6 without one is left undefined by AWS, and refused.
fn network(text: &str) -> Option<IpNet> {
    match text.parse::<IpNet>() {
        Ok(network) => Some(network),
        Err(_) => match text.parse::<IpAddr>().ok()? {
            address @ IpAddr::V4(_) => Some(address.into()),
            IpAddr::V6(_) => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! comparing {
        ($($name:ident: $comparison:ident $operand:literal, $value:literal => $want:literal;)*) => {$(
            #[test]
            fn $name() {
                let operand = Operand::parse(Comparison::$comparison, $operand).unwrap();
                assert_eq!(operand.matches(Comparison::$comparison, $value), $want);
            }
        )*};
    }

    comparing! {
        text_is_compared_with_case: StringEquals "a*", "A*" => false;
        a_star_is_plain_in_equals: StringEquals "a*", "ab" => false;
        case_can_be_ignored: StringEqualsIgnoreCase "É", "é" => true;
        like_takes_wildcards: StringLike "Mozilla/*", "Mozilla/5.0 (X)" => true;
        numbers_are_exact: NumericEquals "9007199254740993", "9007199254740992" => false;
        numbers_have_many_spellings: NumericEquals "1.50", "15e-1" => true;
        less_than_is_of_the_request: NumericLessThan "5", "4.99" => true;
        greater_or_equal: NumericGreaterThanEquals "-5", "-5.0" => true;
        no_number_compares_to_nothing: NumericLessThan "5", "four" => false;
        dates_compare_across_zones: DateEquals "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z" => true;
        dates_compare_with_epochs: DateLessThan "1970-01-02", "86399" => true;
        booleans_ignore_case: Bool "TRUE", "true" => true;
        one_address: IpAddress "203.0.113.7", "203.0.113.7" => true;
        an_address_in_a_range: IpAddress "10.1.2.3/8", "10.200.0.1" => true;
        the_other_family_matches_nothing: IpAddress "0.0.0.0/0", "::1" => false;
        arns_match_by_field: ArnLike "arn:aws:s3:::*", "arn:aws:s3:::b/k:x" => true;
        a_star_stays_in_its_field: ArnLike "arn:aws:*:::x", "arn:aws:s3:eu::x" => false;
        arn_equals_takes_wildcards_too: ArnEquals "arn:aws:sns:*:1:t", "arn:aws:sns:eu:1:t" => true;
        bytes_are_compared: BinaryEquals "AQI=", "AQI=" => true;
    }

    #[test]
    fn values_of_another_type_are_refused() {
        for (comparison, text) in [
            (Comparison::ArnLike, "*"),
            (Comparison::ArnLike, "arn:aws:s3"),
            (Comparison::BinaryEquals, "AQI"),
            (Comparison::Bool, "yes"),
            (Comparison::Null, "1"),
            (Comparison::DateLessThan, "tomorrow"),
            (Comparison::DateLessThan, "1700000000000"),
            (Comparison::DateLessThan, "0000-01-01T00:00:00+01:00"),
            (Comparison::IpAddress, "10.0.0.0/33"),
            (Comparison::IpAddress, "010.0.0.1"),
            (Comparison::IpAddress, "2001:db8::1"),
            (Comparison::NumericEquals, "0x10"),
        ] {
            assert!(Operand::parse(comparison, text).is_err(), "{comparison:?} {text}");
        }
    }
}
