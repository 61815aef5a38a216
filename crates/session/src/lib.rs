//! The session function of Gatepost: signs people in at a provider and keeps their tokens where
//! no script can read them: in cookies, or in a table of which a cookie has the key.
//!
//! [`Session`] is the whole of it, without Lambda around: the binary puts it behind Lambda's Runtime
//! API, and `gatepost dev` calls it in its own process. What a cookie holds, and who may open it, is
//! decided by functions without I/O; the provider and the table are asked in between.

mod answer;
pub mod config;
mod cookies;
mod discovery;
pub mod keys;
mod local_path;
mod login;
mod page_pass;
mod provider;
mod random;
mod recent;
mod refusal;
mod request;
mod seal;
mod session;
pub mod wire;

pub use config::SessionConfig;
pub use local_path::LocalPath;
pub use request::Request;
pub use session::Session;
