//! PostgreSQL: the suite on a cluster of its own, started for the test and stopped after it.
//!
//! `VERILUME_TEST_POSTGRES_URL` names a server to use instead; its user must be allowed to create databases.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::Connection as _;
use tempfile::TempDir;
use verilume_store::*;

use crate::suite::{self, Database, for_each_case};

/// A running server.
enum Server {
    Given { url: String },
    Started { folder: TempDir, programs: PathBuf },
}

impl Server {
    fn start() -> Self {
        if let Ok(url) = std::env::var("VERILUME_TEST_POSTGRES_URL") {
            return Self::Given { url };
        }
        let programs = programs().expect(
            "PostgreSQL is not installed: `apt-get install postgresql` (its server programs are enough), \
             or name a server in VERILUME_TEST_POSTGRES_URL",
        );
        let folder = TempDir::new().unwrap();
        let owner = Command::new("chown").arg("postgres").arg(folder.path()).stderr(Stdio::null()).status();
        assert!(
            !is_root() || owner.unwrap().success(),
            "root cannot run the server, and there is no user postgres"
        );
        let server = Self::Started { folder, programs };
        server.run(
            "initdb",
            &["--pgdata=data", "--username=verilume", "--auth=trust", "--no-sync", "--encoding=UTF8"],
        );
        // A socket in the folder and no port: nothing to collide with, nobody else to connect.
        let options = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c fsync=off -c max_connections=300",
            server.path().display()
        );
        server.run("pg_ctl", &["start", "--wait", "--pgdata=data", "--log=log", "-o", &options]);
        server
    }

    fn path(&self) -> &Path {
        match self {
            Self::Given { .. } => Path::new("."),
            Self::Started { folder, .. } => folder.path(),
        }
    }

    /// Runs one of the server's programs in the folder; it refuses to run as root.
    fn run(&self, program: &str, arguments: &[&str]) {
        let Self::Started { folder, programs } = self else { return };
        let program = programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        // Its output goes to a file: a server that inherits a pipe keeps the reader waiting for ever.
        let said = std::fs::File::create(folder.path().join("said")).unwrap();
        command.args(arguments).current_dir(folder.path()).stdin(Stdio::null());
        let status = command.stdout(said.try_clone().unwrap()).stderr(said).status().unwrap();
        let said = std::fs::read_to_string(folder.path().join("said")).unwrap_or_default();
        assert!(status.success(), "{}: {said}", program.display());
    }

    fn url(&self, database: &str) -> String {
        match self {
            // The path of the address is the database; what follows it stays.
            Self::Given { url } => {
                let (before, options) = url.split_once('?').unwrap_or((url, ""));
                let server = before.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
                format!("{server}/{database}?{options}")
            }
            Self::Started { folder, .. } => {
                format!("postgres://verilume@localhost/{database}?host={}", folder.path().display())
            }
        }
    }

    /// A new database of this name.
    async fn create(&self, database: &str) -> Fresh {
        let mut connection = sqlx::PgConnection::connect(&self.url("postgres")).await.unwrap();
        for statement in
            [format!("DROP DATABASE IF EXISTS {database}"), format!("CREATE DATABASE {database}")]
        {
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        }
        Fresh { url: self.url(database) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.run("pg_ctl", &["stop", "--wait", "--pgdata=data", "--mode=immediate"]);
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// Where the newest installed server's programs are.
fn programs() -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = debian.map(|version| version.path().join("bin"));
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    debian
        .filter(|programs| programs.join("initdb").exists())
        .max()
        .or_else(|| std::env::split_paths(&on_path).find(|programs| programs.join("initdb").exists()))
}

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
        let database = server.create(&format!("verilume_case_{i}")).await;
        // A panic is a failure of the case that is named here, and the other cases still run.
        if tokio::spawn(case(database)).await.is_err() {
            eprintln!("failed: {name}");
            failures.fetch_add(1, Ordering::Relaxed);
        }
    }
    assert_eq!(failures.into_inner(), 0, "cases failed");

    one_node_purges_at_a_time(server.create("verilume_purge").await).await;
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
