//! Dates of conditions: the W3C profile of ISO 8601, or seconds since 1970.
//!
//! Source: [date condition operators][dates] and [Date and Time Formats][w3c].
//!
//! [dates]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date
//! [w3c]: https://www.w3.org/TR/NOTE-datetime

use std::fmt;
use std::time::{Duration, SystemTime};

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// A moment, in nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Instant(i128);

impl Instant {
    /// Reads `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, `YYYY-MM-DDThh:mm[:ss[.s…]]` with `Z` or `±hh:mm`,
    /// or seconds since 1970. Four digits are a year.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() != 4 && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let moment = OffsetDateTime::from_unix_timestamp(text.parse().ok()?).ok()?;
            return Some(Self(moment.unix_timestamp_nanos()));
        }
        let (date, time) = match text.split_once('T') {
            Some((date, time)) if date.len() == 10 => (date, Some(time)),
            Some(_) => return None,
            None => (text, None),
        };
        let mut parts = date.splitn(3, '-');
        let year = digits(parts.next()?, 4)?;
        let month = parts.next().map_or(Some(1), |month| digits(month, 2))?;
        let day = parts.next().map_or(Some(1), |day| digits(day, 2))?;
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        let date =
            Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?)
                .ok()?;
        let (time, offset) = time.map_or(Some((Time::MIDNIGHT, UtcOffset::UTC)), clock)?;
        let moment = PrimitiveDateTime::new(date, time).assume_offset(offset);
        Some(Self(moment.unix_timestamp_nanos()))
    }

    /// The whole second that `time` is in; before 1970, the first moment of 1970.
    pub(super) fn of(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self(i128::from(since.as_secs()) * 1_000_000_000)
    }
}

/// `YYYY-MM-DDThh:mm:ssZ`, the moment's fraction of a second left out.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = OffsetDateTime::from_unix_timestamp_nanos(self.0).map_err(|_| fmt::Error)?;
        let (date, time) = (moment.date(), moment.time());
        write!(f, "{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())?;
        write!(f, "T{:02}:{:02}:{:02}Z", time.hour(), time.minute(), time.second())
    }
}

/// Reads `hh:mm[:ss[.s…]]` and a zone.
fn clock(text: &str) -> Option<(Time, UtcOffset)> {
    let (clock, offset) = if let Some(clock) = text.strip_suffix('Z') {
        (clock, UtcOffset::UTC)
    } else {
        let (clock, zone) = text.split_at_checked(text.len().checked_sub(6)?)?;
        (clock, parse_zone(zone)?)
    };
    let mut parts = clock.splitn(3, ':');
    let hour = u8::try_from(digits(parts.next()?, 2)?).ok()?;
    let minute = u8::try_from(digits(parts.next()?, 2)?).ok()?;
    let (second, nanosecond) = match parts.next() {
        None => (0, 0),
        Some(second) => match second.split_once('.') {
            None => (digits(second, 2)?, 0),
            Some((second, fraction)) if (1..=9).contains(&fraction.len()) => {
                (digits(second, 2)?, digits(&format!("{fraction:0<9}"), 9)?)
            }
            Some(_) => return None,
        },
    };
    let time = Time::from_hms_nano(hour, minute, u8::try_from(second).ok()?, nanosecond).ok()?;
    Some((time, offset))
}

/// Reads `±hh:mm`.
fn parse_zone(text: &str) -> Option<UtcOffset> {
    let sign = match text.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let hours = i8::try_from(digits(hours, 2)?).ok()?;
    let minutes = i8::try_from(digits(minutes, 2)?).ok()?;
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()
}

fn digits(text: &str, length: usize) -> Option<u32> {
    let well_formed = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    if well_formed { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_date_is_read() {
        for (text, seconds) in [
            ("1970", 0),
            ("1970-02", 31 * 86_400),
            ("1970-01-02", 86_400),
            ("1970-01-01T00:01Z", 60),
            ("1970-01-01T00:00:01Z", 1),
            ("1970-01-01T01:00:00+01:00", 0),
            ("1969-12-31T23:30:00-00:30", 0),
            ("1709210096", 1_709_210_096),
            ("2024-02-29T12:34:56Z", 1_709_210_096),
        ] {
            assert_eq!(Instant::parse(text), Some(Instant(seconds * 1_000_000_000)), "{text}");
        }
        assert_eq!(Instant::parse("1970-01-01T00:00:00.25Z"), Some(Instant(250_000_000)));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "1970-13",
            "1970-1-1",
            "2023-02-29",
            "1970-01-01T",
            "1970-01-01T00:00",
            "1970-01-01T24:00Z",
            "1970-01-01T00:00:60Z",
            "1970-01-01T00:00:00.Z",
            "1970-01-01T00:00:00+1:00",
            "1970-01-01 00:00:00Z",
            "1970-01T00:00Z",
            "-1",
            "99999999999999",
            "tomorrow",
        ] {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_moment_prints_as_a_date_that_reads_back() {
        let moment = Instant::of(SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_210_096));
        assert_eq!(moment.to_string(), "2024-02-29T12:34:56Z");
        assert_eq!(Instant::parse(&moment.to_string()), Some(moment));
    }
}
