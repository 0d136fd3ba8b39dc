//! Recorded captures: opening them, running the pipeline over them, measuring error rates.

pub mod media;
