//! Policy documents: what a group may call, read strictly, decided, merged and bound to one API.

mod action;
mod bind;
mod condition;
mod context;
mod decide;
mod document;
mod explain;
mod glob;
mod merge;
mod parse;
mod resource;
mod template;

pub use self::action::ActionPattern;
pub use self::bind::{BindError, BoundPolicy};
pub use self::condition::{ClauseStanding, Condition};
pub use self::context::{Context, ContextError, ContextValue};
pub use self::decide::{Access, Decision, StatementPlace, Verdict, decide};
pub use self::document::{
    Actions, DocumentError, Effect, Fault, PolicyDocument, Resources, Rule, Statement, Version,
};
pub use self::explain::{
    Change, ClaimFault, Divergence, Explanation, KeyChange, Miss, PatternMiss, Standing,
    StatementStanding, Suggestion, explain, suggest,
};
pub use self::glob::Glob;
pub use self::merge::merge;
pub use self::resource::ResourcePattern;
