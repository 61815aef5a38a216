//! Decimal numbers of any length, compared exactly.
//!
//! Binary floating point would make 9007199254740993 equal to its neighbour, and an exact bound
//! into a rounded one.

use std::cmp::Ordering;

/// A decimal number: `0.d₁d₂d₃… × 10^point`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Decimal {
    negative: bool,
    // INVARIANT: ASCII digits that neither begin nor end with a zero; empty for zero, which is
    // not negative and has its point at 0.
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    /// Reads `-?digits(.digits)?([eE][+-]?digits)?`, with at most four digits of exponent.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (text, 0),
        };
        let (negative, mantissa) = match mantissa.strip_prefix('-') {
            Some(mantissa) => (true, mantissa),
            None => (false, mantissa),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (mantissa, ""),
        };
        if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|d| d.is_ascii_digit()) {
            return None;
        }
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let leading = all.iter().take_while(|&&digit| digit == b'0').count();
        let trailing = all.iter().rev().take_while(|&&digit| digit == b'0').count();
        if leading == all.len() {
            return Some(Self { negative: false, digits: Vec::new(), point: 0 });
        }
        let kept = all.len() - leading - trailing;
        let digits = all.into_iter().skip(leading).take(kept).collect();
        let shift = i64::try_from(whole.len()).ok()? - i64::try_from(leading).ok()?;
        Some(Self { negative, digits, point: exponent + shift })
    }

    /// A number below this one, this one, and one above it, as texts and very close.
    pub(super) fn neighbours(&self) -> [String; 3] {
        let sign = |negative: bool| if negative { "-" } else { "" };
        let number =
            |negative: bool, digits: &str| format!("{}0.{digits}e{}", sign(negative), self.point);
        let digits: String = self.digits.iter().copied().map(char::from).collect();
        if digits.is_empty() {
            return ["-0.000000000001".to_owned(), "0".to_owned(), "0.000000000001".to_owned()];
        }
        let further = number(self.negative, &format!("{digits}000000000001"));
        let mut shorter = digits.clone().into_bytes();
        // The last digit is not a zero.
        if let Some(last) = shorter.last_mut() {
            *last -= 1;
        }
        let shorter = String::from_utf8(shorter).unwrap_or_default();
        let nearer = number(self.negative, &format!("{shorter}999999999999"));
        let this = number(self.negative, &digits);
        if self.negative { [further, this, nearer] } else { [nearer, this, further] }
    }

    /// The order of two numbers without their signs.
    fn cmp_magnitude(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => (self.point, &self.digits).cmp(&(other.point, &other.digits)),
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.cmp_magnitude(other),
            (true, true) => other.cmp_magnitude(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let well_formed = (1..=4).contains(&digits.len()) && digits.bytes().all(|d| d.is_ascii_digit());
    if well_formed { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_ordered_as_numbers() {
        let ordered =
            ["-1e10", "-10", "-9.99", "-0.001", "0", "0.0009", "0.01", "1", "9.9", "10", "1e3"];
        for (index, low) in ordered.iter().enumerate() {
            for (other, high) in ordered.iter().enumerate() {
                assert_eq!(decimal(low).cmp(&decimal(high)), index.cmp(&other), "{low} {high}");
            }
        }
    }

    #[test]
    fn one_number_has_many_spellings() {
        for (one, other) in
            [("1", "1.0"), ("0", "-0.00"), ("100", "1e2"), ("0.5", "5E-1"), ("007", "7")]
        {
            assert_eq!(decimal(one), decimal(other), "{one} {other}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in
            ["", "-", ".5", "5.", "+5", "1,5", "1e", "1e+", "1e99999", "NaN", "0x1", " 1", "--1"]
        {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
