//! One store over two databases.
//!
//! The statements are the same for both, so they stand once, beside the operation that needs them. What differs (how a
//! connection is opened, how a transaction begins, the lock of the purge) is behind [`Engine`], a module for each.

mod abuse;
mod api_keys;
mod attempts;
mod audit;
mod enrolled;
mod faces;
mod failure;
mod housekeeping;
mod images;
mod migrations;
mod people;
mod postgres;
mod secrets;
mod sessions;
mod settings;
mod sqlite;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use self::failure::store_error;
use crate::{StoreError, UnixMillis};

/// A store in SQLite or PostgreSQL.
pub struct SqlStore {
    engine: Box<dyn Engine>,
    /// People's erasures so far.
    erasures: AtomicU64,
    /// Those after which the database was rewritten.
    rewritten: tokio::sync::Mutex<u64>,
}

impl SqlStore {
    /// Opens the SQLite store of a data folder, making both if they are missing.
    /// Several processes on one machine may open the same folder; a network file system is not supported.
    pub async fn open_folder(folder: &Path) -> Result<Self, StoreError> {
        Ok(Self::over(sqlite::open(folder).await?))
    }

    /// Connects to a PostgreSQL database (`postgres://user:password@host:port/database`) and brings its tables up to date.
    /// Any number of nodes may share it.
    pub async fn connect_postgres(url: &str) -> Result<Self, StoreError> {
        Ok(Self::over(postgres::connect(url).await?))
    }

    fn over(engine: impl Engine + 'static) -> Self {
        Self {
            engine: Box::new(engine),
            erasures: AtomicU64::new(0),
            rewritten: tokio::sync::Mutex::default(),
        }
    }

    /// Leaves nothing of a person whose erasure was committed. Erasures that wait for each other share the work.
    async fn forget_person(&self) -> Result<(), StoreError> {
        let mine = self.erasures.fetch_add(1, Ordering::SeqCst) + 1;
        let mut rewritten = self.rewritten.lock().await;
        if *rewritten < mine {
            let all = self.erasures.load(Ordering::SeqCst);
            self.engine
                .rewrite()
                .await
                .map_err(|error| store_error("rewriting it without who was erased", error))?;
            *rewritten = all;
        }
        Ok(())
    }

    /// Waits for running calls and closes every connection. Calls after it fail.
    pub async fn close(&self) {
        self.engine.close().await;
    }

    /// Writes a copy of the whole database as it is at one moment, while it is in use. The file must not be there.
    /// Only of SQLite: PostgreSQL has tools of its own.
    pub async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        self.engine.copy_to(file).await
    }

    async fn begin(&self, access: Access) -> Result<Transaction, StoreError> {
        let begun = self.engine.begin(access).await;
        begun.map(Transaction).map_err(|error| store_error("beginning a transaction", error))
    }

    /// The same, to erase something of a person. [`Self::forget_person`] follows the commit.
    async fn begin_erasure(&self) -> Result<Transaction, StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        if let Some(owed) = self.engine.rewrite_is_owed() {
            transaction.rows("noting an erasure", Statement::new(owed)).await?;
        }
        Ok(transaction)
    }
}

impl std::fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SqlStore({})", self.engine.name())
    }
}

/// What a transaction is for.
#[derive(Clone, Copy)]
enum Access {
    /// Several reads of one moment.
    Read,
    /// Reads and writes. In SQLite it waits for the only writer to end.
    Write,
}

/// What differs between databases.
#[async_trait]
trait Engine: Send + Sync {
    /// The database's name.
    fn name(&self) -> &'static str;

    async fn begin(&self, access: Access) -> Result<Box<dyn Connection>, sqlx::Error>;

    /// The statement that locks the purge until the transaction ends and returns, as `locked`, 1 or 0.
    /// `None` where a write transaction excludes every other one anyway.
    fn purge_lock(&self) -> Option<&'static str>;

    /// The statement that makes writers of the audit log take turns until the transaction ends. `None` likewise.
    fn audit_lock(&self) -> Option<&'static str>;

    /// The statement that notes, with an erasure, that [`Self::rewrite`] has to follow it: should the process end before,
    /// the next one that opens the database makes up for it. `None` where there is nothing to rewrite.
    fn rewrite_is_owed(&self) -> Option<&'static str>;

    /// Takes erased rows out of the database's own logs as well, as far as it can.
    async fn forget_erased(&self) -> Result<(), sqlx::Error>;

    /// Rewrites the database without what was erased, where deleting and emptying the logs may leave copies behind.
    async fn rewrite(&self) -> Result<(), sqlx::Error>;

    async fn copy_to(&self, file: &Path) -> Result<(), StoreError>;

    async fn close(&self);
}

/// A connection within a transaction, rolled back unless committed.
#[async_trait]
trait Connection: Send {
    async fn rows(&mut self, statement: Statement) -> Result<Vec<Box<dyn Row>>, sqlx::Error>;

    async fn commit(self: Box<Self>) -> Result<(), sqlx::Error>;
}

/// A transaction whose errors are the store's.
struct Transaction(Box<dyn Connection>);

impl Transaction {
    async fn rows(&mut self, doing: &'static str, statement: Statement) -> Result<Vec<Record>, StoreError> {
        let rows = self.0.rows(statement).await.map_err(|error| store_error(doing, error))?;
        Ok(rows.into_iter().map(Record).collect())
    }

    async fn row(&mut self, doing: &'static str, statement: Statement) -> Result<Option<Record>, StoreError> {
        Ok(self.rows(doing, statement).await?.pop())
    }

