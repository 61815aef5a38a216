//! Dates of conditions: the W3C profile of ISO 8601, or seconds since 1970.
//!
//! Source: [date condition operators][dates] and [Date and Time Formats][w3c].
//!
//! [dates]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date
//! [w3c]: https://www.w3.org/TR/NOTE-datetime

use std::fmt;
use std::time::{Duration, SystemTime};

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// What dates can be written for: 0000-01-01T00:00:00Z to 9999-12-31T23:59:59Z.
const FIRST_SECOND: i128 = -62_167_219_200;
const LAST_SECOND: i128 = 253_402_300_799;

/// A moment.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Instant {
    /// Since 1970-01-01T00:00:00Z.
    seconds: i128,
    /// The decimals of the second, as many as were written.
    // INVARIANT: digits, the last of them not a zero, so that their order as text is theirs in time.
    decimals: String,
}

impl Instant {
    /// Reads `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, `YYYY-MM-DDThh:mm[:ss[.s…]]` with `Z` or `±hh:mm`,
    /// or seconds since 1970. Four digits are a year.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() != 4 && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self { seconds: text.parse().ok()?, decimals: String::new() });
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
        let year = i32::try_from(year).ok()?;
        let date = Date::from_calendar_date(year, month, u8::try_from(day).ok()?).ok()?;
        let (time, decimals, offset) =
            time.map_or(Some((Time::MIDNIGHT, "", UtcOffset::UTC)), clock)?;
        let moment = PrimitiveDateTime::new(date, time).assume_offset(offset);
        let decimals = decimals.trim_end_matches('0').to_owned();
        Some(Self { seconds: moment.unix_timestamp().into(), decimals })
    }

    /// The whole second that `time` is in; before 1970, the first moment of 1970.
    pub(super) fn of(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self { seconds: since.as_secs().into(), decimals: String::new() }
    }

    /// A moment before this one, this one, and one after it, close enough for no other that is
    /// written with its decimals to lie between.
    pub(super) fn neighbours(&self) -> [Self; 3] {
        let before = if self.decimals.is_empty() {
            Self { seconds: self.seconds - 1, decimals: "999999999999".to_owned() }
        } else {
            Self { seconds: self.seconds, decimals: String::new() }
        };
        let after =
            Self { seconds: self.seconds, decimals: format!("{}000000000001", self.decimals) };
        [before, self.clone(), after]
    }

    /// The moment that many seconds later.
    pub(super) fn shifted(&self, seconds: i64) -> Self {
        let seconds = self.seconds.saturating_add(seconds.into());
        Self { seconds, decimals: self.decimals.clone() }
    }

    /// Whether it is within the years that dates are written in. A number beyond them is not of
    /// seconds but of milliseconds.
    pub(super) fn is_in_calendar(&self) -> bool {
        (FIRST_SECOND..=LAST_SECOND).contains(&self.seconds)
    }
}

/// `YYYY-MM-DDThh:mm:ss[.s…]Z`
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds =
            i64::try_from(self.seconds.clamp(FIRST_SECOND, LAST_SECOND)).map_err(|_| fmt::Error)?;
        let moment = OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| fmt::Error)?;
        let (date, time) = (moment.date(), moment.time());
        write!(f, "{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())?;
        write!(f, "T{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())?;
        let point = if self.decimals.is_empty() { "" } else { "." };
        write!(f, "{point}{}Z", self.decimals)
    }
}

/// Reads `hh:mm[:ss[.s…]]` and a zone; the decimals of the second are returned as they are.
fn clock(text: &str) -> Option<(Time, &str, UtcOffset)> {
    let (clock, offset) = if let Some(clock) = text.strip_suffix('Z') {
        (clock, UtcOffset::UTC)
    } else {
        let (clock, zone) = text.split_at_checked(text.len().checked_sub(6)?)?;
        (clock, parse_zone(zone)?)
    };
    let mut parts = clock.splitn(3, ':');
    let hour = u8::try_from(digits(parts.next()?, 2)?).ok()?;
    let minute = u8::try_from(digits(parts.next()?, 2)?).ok()?;
    let (second, decimals) = match parts.next() {
        None => ("00", ""),
        Some(second) => match second.split_once('.') {
            None => (second, ""),
            Some((_, "")) => return None,
            Some(parts) => parts,
        },
    };
    if !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let second = u8::try_from(digits(second, 2)?).ok()?;
    Some((Time::from_hms(hour, minute, second).ok()?, decimals, offset))
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

    fn at(seconds: i128, decimals: &str) -> Instant {
        Instant { seconds, decimals: decimals.to_owned() }
    }

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
            assert_eq!(Instant::parse(text), Some(at(seconds, "")), "{text}");
        }
        assert_eq!(Instant::parse("1970-01-01T00:00:00.250Z"), Some(at(0, "25")));
    }

    #[test]
    fn decimals_of_any_length_are_ordered_exactly() {
        let ordered = ["01.0", "01.0000000001Z", "01.05", "01.1", "02"];
        let moments = ordered.map(|second| {
            Instant::parse(&format!("1970-01-01T00:00:{}Z", second.trim_end_matches('Z'))).unwrap()
        });
        assert!(moments.is_sorted());
        assert_ne!(moments[0], moments[1]);
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
            "1970-01-01T00:00:00.1aZ",
            "1970-01-01T00:00:00.1",
            "tomorrow",
        ] {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_moment_prints_as_a_date_that_reads_back() {
        let moment = Instant::of(SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_210_096));
        assert_eq!(moment.to_string(), "2024-02-29T12:34:56Z");
        for text in ["2024-02-29T12:34:56Z", "2024-02-29T12:34:56.75Z"] {
            assert_eq!(Instant::parse(text).unwrap().to_string(), text);
        }
    }
}
