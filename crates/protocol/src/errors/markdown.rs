//! The table as a page of the documentation.

use std::fmt::Write as _;

use super::{ErrorCode, Surface};

const HEAD: &str = "\
# Error codes

Generated from the table in `verilume-protocol`; a test holds this page to it.

A code keeps its meaning for ever; new ones may come, and whoever reads one that they do not know goes by the fields \
beside it.
*Retryable* says whether the same may work when it is tried again in the same session.
*Counts* says whether it costs an attempt: interruptions and faults of the service never do.
*Reported as* is the `livenessError` of the client libraries.
*Used in*: `stream` is the [capture stream](capture-protocol.md), `http` an answer of the HTTP interface, `attempt` \
the error of a stored attempt and the hint of an attempt's result, `client` what a client library finds by itself, the \
others are the enumerations of the client libraries.

| code | used in | HTTP | retryable | what helps | counts | reported as | meaning |
|---|---|---|---|---|---|---|---|
";

/// The page docs/reference/error-codes.md.
pub fn error_codes_page() -> String {
    let mut page = HEAD.to_owned();
    for code in ErrorCode::ALL {
        let entry = code.entry();
        let surfaces: Vec<&str> = entry.surfaces.iter().map(|surface: &Surface| surface.code()).collect();
        let status = entry.http_status.map_or_else(|| "-".to_owned(), |status| status.to_string());
        let yes = |is: bool| if is { "yes" } else { "no" };
        writeln!(
            page,
            "| `{code}` | {} | {status} | {} | `{}` | {} | `{}` | {} |",
            surfaces.join(", "),
            yes(entry.is_retryable),
            entry.user_action.code(),
            yes(entry.counts_as_attempt),
            entry.liveness_error,
            entry.message
        )
        .expect("writing to a string succeeds");
    }
    page
}
