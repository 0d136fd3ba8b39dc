//! Prints the description of the HTTP interface: `docs/reference/openapi.json`.

fn main() {
    println!("{}", verilume_server::openapi_json());
}
