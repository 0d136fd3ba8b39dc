//! PostgreSQL: the suite on a cluster of its own.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::Connection as _;
use verilume_store::*;

use crate::cluster::Server;
use crate::suite::{self, Database, for_each_case};

/// A database of its own.
struct Fresh {
    url: String,
}

impl Database for Fresh {
    async fn node(&self) -> Result<SqlStore, StoreError> {
        SqlStore::connect_postgres(&self.url).await
    }
}

type Case = fn(Fresh) -> Pin<Box<dyn Future<Output = ()> + Send>>;

macro_rules! cases {
    ($($module:ident: $case:ident,)+) => {
        [$((stringify!($case), (|database| Box::pin(suite::$module::$case(database))) as Case)),+]
    };
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_does_what_the_suite_asks() {
    let server = Server::start();
    let failures = AtomicU32::new(0);
    for (i, (name, case)) in for_each_case!(cases).into_iter().enumerate() {
        let database = Fresh { url: server.create(&format!("verilume_case_{i}")).await };
        // A panic is a failure of the case that is named here, and the other cases still run.
        if tokio::spawn(case(database)).await.is_err() {
            eprintln!("failed: {name}");
            failures.fetch_add(1, Ordering::Relaxed);
        }
    }
    assert_eq!(failures.into_inner(), 0, "cases failed");

    one_node_purges_at_a_time(Fresh { url: server.create("verilume_purge").await }).await;
    let refused = SqlStore::connect_postgres(&server.url("missing")).await;
    assert_eq!(refused.unwrap_err().kind(), StoreErrorKind::Unavailable);
}

async fn one_node_purges_at_a_time(database: Fresh) {
    let store = database.node().await.unwrap();
    let mut other = sqlx::PgConnection::connect(&database.url).await.unwrap();
    let lock = sqlx::query("SELECT pg_advisory_lock(7163950812674935041)");
    lock.execute(&mut other).await.unwrap();
    assert_eq!(store.purge(suite::START, 1).await.unwrap(), None);
    other.close().await.unwrap();
    // The server frees the lock once it sees that its holder is gone.
    while store.purge(suite::START, 1).await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_address_is_refused_without_repeating_its_password() {
    let refused = SqlStore::connect_postgres("not an address: hunter2").await;
    let error = refused.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Malformed);
    assert!(!format!("{error:?} {error}").contains("hunter2"));
}
