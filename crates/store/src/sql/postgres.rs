//! PostgreSQL: one database that any number of nodes share.

use std::str::FromStr as _;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, Postgres};

use super::failure::{migration_error, store_error};
use super::{Access, Connection, Driver, Engine, migrations};
use crate::StoreError;

/// How long a call waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections of one node.
const CONNECTIONS: u32 = 16;

struct PostgresEngine {
    pool: PgPool,
}

pub(super) async fn connect(url: &str) -> Result<impl Engine + use<>, StoreError> {
    let doing = |error| store_error("connecting", error);
    let options = PgConnectOptions::from_str(url).map_err(doing)?.application_name("verilume");
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options)
        .await
        .map_err(doing)?;
    // Nodes that start together take turns: the migrator holds an advisory lock.
    migrations::postgres().run(&pool).await.map_err(migration_error)?;
    Ok(PostgresEngine { pool })
}

#[async_trait]
impl Engine for PostgresEngine {
    fn name(&self) -> &'static str {
        "postgres"
    }

    async fn begin(&self, access: Access) -> Result<Box<dyn Connection>, sqlx::Error> {
        let begin = match access {
            Access::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            Access::Write => "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE",
        };
        Ok(Box::new(Driver::<Postgres>(self.pool.begin_with(begin).await?)))
    }

    fn purge_lock(&self) -> Option<&'static str> {
        // The number is arbitrary and must only be the same in every node.
        Some("SELECT pg_try_advisory_xact_lock(7163950812674935041)::int::bigint AS locked")
    }

    async fn forget_erased(&self) -> Result<(), sqlx::Error> {
        // Old versions of a row go when the database vacuums.
        Ok(())
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
