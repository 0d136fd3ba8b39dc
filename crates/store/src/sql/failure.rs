//! The one place where a driver's errors become the store's.

use sqlx::migrate::MigrateError;

use crate::{StoreError, StoreErrorKind};

/// What the driver said, without the values that some drivers attach to an error's details.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct DriverError(String);

pub(super) fn store_error(doing: &'static str, error: sqlx::Error) -> StoreError {
    let kind = match &error {
        sqlx::Error::Configuration(_) | sqlx::Error::InvalidArgument(_) => StoreErrorKind::Malformed,
        sqlx::Error::Database(database) => kind_of_code(database.code().as_deref().unwrap_or_default()),
        sqlx::Error::Decode(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnIndexOutOfBounds { .. } => StoreErrorKind::Corrupt,
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => StoreErrorKind::Unavailable,
        _ => StoreErrorKind::Unexpected,
    };
    let said = match &error {
        sqlx::Error::Database(database) => {
            format!("{} ({})", database.message(), database.code().as_deref().unwrap_or("no code"))
        }
        // A wrong address may hold a password.
        sqlx::Error::Configuration(_) => "the database's address is not valid".to_owned(),
        other => other.to_string(),
    };
    StoreError::caused_by(kind, format!("the database failed while {doing}"), DriverError(said))
}

/// SQLite has numbers (the low byte is the class), PostgreSQL five characters (the first two are the class).
fn kind_of_code(code: &str) -> StoreErrorKind {
    if code.len() == 5 {
        return match &code[..2] {
            // Connection, transaction rolled back, resources, object in use, operator intervention, system, credentials.
            "08" | "40" | "53" | "55" | "57" | "58" | "28" | "3D" => StoreErrorKind::Unavailable,
            "XX" => StoreErrorKind::Corrupt,
            _ => StoreErrorKind::Unexpected,
        };
    }
    match code.parse::<i32>().map(|code| code & 0xff) {
        // Permission, busy, locked, out of memory, read-only, interrupted, I/O, full, cannot open.
        Ok(3 | 5..=10 | 13 | 14) => StoreErrorKind::Unavailable,
        // Corrupt, not a database.
        Ok(11 | 26) => StoreErrorKind::Corrupt,
        _ => StoreErrorKind::Unexpected,
    }
}

pub(super) fn migration_error(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            store_error("bringing its tables up to date", error)
        }
        other => StoreError::caused_by(
            StoreErrorKind::WrongSchema,
            "the database's tables are not those of this release",
            DriverError(other.to_string()),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_fall_into_classes() {
        #[track_caller]
        fn check(code: &str, expected: StoreErrorKind) {
            assert_eq!(kind_of_code(code), expected, "{code}");
        }
        check("5", StoreErrorKind::Unavailable);
        check("517", StoreErrorKind::Unavailable);
        check("13", StoreErrorKind::Unavailable);
        check("26", StoreErrorKind::Corrupt);
        check("275", StoreErrorKind::Unexpected);
        check("57P01", StoreErrorKind::Unavailable);
        check("40P01", StoreErrorKind::Unavailable);
        check("53300", StoreErrorKind::Unavailable);
        check("23514", StoreErrorKind::Unexpected);
        check("", StoreErrorKind::Unexpected);
    }

    #[test]
    fn an_address_with_a_password_is_not_repeated() {
        let error = store_error("connecting", sqlx::Error::Configuration("postgres://a:hunter2@b".into()));
        assert_eq!(error.kind(), StoreErrorKind::Malformed);
        assert!(!format!("{error:?} {error}").contains("hunter2"));
    }
}
