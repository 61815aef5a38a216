//! Colours for people at a terminal, and none for anybody else.

use std::io;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

/// The styles of an output; plain unless it is a terminal that wants colours.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Paint {
    /// What is as it should be.
    pub(crate) good: Style,
    /// What is not.
    pub(crate) bad: Style,
    /// What a reader looks for first.
    pub(crate) strong: Style,
    /// What a reader may pass over.
    pub(crate) faint: Style,
}

impl Paint {
    /// The styles for standard output, as the terminal and `NO_COLOR` would have them.
    pub(crate) fn for_stdout() -> Self {
        if AutoStream::choice(&io::stdout()) == ColorChoice::Never {
            return Self::default();
        }
        let colour = |colour: AnsiColor| Style::new().bold().fg_color(Some(colour.into()));
        Self {
            good: colour(AnsiColor::Green),
            bad: colour(AnsiColor::Red),
            strong: Style::new().bold(),
            faint: Style::new().dimmed(),
        }
    }
}
