//! The client against a service that checks every message, on a clock that only the test moves.

mod evidence;
mod flow;
mod gate;
mod sequences;
mod service;
mod world;
