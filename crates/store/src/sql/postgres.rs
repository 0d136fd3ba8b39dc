//! PostgreSQL: one database that any number of nodes share.

use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgSslMode, Postgres};

use super::failure::{migration_error, store_error};
use super::{Access, Connection, Driver, Engine, migrations};
use crate::{StoreError, StoreErrorKind};

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
    refuse_silent_plain_text(&options)?;
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

/// The driver is built without TLS and would, unless told otherwise, go on in plain text.
/// On the machine itself that is as it should be; over a network somebody has to have said so.
fn refuse_silent_plain_text(options: &PgConnectOptions) -> Result<(), StoreError> {
    let host = options.get_host();
    let is_local = options.get_socket().is_some()
        || host == "localhost"
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let is_asked_for = matches!(options.get_ssl_mode(), PgSslMode::Disable);
    if is_local || is_asked_for {
        return Ok(());
    }
    let message = "the connection to the database would not be encrypted: reach it over a socket or a tunnel, or \
                   add `sslmode=disable` to its address if the network between is yours alone";
    Err(StoreError::new(StoreErrorKind::Malformed, message))
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

    fn audit_lock(&self) -> Option<&'static str> {
        Some("SELECT 1::bigint AS locked FROM (SELECT pg_advisory_xact_lock(7163950812674935042)) AS taken")
    }

    fn rewrite_is_owed(&self) -> Option<&'static str> {
        None
    }

    async fn forget_erased(&self) -> Result<(), sqlx::Error> {
        // Old versions of a row go when the database vacuums.
        Ok(())
    }

    async fn rewrite(&self) -> Result<(), sqlx::Error> {
        Ok(())
    }

    async fn copy_to(&self, _file: &Path) -> Result<(), StoreError> {
        let message = "a PostgreSQL database is copied by its own tool: pg_dump --format=custom";
        Err(StoreError::new(StoreErrorKind::Malformed, message))
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_over_a_network_has_to_be_asked_for() {
        #[track_caller]
        fn check(url: &str, is_fine: bool) {
            let options = PgConnectOptions::from_str(url).unwrap();
            assert_eq!(refuse_silent_plain_text(&options).is_ok(), is_fine, "{url}");
        }
        check("postgres://localhost/verilume", true);
        check("postgres://127.0.0.1:5433/verilume", true);
        check("postgres://[::1]/verilume", true);
        check("postgres:///verilume?host=/var/run/postgresql", true);
        check("postgres://db.example.org/verilume?sslmode=disable", true);
        check("postgres://db.example.org/verilume", false);
        check("postgres://db.example.org/verilume?sslmode=prefer", false);
        check("postgres://192.0.2.7/verilume", false);
        check("postgres:///verilume?host=localhost.example.org", false);
    }
}
