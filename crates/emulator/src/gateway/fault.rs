//! What is wrong with a definition of an API, and where; and what in it is passed over.

use std::fmt;

/// Why a definition is not one of an API that can be emulated.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DefinitionError {
    // INVARIANT: at least one.
    pub(super) faults: Vec<DefinitionFault>,
}

impl DefinitionError {
    /// The faults, in the order of the definition; at least one.
    pub fn faults(&self) -> &[DefinitionFault] {
        &self.faults
    }
}

impl From<DefinitionFault> for DefinitionError {
    fn from(fault: DefinitionFault) -> Self {
        Self { faults: vec![fault] }
    }
}

/// One fault a line.
impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for DefinitionError {}

/// One fault of a definition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DefinitionFault {
    /// Where it is, as a JSON Pointer; empty for the whole definition.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for DefinitionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_placed(f, &self.pointer, &self.message)
    }
}

impl std::error::Error for DefinitionFault {}

/// Something in a definition that people should know of before they trust what they see.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DefinitionNote {
    /// Whether it is a mistake of the definition or a limit of the emulator.
    pub kind: NoteKind,
    /// Where it is, as a JSON Pointer; empty for the whole definition.
    pub pointer: String,
    /// What is to be known.
    pub message: String,
}

impl fmt::Display for DefinitionNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_placed(f, &self.pointer, &self.message)
    }
}

/// The whole definition has no place to be named.
fn write_placed(f: &mut fmt::Formatter<'_>, pointer: &str, message: &str) -> fmt::Result {
    if pointer.is_empty() {
        return f.write_str(message);
    }
    write!(f, "`{pointer}`: {message}")
}

/// What a note is about.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum NoteKind {
    /// AWS would refuse it, or it would not do there what it is meant to do.
    Mistake,
    /// It is there on AWS, and not here.
    NotEmulated,
}
