//! Prints docs/reference/error-codes.md, or with the argument `typescript` sdk/web/src/core/error-codes.ts.

use verilume_protocol::errors::{error_codes_module, error_codes_page};

#[expect(clippy::print_stdout, reason = "printing the table is all it does")]
fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("typescript") => print!("{}", error_codes_module()),
        _ => print!("{}", error_codes_page()),
    }
}
