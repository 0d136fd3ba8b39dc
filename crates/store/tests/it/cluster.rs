//! A PostgreSQL cluster, started for a test and stopped after it. The tests of other crates use this file too.
//!
//! `VERILUME_TEST_POSTGRES_URL` names a server to use instead; its user must be allowed to create databases.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sqlx::Connection as _;
use tempfile::TempDir;

/// A running server.
pub(crate) enum Server {
    Given { url: String },
    Started { folder: TempDir, programs: PathBuf },
}

impl Server {
    pub(crate) fn start() -> Self {
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

    pub(crate) fn url(&self, database: &str) -> String {
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

    /// The address of a new database of this name.
    pub(crate) async fn create(&self, database: &str) -> String {
        let mut connection = sqlx::PgConnection::connect(&self.url("postgres")).await.unwrap();
        for statement in
            [format!("DROP DATABASE IF EXISTS {database}"), format!("CREATE DATABASE {database}")]
        {
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        }
        self.url(database)
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
pub(crate) fn programs() -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = debian.map(|version| version.path().join("bin"));
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    debian
        .filter(|programs| programs.join("initdb").exists())
        .max()
        .or_else(|| std::env::split_paths(&on_path).find(|programs| programs.join("initdb").exists()))
}
