//! Reading variables of a known form, and gathering what is wrong with them.
//!
//! Every method returns a value of its type even where it notes a fault; such a value never gets
//! out, because a configuration with faults is not built.

use std::fmt::Display;
use std::iter;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::ConfigFault;

/// The variables, and the faults found in them so far.
pub(super) struct Variables<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    faults: Vec<ConfigFault>,
}

impl<'a> Variables<'a> {
    pub(super) fn new(variable: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { variable, faults: Vec::new() }
    }

    /// Notes what is wrong with `name`; `message` is read after it.
    pub(super) fn fault(&mut self, name: &str, message: impl Display) {
        self.faults.push(ConfigFault { setting: name.to_owned(), message: message.to_string() });
    }

    pub(super) fn into_faults(self) -> Vec<ConfigFault> {
        self.faults
    }

    /// The value as it was set, be it empty.
    pub(super) fn raw(&self, name: &str) -> Option<String> {
        (self.variable)(name)
    }

    /// The value, if the variable is set. Set and empty is a fault.
    pub(super) fn get(&mut self, name: &str) -> Option<String> {
        let value = self.raw(name)?;
        if value.is_empty() {
            self.fault(name, "is set but empty");
            return None;
        }
        Some(value)
    }

    /// The value of a variable that must be set.
    pub(super) fn required(&mut self, name: &str) -> Option<String> {
        if self.raw(name).is_none() {
            self.fault(name, "is required");
        }
        self.get(name)
    }

    /// A whole number; only digits, so that `+3` and `3 ` are no second spelling.
    pub(super) fn number(
        &mut self,
        name: &str,
        default: u64,
        range: RangeInclusive<u64>,
        unit: &str,
    ) -> u64 {
        let Some(text) = self.get(name) else { return default };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits && range.contains(&number) => number,
            _ => {
                let (least, most) = (range.start(), range.end());
                self.fault(
                    name,
                    format_args!("must be a whole number of {unit} from {least} to {most}"),
                );
                default
            }
        }
    }

    pub(super) fn seconds(
        &mut self,
        name: &str,
        default: u64,
        range: RangeInclusive<u64>,
    ) -> Duration {
        Duration::from_secs(self.number(name, default, range, "s"))
    }

    /// `off`, which is the default, or `on`.
    pub(super) fn switch<T: Copy>(&mut self, name: &str, off: T, on: T) -> T {
        self.choice(name, ("off", off), &[("on", on)])
    }

    /// One word of a few.
    pub(super) fn choice<T: Copy>(
        &mut self,
        name: &str,
        default: (&str, T),
        others: &[(&str, T)],
    ) -> T {
        let Some(text) = self.get(name) else { return default.1 };
        let words = || iter::once(&default).chain(others);
        if let Some((_, value)) = words().find(|(word, _)| *word == text) {
            return *value;
        }
        let words: Vec<String> = words().map(|(word, _)| format!("`{word}`")).collect();
        self.fault(name, format_args!("must be {}", words.join(" or ")));
        default.1
    }

    /// Words between commas, spaces around them not counted; none twice, and at least one.
    pub(super) fn list<T: PartialEq>(
        &mut self,
        name: &str,
        default: &str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Vec<T> {
        let text = self.get(name).unwrap_or_else(|| default.to_owned());
        let mut values = Vec::new();
        for word in text.split(',') {
            match parse(word.trim()) {
                Ok(value) if values.contains(&value) => self.fault(name, "lists something twice"),
                Ok(value) => values.push(value),
                Err(message) => self.fault(name, message),
            }
        }
        values
    }
}