    async fn commit(self) -> Result<(), StoreError> {
        self.0.commit().await.map_err(|error| store_error("committing a transaction", error))
    }
}

/// A statement with its values, in the order `$1`, `$2` and so on.
struct Statement {
    sql: &'static str,
    values: Vec<Value>,
}

/// The types that both databases have.
enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Bytes(Vec<u8>),
}

impl Statement {
    fn new(sql: &'static str) -> Self {
        Self { sql, values: Vec::new() }
    }

    fn text(self, text: &str) -> Self {
        self.text_or_null(Some(text))
    }

    fn text_or_null(mut self, text: Option<&str>) -> Self {
        self.values.push(Value::Text(text.map(str::to_owned)));
        self
    }

    fn int(mut self, int: impl Into<i64>) -> Self {
        self.values.push(Value::Int(Some(int.into())));
        self
    }

    fn time(self, time: UnixMillis) -> Self {
        self.int(time.as_millis())
    }

    fn time_or_null(mut self, time: Option<UnixMillis>) -> Self {
        self.values.push(Value::Int(time.map(UnixMillis::as_millis)));
        self
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.values.push(Value::Bytes(bytes.to_owned()));
        self
    }
}

/// A row of either database.
trait Row: Send {
    fn text(&self, column: &'static str) -> Result<Option<String>, sqlx::Error>;
    fn int(&self, column: &'static str) -> Result<Option<i64>, sqlx::Error>;
    fn bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>, sqlx::Error>;
}

impl<R> Row for R
where
    R: sqlx::Row,
    for<'a> &'a str: sqlx::ColumnIndex<R>,
    for<'r> Option<String>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    for<'r> Option<i64>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    for<'r> Option<Vec<u8>>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    fn text(&self, column: &'static str) -> Result<Option<String>, sqlx::Error> {
        self.try_get(column)
    }

    fn int(&self, column: &'static str) -> Result<Option<i64>, sqlx::Error> {
        self.try_get(column)
    }

    fn bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>, sqlx::Error> {
        self.try_get(column)
    }
}

/// A row whose errors are the store's: what this release never writes is [`Corrupt`](crate::StoreErrorKind::Corrupt).
struct Record(Box<dyn Row>);

impl Record {
    fn text_or_null(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        self.0.text(column).map_err(|error| store_error("reading a column", error))
    }

    fn text(&self, column: &'static str) -> Result<String, StoreError> {
        self.text_or_null(column)?.ok_or_else(|| null_in(column))
    }

    fn int_or_null(&self, column: &'static str) -> Result<Option<i64>, StoreError> {
        self.0.int(column).map_err(|error| store_error("reading a column", error))
    }

    fn int(&self, column: &'static str) -> Result<i64, StoreError> {
        self.int_or_null(column)?.ok_or_else(|| null_in(column))
    }

    fn time(&self, column: &'static str) -> Result<UnixMillis, StoreError> {
        self.int(column).map(UnixMillis::from_millis)
    }

    fn time_or_null(&self, column: &'static str) -> Result<Option<UnixMillis>, StoreError> {
        Ok(self.int_or_null(column)?.map(UnixMillis::from_millis))
    }

    fn bytes_or_null(&self, column: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.bytes(column).map_err(|error| store_error("reading a column", error))
    }

    fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        self.bytes_or_null(column)?.ok_or_else(|| null_in(column))
    }

    /// A column that only holds what `read` knows.
    fn known<T>(&self, column: &'static str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
        read(&self.text(column)?).ok_or_else(|| StoreError::corrupt(format_args!("an unknown {column}")))
    }

    /// A count or a number, never negative.
    fn count(&self, column: &'static str) -> Result<u32, StoreError> {
        u32::try_from(self.int(column)?)
            .map_err(|_out_of_range| StoreError::corrupt(format_args!("a {column} out of range")))
    }
}

fn null_in(column: &'static str) -> StoreError {
    StoreError::corrupt(format_args!("no value in {column}"))
}

/// What was valid when it was written must be valid when it is read.
fn kept<T>(checked: Result<T, StoreError>) -> Result<T, StoreError> {
    checked.map_err(|error| {
        StoreError::caused_by(crate::StoreErrorKind::Corrupt, "the database holds an invalid value", error)
    })
}

/// A connection of either driver.
struct Driver<DB: sqlx::Database>(sqlx::Transaction<'static, DB>);

#[async_trait]
impl<DB> Connection for Driver<DB>
where
    DB: sqlx::Database,
    DB::Row: Row,
    DB::Arguments: sqlx::IntoArguments<DB>,
    for<'c> &'c mut DB::Connection: sqlx::Executor<'c, Database = DB>,
    for<'q> Option<String>: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    for<'q> Option<i64>: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    for<'q> Vec<u8>: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    async fn rows(&mut self, statement: Statement) -> Result<Vec<Box<dyn Row>>, sqlx::Error> {
        let query =
            statement.values.into_iter().fold(sqlx::query(statement.sql), |query, value| match value {
                Value::Text(text) => query.bind(text),
                Value::Int(int) => query.bind(int),
                Value::Bytes(bytes) => query.bind(bytes),
            });
        let rows = query.fetch_all(&mut *self.0).await?;
        Ok(rows.into_iter().map(|row| Box::new(row) as Box<dyn Row>).collect())
    }

    async fn commit(self: Box<Self>) -> Result<(), sqlx::Error> {
        self.0.commit().await
    }
}
