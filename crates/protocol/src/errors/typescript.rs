//! The table as a module of the web library.

use std::fmt::Write as _;

use super::{ErrorCode, Surface, UserAction};

const HEAD: &str = "\
// Generated from the table in `verilume-protocol`; a test holds this file to it. Not to be changed by hand.

/** What a code means. */
export interface ErrorEntry {
  /** What client libraries report for it. */
  readonly livenessError: LivenessError;
  /** What helps. */
  readonly userAction: UserAction;
  /** Whether the same may work when it is tried again in the same session. */
  readonly retryable: boolean;
  /** Whether it costs an attempt. */
  readonly countsAsAttempt: boolean;
  /** One sentence for developers. */
  readonly message: string;
}

";

/// The module sdk/web/src/core/error-codes.ts: every code that a client can meet.
pub fn error_codes_module() -> String {
    let met_by_clients = |code: &&ErrorCode| code.entry().surfaces.iter().any(|s| *s != Surface::Http);
    let codes: Vec<ErrorCode> = ErrorCode::ALL.iter().copied().filter(|code| met_by_clients(&code)).collect();
    let on = |surface: Surface| {
        codes.iter().filter(move |code| code.entry().surfaces.contains(&surface)).map(|code| code.as_str())
    };
    let mut module = HEAD.to_owned();
    union(&mut module, "What helps.", "UserAction", UserAction::ALL.iter().map(|action| action.code()));
    union(
        &mut module,
        "The `livenessError` of the client libraries.",
        "LivenessError",
        on(Surface::Liveness),
    );
    let recognition = "The `recognitionError` of the client libraries.";
    union(&mut module, recognition, "RecognitionError", on(Surface::Recognition));
    write(&mut module, "/** Every code that a client can meet. */\nexport const ERROR_CODES = {\n");
    for code in codes {
        let entry = code.entry();
        write(&mut module, &format!("  {code:?}: {{\n", code = code.as_str()));
        write(&mut module, &format!("    livenessError: {:?},\n", entry.liveness_error));
        write(&mut module, &format!("    userAction: {:?},\n", entry.user_action.code()));
        write(&mut module, &format!("    retryable: {},\n", entry.is_retryable));
        write(&mut module, &format!("    countsAsAttempt: {},\n", entry.counts_as_attempt));
        write(&mut module, &format!("    message: {:?},\n  }},\n", entry.message));
    }
    write(&mut module, "} as const satisfies Record<string, ErrorEntry>;\n\n");
    write(&mut module, "/** A code of the table. */\nexport type ErrorCode = keyof typeof ERROR_CODES;\n");
    module
}

/// A type that is one of some strings.
fn union<'a>(module: &mut String, meaning: &str, name: &str, texts: impl Iterator<Item = &'a str>) {
    write(module, &format!("/** {meaning} */\nexport type {name} ="));
    for text in texts {
        write(module, &format!("\n  | {text:?}"));
    }
    write(module, ";\n\n");
}

fn write(module: &mut String, text: &str) {
    module.write_str(text).expect("writing to a string succeeds");
}
