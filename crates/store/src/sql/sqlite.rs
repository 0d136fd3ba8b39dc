//! SQLite: one file in the data folder, written by one transaction at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::Connection as _;
use sqlx::sqlite::{
    Sqlite, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::failure::{migration_error, store_error};
use super::{Access, Connection, Driver, Engine, migrations};
use crate::{StoreError, StoreErrorKind};

/// The database's name inside the data folder.
pub(crate) const FILE_NAME: &str = "verilume.db";
/// Held by whoever opens the database, empty.
const LOCK_NAME: &str = "verilume.lock";

/// How long a statement, or an opening, waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How often one that waits for its turn to open looks again.
const TURN_POLL: Duration = Duration::from_millis(5);
/// How long a call waits for a connection of this process.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Readers do not wait for the writer; each has a thread and a page cache of its own.
const READERS: u32 = 4;
/// SQLite keeps one number for whoever uses a file, and changes it with the transaction: 1 from an erasure on until the
/// file has been rewritten without what was erased, else 0.
const REWRITE_IS_OWED: &str = "PRAGMA user_version = 1";
const REWRITE_IS_DONE: &str = "PRAGMA user_version = 0";
const IS_REWRITE_OWED: &str = "PRAGMA user_version";
/// Another number after each transaction of another connection.
const CHANGES_BY_OTHERS: &str = "PRAGMA data_version";

struct SqliteEngine {
    /// One connection: in this process writers queue here, in order, instead of polling the file's lock.
    writer: SqlitePool,
    readers: SqlitePool,
}

pub(super) async fn open(folder: &Path) -> Result<impl Engine + use<>, StoreError> {
    let file = folder.join(FILE_NAME);
    let making = |error| {
        let message = format!("cannot make {}", file.display());
        StoreError::caused_by(StoreErrorKind::Unavailable, message, error)
    };
    make_private_folder(folder).map_err(making)?;
    let _turn = take_turn(folder).await.map_err(making)?;
    make_private_file(&file).map_err(making)?;
    let options = SqliteConnectOptions::new()
        .filename(&file)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A result that was acknowledged, an attempt that was used: neither may be lost with the power.
        .synchronous(SqliteSynchronous::Full)
        // What is deleted is overwritten.
        .pragma("secure_delete", "ON")
        // What a rewriting puts down in between is on no disk.
        .pragma("temp_store", "MEMORY");
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None)
    };
    let connected = pool(1).connect_with(options.clone()).await;
    let writer = connected.map_err(|error| store_error("opening the file", error))?;
    migrate(&writer).await?;
    let engine = SqliteEngine { writer, readers: pool(READERS).connect_lazy_with(options) };
    engine.make_up_for_a_crash().await.map_err(|error| store_error("finishing an erasure", error))?;
    Ok(engine)
}

impl SqliteEngine {
    /// A process that ended between an erasure and what has to follow it left what was erased in the log, or in pages.
    async fn make_up_for_a_crash(&self) -> Result<(), sqlx::Error> {
        let owed: i64 = sqlx::query_scalar(IS_REWRITE_OWED).fetch_one(&self.writer).await?;
        if owed == 0 { self.forget_erased().await } else { self.rewrite().await }
    }
}

/// Processes that open the folder together take turns, until the file is dropped: SQLite's change of a new file to a
/// write-ahead log fails at once, whatever its busy timeout, where two want it.
async fn take_turn(folder: &Path) -> std::io::Result<File> {
    let lock = private_options().create(true).append(true).open(folder.join(LOCK_NAME))?;
    let waiting = async {
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(TURN_POLL).await,
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    };
    match tokio::time::timeout(BUSY_TIMEOUT, waiting).await {
        Ok(taken) => taken.map(|()| lock),
        Err(_) => {
            let message =
                format!("another process holds {LOCK_NAME} and does not finish opening the database");
            Err(std::io::Error::new(ErrorKind::TimedOut, message))
        }
    }
}

/// The second process finds the tables made.
async fn migrate(writer: &SqlitePool) -> Result<(), StoreError> {
    let doing = |error| store_error("bringing its tables up to date", error);
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await.map_err(doing)?;
    // `run` is the same, but its future cannot be sent between threads when it is given a transaction.
    migrations::sqlite().run_direct(None, &mut *transaction, false).await.map_err(migration_error)?;
    transaction.commit().await.map_err(doing)
}

/// For its owner alone: keys lie inside.
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut make = DirBuilder::new();
    make.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
    make.create(folder)
}

/// A file that is there is not opened: to close it again would release the locks that SQLite holds on it in this process.
fn make_private_file(file: &Path) -> std::io::Result<()> {
    match private_options().create_new(true).write(true).open(file) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[async_trait]
impl Engine for SqliteEngine {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    async fn begin(&self, access: Access) -> Result<Box<dyn Connection>, sqlx::Error> {
        let transaction = match access {
            Access::Read => self.readers.begin().await?,
            Access::Write => self.writer.begin_with("BEGIN IMMEDIATE").await?,
        };
        Ok(Box::new(Driver::<Sqlite>(transaction)))
    }

    fn purge_lock(&self) -> Option<&'static str> {
        None
    }

    fn audit_lock(&self) -> Option<&'static str> {
        None
    }

    fn rewrite_is_owed(&self) -> Option<&'static str> {
        Some(REWRITE_IS_OWED)
    }

    async fn forget_erased(&self) -> Result<(), sqlx::Error> {
        // The log keeps older versions of a page until it is emptied. If a reader holds it, the next erasure empties it.
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.writer).await?;
        Ok(())
    }

    async fn rewrite(&self) -> Result<(), sqlx::Error> {
        let mut writer = self.writer.acquire().await?;
        let before: i64 = sqlx::query_scalar(CHANGES_BY_OTHERS).fetch_one(&mut *writer).await?;
        // A page that was split keeps copies of rows that moved, and deleting a row does not reach its copies.
        sqlx::query("VACUUM").execute(&mut *writer).await?;
        let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
        let after: i64 = sqlx::query_scalar(CHANGES_BY_OTHERS).fetch_one(&mut *transaction).await?;
        // What another process may have erased since is not in this rewriting.
        if after == before {
            sqlx::query(REWRITE_IS_DONE).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        drop(writer);
        self.forget_erased().await
    }

    async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        let name = file.to_str().ok_or_else(|| {
            StoreError::new(StoreErrorKind::Malformed, "the name of the copy is not Unicode text")
        })?;
        let copied = sqlx::query("VACUUM INTO $1").bind(name).execute(&self.readers).await;
        copied.map(drop).map_err(|error| store_error("copying it", error))
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
