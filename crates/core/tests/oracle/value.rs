//! One value of the request against one value of the policy, operator by operator.
//!
//! A value that is not of the operator's type fits nothing.

use std::cmp::Ordering;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::{arn, date, glob};

/// Whether `found` (from the request) fits `wanted` (from the policy) under a positive operator.
pub(crate) fn fits(operator: &str, found: &str, wanted: &str) -> bool {
    if let Some(relation) = operator.strip_prefix("Numeric") {
        return related(relation, decimal(found), decimal(wanted));
    }
    if let Some(relation) = operator.strip_prefix("Date") {
        return related(relation, date::instant(found), date::instant(wanted));
    }
    match operator {
        "ArnEquals" | "ArnLike" => arn::like(wanted, found),
        "BinaryEquals" => bytes(found).is_some_and(|found| Some(found) == bytes(wanted)),
        "Bool" => found.eq_ignore_ascii_case(wanted),
        "IpAddress" => address_within(found, wanted),
        "StringEquals" => found == wanted,
        "StringEqualsIgnoreCase" => found.to_lowercase() == wanted.to_lowercase(),
        "StringLike" => glob::matches(wanted, found),
        _ => panic!("not a condition operator: {operator}"),
    }
}

/// Whether two values stand in the relation that ends an operator's name, such as `LessThan`.
fn related<T: Ord>(relation: &str, found: Option<T>, wanted: Option<T>) -> bool {
    let (Some(found), Some(wanted)) = (found, wanted) else { return false };
    let order = found.cmp(&wanted);
    match relation {
        "Equals" => order == Ordering::Equal,
        "LessThan" => order == Ordering::Less,
        "LessThanEquals" => order != Ordering::Greater,
        "GreaterThan" => order == Ordering::Greater,
        "GreaterThanEquals" => order != Ordering::Less,
        _ => panic!("not a relation: {relation}"),
    }
}

/// A number written out in full, so that no rounding comes between two of them.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Decimal {
    negative: bool,
    /// Digits before the point, without leading zeros.
    whole: String,
    /// Digits after the point, without trailing zeros.
    fraction: String,
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let size =
            |number: &Self| (number.whole.len(), number.whole.clone(), number.fraction.clone());
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => size(self).cmp(&size(other)),
            (true, true) => size(other).cmp(&size(self)),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Reads `-12.5e3`: a sign, digits, a fraction, a power of ten; all but the digits optional.
fn decimal(text: &str) -> Option<Decimal> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            (mantissa, exponent.parse::<i32>().ok().filter(|_| digits(unsigned))?)
        }
        None => (text, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    if !digits(whole) || !fraction.is_none_or(digits) {
        return None;
    }

    let (mut whole, mut fraction) = (whole.to_owned(), fraction.unwrap_or("").to_owned());
    for _ in 0..exponent {
        whole.push(if fraction.is_empty() { '0' } else { fraction.remove(0) });
    }
    for _ in exponent..0 {
        fraction.insert(0, whole.pop().unwrap_or('0'));
    }
    let whole = whole.trim_start_matches('0').to_owned();
    let fraction = fraction.trim_end_matches('0').to_owned();
    let zero = whole.is_empty() && fraction.is_empty();
    Some(Decimal { negative: negative && !zero, whole, fraction })
}

/// One or more of 0 to 9.
pub(crate) fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether an address lies in a range; one without a prefix is an IPv4 range of one address.
fn address_within(address: &str, range: &str) -> bool {
    let (network, prefix) = match range.split_once('/') {
        Some((network, prefix)) => (network, prefix.parse().expect("a prefix is a number")),
        None => (range, 32),
    };
    let (network, width) = address_bits(network).expect("a range begins with an address");
    let outside_the_mask = width - prefix;
    let top = |bits: u128| bits.checked_shr(outside_the_mask).unwrap_or(0);
    address_bits(address).is_some_and(|(bits, of)| of == width && top(bits) == top(network))
}

/// An address as a number, and how many bits it has.
fn address_bits(text: &str) -> Option<(u128, u32)> {
    let four = text.parse::<Ipv4Addr>().map(|address| (u128::from(u32::from(address)), 32));
    let six = text.parse::<Ipv6Addr>().map(|address| (u128::from(address), 128));
    four.or(six).ok()
}

/// What base64 (RFC 4648 section 4: padded, its unused bits zero) stands for, as numbers to 255.
fn bytes(text: &str) -> Option<Vec<usize>> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let symbols = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - symbols.len() > 2 {
        return None;
    }
    let mut bits = Vec::new();
    for symbol in symbols.chars() {
        let value = ALPHABET.find(symbol)?;
        bits.extend([32, 16, 8, 4, 2, 1].map(|place| value / place % 2));
    }
    let (octets, unused) = bits.split_at(bits.len() / 8 * 8);
    let value = |octet: &[usize]| octet.iter().fold(0, |value, bit| value * 2 + bit);
    (!unused.contains(&1)).then(|| octets.chunks(8).map(value).collect())
}
