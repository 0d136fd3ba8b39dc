//! SQLite: one file in the data folder, written by one transaction at a time.

use std::fs::{DirBuilder, OpenOptions};
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::{
    Sqlite, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::failure::{migration_error, store_error};
use super::{Access, Connection, Driver, Engine, migrations};
use crate::{StoreError, StoreErrorKind};

/// The database's name inside the data folder.
pub(crate) const FILE_NAME: &str = "verilume.db";

/// How long a statement waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a call waits for a connection of this process.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Readers do not wait for the writer; each has a thread and a page cache of its own.
const READERS: u32 = 4;

struct SqliteEngine {
    /// One connection: in this process writers queue here, in order, instead of polling the file's lock.
    writer: SqlitePool,
    readers: SqlitePool,
}

pub(super) async fn open(folder: &Path) -> Result<impl Engine + use<>, StoreError> {
    let file = folder.join(FILE_NAME);
    make_private(folder, &file).map_err(|error| {
        let message = format!("cannot make {}", file.display());
        StoreError::caused_by(StoreErrorKind::Unavailable, message, error)
    })?;
    let options = SqliteConnectOptions::new()
        .filename(&file)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A result that was acknowledged, an attempt that was used: neither may be lost with the power.
        .synchronous(SqliteSynchronous::Full)
        // What is deleted is overwritten.
        .pragma("secure_delete", "ON");
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
    Ok(SqliteEngine { writer, readers: pool(READERS).connect_lazy_with(options) })
}

/// Processes that start together take turns: the second finds the tables made.
async fn migrate(writer: &SqlitePool) -> Result<(), StoreError> {
    let doing = |error| store_error("bringing its tables up to date", error);
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await.map_err(doing)?;
    // `run` is the same, but its future cannot be sent between threads when it is given a transaction.
    migrations::sqlite().run_direct(None, &mut *transaction, false).await.map_err(migration_error)?;
    transaction.commit().await.map_err(doing)
}

/// Folder and file for their owner alone: keys lie inside.
fn make_private(folder: &Path, file: &Path) -> std::io::Result<()> {
    let mut make_folder = DirBuilder::new();
    make_folder.recursive(true);
    let mut make_file = OpenOptions::new();
    make_file.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        make_folder.mode(0o700);
        make_file.mode(0o600);
    }
    make_folder.create(folder)?;
    make_file.open(file)?;
    Ok(())
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

    async fn forget_erased(&self) -> Result<(), sqlx::Error> {
        // The log keeps older versions of a page until it is emptied. If a reader holds it, the next erasure empties it.
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.writer).await?;
        Ok(())
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
