//! The capture stream: the engine joined to store, analysis and transport.

pub(crate) mod documents;
mod http_form;
mod http_streams;
mod received;
mod refusals;
mod session;
mod verify;
mod websocket;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use http_form::split_body;
pub(crate) use http_form::{bearer_session, exchange};
pub(crate) use http_streams::HttpStreams;
#[cfg(test)]
pub(crate) use verify::Reference;
pub(crate) use websocket::upgrade;
