//! The capture stream: the engine joined to store, analysis and transport.

mod documents;
mod http_form;
mod session;
mod websocket;

pub(crate) use http_form::{HttpStreams, exchange};
pub(crate) use websocket::upgrade;
