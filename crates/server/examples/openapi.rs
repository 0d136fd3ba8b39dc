//! Prints the description of the HTTP interface: `docs/reference/openapi.json`.

#[expect(clippy::print_stdout, reason = "printing is what it is for")]
fn main() {
    println!("{}", verilume_server::openapi_json());
}
