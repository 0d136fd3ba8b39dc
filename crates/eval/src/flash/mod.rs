//! The flashing light model over whole captures, simulated ones for now.
//!
//! Every figure that comes from here is a simulated one: of heads that a program made, in front of cameras that a
//! program made.

pub mod evaluation;
pub mod explain;
pub mod film;
mod models;
pub mod recording;
mod session;
pub(crate) mod simulate;
mod streamed;
mod tally;

pub use models::load_models;
pub use session::{Outcome, SimulatedSession};
pub use simulate::{SimulatedRun, Simulator, simulate_all};
pub use streamed::{Evidence, Sent};
pub use tally::Tally;
