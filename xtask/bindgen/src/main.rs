//! Makes a module for browsers of what the compiler wrote: `xtask-bindgen INPUT.wasm FOLDER NAME`.
//!
//! A binary of its own, so that `cargo xtask` need not be built with what it takes.

use anyhow::{Context as _, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [input, folder, name] = args.as_slice() else { bail!("say INPUT.wasm FOLDER NAME") };
    Bindgen::new()
        .input_path(input)
        .web(true)?
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true)
        .out_name(name)
        .generate(folder)
        .with_context(|| format!("no module could be made of {input}"))
}
