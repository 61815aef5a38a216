//! CloudFront on a laptop, as `GatepostSite` sets it up: one host for pages, `/auth/` and an API.
//!
//! Which page may be seen is decided by the very function that is deployed, `infra/edge/pages.js`, in
//! an engine that has what CloudFront's runtime documents and little else. It runs anew for each
//! request, as nothing that it remembers lasts longer there either. Where it fails, nobody sees the
//! page.
//!
//! Not emulated: caches, TLS, compression, error pages, and which spellings of a path CloudFront
//! takes for the same when it chooses where a request goes. Here that is the path as it was sent.

mod answer;
mod behaviour;
mod defaults;
mod distribution;
mod event;
mod files;
mod function;
mod host;
mod record;

pub use self::behaviour::{ApiPaths, NothingLeft};
pub use self::distribution::{Distribution, DistributionConfig};
pub use self::event::viewer_request;
pub use self::files::FolderError;
pub use self::function::{EdgeFunction, FunctionFault, KeyValueStore, Run};
pub use self::record::{PageOutcome, PageRecord};
