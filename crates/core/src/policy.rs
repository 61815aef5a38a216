//! Policy documents: what a group may call, read strictly, decided, merged and bound to one API.

mod action;
mod bind;
mod condition;
mod context;
mod decide;
mod document;
mod explain;
mod glob;
mod index;
mod merge;
mod pages;
mod parse;
mod resource;
mod template;

pub use self::action::{ActionPattern, Actions};
pub use self::bind::{BindError, BoundPolicy, ExplicitError};
pub(crate) use self::condition::{Clause, Demand, Sample};
pub use self::condition::{ClauseStanding, Condition};
pub use self::context::{Context, ContextError, ContextValue};
pub use self::decide::{Access, Decision, StatementPlace, Target, Verdict, decide};
pub use self::document::{
    DocumentError, Effect, Fault, PolicyDocument, Resources, Rule, Statement, Version,
};
pub use self::explain::{
    Change, ClaimFault, Divergence, Explanation, KeyChange, Miss, PatternMiss, Standing,
    StatementStanding, Suggestion, explain, suggest,
};
pub use self::glob::Glob;
pub use self::index::PolicyIndex;
pub(crate) use self::merge::includes;
pub use self::merge::{Dropped, Place, Reason, explain_merge, merge};
pub use self::pages::PageRules;
pub use self::resource::ResourcePattern;
pub(crate) use self::resource::Shape;
pub(crate) use self::template::Part;
