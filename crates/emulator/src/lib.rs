//! The world around a Gatepost authorizer, on a laptop.
//!
//! [`gateway`] is the API in front of it, [`lambda`] the service that runs it, [`dynamodb`] the
//! table it reads, [`issuer`] the sign-in page its tokens come from, [`edge`] the CloudFront that has
//! pages beside it. The authorizer itself is a
//! black box here: whatever implements [`invoke::Invoke`].

pub mod clock;
pub mod dynamodb;
pub mod edge;
pub mod gateway;
pub mod invoke;
pub mod issuer;
pub mod lambda;
