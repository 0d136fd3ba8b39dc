//! The service on a loopback port, spoken to as strangers do: by HTTP and WebSocket.

mod http_form;
mod sessions;
mod strangers;
mod stream;
mod support;
