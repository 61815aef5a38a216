//! Dates as condition values: the W3C profile of ISO 8601, or seconds since 1970.
//!
//! Source: <https://www.w3.org/TR/NOTE-datetime>. Its forms are `YYYY`, `YYYY-MM`, `YYYY-MM-DD`
//! and `YYYY-MM-DDThh:mm`, `:ss` and `.s` added at will, with a zone of `Z`, `+hh:mm` or
//! `-hh:mm`. What a form leaves out is its first moment, in UTC.

use super::value::digits;

/// A moment. The fraction of a second is its digits without trailing zeros, which order as text.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Instant {
    seconds: i128,
    fraction: String,
}

/// Reads a date. Digits alone are seconds since 1970, except four of them, which are a year.
pub(crate) fn instant(text: &str) -> Option<Instant> {
    if digits(text) && text.len() != 4 {
        return Some(Instant { seconds: text.parse().ok()?, fraction: String::new() });
    }
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let date: Vec<&str> = date.split('-').collect();
    let days = match (&date[..], time) {
        ([year], None) => days_since_1970(year, "01", "01")?,
        ([year, month], None) => days_since_1970(year, month, "01")?,
        ([year, month, day], _) => days_since_1970(year, month, day)?,
        _ => return None,
    };
    let (second_of_day, fraction) = time.map_or(Some((0, String::new())), time_of_day)?;
    Some(Instant { seconds: i128::from(days * 86_400 + second_of_day), fraction })
}

/// Days from 1970-01-01 to a day of the Gregorian calendar, which must exist.
fn days_since_1970(year: &str, month: &str, day: &str) -> Option<i64> {
    let year = number(year, 4, 0, 9_999)?;
    let month = number(month, 2, 1, 12)?;
    let february = if is_leap(year) { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (before, this) = lengths.split_at(usize::try_from(month).ok()? - 1);
    let day = number(day, 2, 1, this[0])?;
    let day_of_year = before.iter().sum::<i64>() + day - 1;
    Some(days_before(year) - days_before(1970) + day_of_year)
}

/// Days from the first day of year 0 to the first day of `year`.
fn days_before(year: i64) -> i64 {
    (0..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum()
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.s` and a zone, as seconds of a UTC day and a fraction.
///
/// The zone can carry the seconds outside of the day, in both directions.
fn time_of_day(text: &str) -> Option<(i64, String)> {
    let zone_at = text.find(['Z', '+', '-'])?;
    let (clock, zone) = text.split_at(zone_at);
    let offset = match zone.split_at_checked(1)? {
        ("Z", "") => 0,
        ("+", offset) => hours_and_minutes(offset)?,
        ("-", offset) => -hours_and_minutes(offset)?,
        _ => return None,
    };
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) if digits(fraction) && clock.len() == 8 => (clock, fraction),
        Some(_) => return None,
        None => (clock, ""),
    };
    let (clock, seconds) = match clock.split_at_checked(5)? {
        (clock, "") => (clock, 0),
        (clock, seconds) => (clock, number(seconds.strip_prefix(':')?, 2, 0, 59)?),
    };
    let fraction = fraction.trim_end_matches('0').to_owned();
    Some((hours_and_minutes(clock)? + seconds - offset, fraction))
}

/// `hh:mm` in seconds.
fn hours_and_minutes(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    Some(number(hours, 2, 0, 23)? * 3_600 + number(minutes, 2, 0, 59)? * 60)
}

/// A number of exactly `width` digits, between two limits.
fn number(text: &str, width: usize, least: i64, most: i64) -> Option<i64> {
    let number = text.parse().ok().filter(|_| digits(text) && text.len() == width)?;
    (least..=most).contains(&number).then_some(number)
}
