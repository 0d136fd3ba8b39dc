//! Prints docs/reference/error-codes.md.

#[expect(clippy::print_stdout, reason = "printing the page is all it does")]
fn main() {
    print!("{}", verilume_protocol::errors::error_codes_page());
}
