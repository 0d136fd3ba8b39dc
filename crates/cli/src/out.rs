//! Standard output that may be closed early, by `| head` say.

use std::io::{ErrorKind, Write as _};

/// Prints text as it is; a reader that has gone away is not an error.
pub(crate) fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        eprintln!("warning: the output could not be written: {error}");
    }
}
