//! The service on a loopback port, spoken to as strangers do: by HTTP and WebSocket.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod authorisation;
mod enrolment;
mod events;
mod faces;
mod http_form;
mod sessions;
mod strangers;
mod stream;
mod support;
mod verify;
mod web;
