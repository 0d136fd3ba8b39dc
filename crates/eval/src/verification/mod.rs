//! Error rates of one-to-one comparison, by the terms of ISO/IEC 19795-1.
//!
//! A [`PairList`] says which two pictures show one person and which do not, [`compare()`] measures how far apart they
//! are, and a [`PairsReport`] holds the rates with their intervals. [`impostor_pairs`] are what a calibration is
//! fitted to.
//!
//! Embeddings live only while [`compare()`] runs; what is reported are distances and names of files.

mod compare;
mod pair_list;
mod report;
mod spread;

pub use compare::{Comparisons, Unusable, Verdict, compare, impostor_pairs};
pub use pair_list::{Pair, PairList};
pub use report::{GroupReport, OperatingPoint, PairsReport, Rate, Rates, StudyFigures, TradeoffPoint};
pub use spread::{AcceptRate, Estimate};
