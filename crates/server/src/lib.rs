//! The service: it creates sessions for app servers, takes capture streams from devices, and decides.
//!
//! [`Server`] is all of it: the session API as app servers of Azure AI Face know it, the capture stream over a WebSocket
//! (or, where none gets through, as single requests), and the analysis on a bounded pool of threads.
//! A stream's course is a state machine without I/O; frames are decoded, reduced to numbers and wiped as they arrive.
//!
//! It does not: let a client decide, keep a picture that nobody asked for, or log what is in one. It speaks TLS with a
//! certificate of its own, or leaves that to a proxy before it.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use std::path::Path;
//! use std::sync::Arc;
//! use verilume_infer::Weights;
//! use verilume_server::{Server, ServerConfig};
//! use verilume_store::SqlStore;
//!
//! let store = Arc::new(SqlStore::open_folder(Path::new("data")).await?);
//! let config = ServerConfig::new("127.0.0.1:8080".parse()?);
//! let server = Server::start(config, store, &Weights::in_folder("assets/models")).await?;
//! println!("listening at {}", server.local_addr());
//! server.run(std::future::pending()).await;
//! # Ok(())
//! # }
//! ```

mod abuse;
mod analysis;
mod api;
mod audit_trail;
mod caller;
mod clock;
mod config;
mod creations;
mod engine;
mod error;
mod faces;
mod fetch;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod identification;
mod keys;
mod listen;
mod metrics;
mod network;
mod networks;
#[cfg(test)]
mod rehearsal;
mod server;
mod service;
mod stream;
mod template_vault;
#[cfg(test)]
mod testing;
mod tls;
mod together;
mod vault;
mod web;

pub use abuse::AbuseRules;
pub use api::openapi_json;
pub use config::{ConnectionLimits, ServerConfig, WithoutFlashes};
pub use error::{ServerError, ServerErrorKind};
pub use fetch::{FetchPicture, PictureSources};
pub use identification::IdentificationConfig;
pub use keys::create_api_key;
pub use networks::OwnNetworks;
pub use server::Server;
pub use template_vault::TemplateVault;
pub use tls::TlsIdentity;
pub use vault::{ImageVault, MasterKey, VaultError, check_master_key, needs_master_key};
pub use web::{InvalidOriginError, Playground, WebAssets, WebConfig, WebOrigin};
