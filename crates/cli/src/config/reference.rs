//! docs/reference/configuration.md, written from the defaults that are compiled in.

use std::fmt::Write as _;

use super::DEFAULTS;
use super::layers::{PREFIX, is_secret};

/// The variable that sets a key.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase().replace('.', "__"))
}

/// Set to write the page again.
const UPDATE: &str = "VERILUME_UPDATE_REFERENCE";

/// The page. A comment stands above what it is about.
fn page() -> String {
    let mut page = String::from(
        "# Configuration\n\n\
         Written from `config.default.toml`, which is compiled in; `verilume config default` prints it.\n\n\
         A value comes from the highest layer that sets it:\n\n\
         1. an option of the command line\n\
         2. an environment variable, such as `VERILUME__SERVER__LISTEN` (short names: `VERILUME_LISTEN`, \
         `VERILUME_PUBLIC_URL`, `VERILUME_DATA`, `VERILUME_DATABASE_URL`, `VERILUME_MASTER_KEY_FILE`, `VERILUME_ASSETS`, `VERILUME_LOG`); an empty \
         one sets nothing\n\
         3. the file of `--config` or `VERILUME_CONFIG`\n\
         4. the default\n\n\
         A key that is not known is refused, with the nearest one that is.\n\
         `verilume config check FILE` says whether a file is right; `verilume config show` prints every value in effect \
         and where it is from.\n\
         An empty text means: not set.\n\
         `--data` on the command line also sets aside a `store.database_url` of a lower layer.\n",
    );
    let mut section = "";
    let mut comment = Vec::new();
    for line in DEFAULTS.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
            _ = write!(page, "\n## {section}\n");
        } else if let Some(text) = line.strip_prefix('#') {
            comment.push(text.trim());
        } else if let Some((key, default)) = line.split_once(" = ") {
            let secret = if is_secret(&format!("{section}.{key}")) { " Never shown." } else { "" };
            _ = write!(
                page,
                "\n### {section}.{key}\n\n{}{secret}\n\n- default: `{default}`\n- environment: `{}`\n",
                comment.join("\n"),
                variable(&format!("{section}.{key}"))
            );
            comment.clear();
        } else {
            comment.clear();
        }
    }
    page
}

#[test]
fn the_page_is_that_of_the_defaults() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/configuration.md");
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(file, page()).unwrap();
    }
    let kept = std::fs::read_to_string(file).unwrap_or_default();
    assert!(kept == page(), "run: {UPDATE}=1 cargo test -p verilume the_page_is");
}
