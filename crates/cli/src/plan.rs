//! Plans.

mod order;
