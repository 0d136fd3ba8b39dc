//! The store that a command works on, and the master key beside it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use verilume_server::MasterKey;
use verilume_store::{SqlStore, StoreError, StoreErrorKind};
use zeroize::Zeroizing;

use crate::failure::{Exit, Failure, chain};

/// The master key's file in the data folder.
const MASTER_KEY_FILE: &str = "master.key";
/// More is no key, bytes.
const MAX_KEY_FILE: u64 = 1024;

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct StoreArgs {
    /// Folder for the database; made if it is missing.
    #[arg(long, value_name = "DIR", env = "VERILUME_DATA")]
    data: Option<PathBuf>,
    /// A PostgreSQL database that any number of services share, instead of a folder: postgres://USER:PASSWORD@HOST/NAME.
    #[arg(long, value_name = "URL", env = "VERILUME_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct MasterKeyArgs {
    /// File with the key that seals pictures, 64 hexadecimal digits [default: master.key in the data folder, made if it is
    /// missing; with --database-url none, and no pictures].
    #[arg(long, value_name = "FILE", env = "VERILUME_MASTER_KEY_FILE")]
    master_key: Option<PathBuf>,
}

impl StoreArgs {
    /// Opens the store.
    pub(crate) async fn open(&self) -> Result<Arc<SqlStore>, Failure> {
        let opened = match (&self.database_url, &self.data) {
            (Some(url), _) => SqlStore::connect_postgres(url).await,
            (None, Some(folder)) => SqlStore::open_folder(folder).await,
            (None, None) => return Err(unnamed()),
        };
        opened.map(Arc::new).map_err(|error| self.failure(&error))
    }

    /// Why the store cannot be used, and what to do about this one.
    pub(crate) fn failure(&self, error: &StoreError) -> Failure {
        let next_step = match (error.kind(), &self.data) {
            (StoreErrorKind::Unavailable, Some(_)) => {
                "let this user write the folder and see that its disk has room, or name another one with --data DIR"
            }
            (StoreErrorKind::Unavailable, None) => {
                "see that the database runs and takes the user and the password of its URL"
            }
            _ => error.next_step(),
        };
        Failure::new(Exit::Service, "store_unusable", chain(error), next_step)
    }

    /// The master key, made if the data folder has none. `None` where nobody named one.
    pub(crate) fn master_key(&self, args: &MasterKeyArgs) -> Result<Option<MasterKey>, Failure> {
        match (&args.master_key, &self.data) {
            (Some(file), _) => read(file).map(Some),
            (None, Some(folder)) => read_or_make(&folder.join(MASTER_KEY_FILE)).map(Some),
            (None, None) => Ok(None),
        }
    }
}

fn unnamed() -> Failure {
    let message = "no database is named";
    Failure::new(
        Exit::Arguments,
        "store_unnamed",
        message,
        "say --data DIR, or --database-url for PostgreSQL",
    )
}

fn read_or_make(file: &Path) -> Result<MasterKey, Failure> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Ok(mut made) => {
            let key = MasterKey::generate();
            let written = made.write_all(key.expose().as_bytes()).and_then(|()| made.sync_all());
            written.map_err(|error| crate::failure::cannot_write(file, &error))?;
            Ok(key)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(file),
        Err(error) => Err(crate::failure::cannot_write(file, &error)),
    }
}

fn read(file: &Path) -> Result<MasterKey, Failure> {
    let refused = |why: String| {
        let message = format!("the master key in {} cannot be used: {why}", file.display());
        let next = "put the key there that was used before; without it no picture that is kept can be opened";
        Failure::new(Exit::Service, "master_key_unusable", message, next)
    };
    let mut text = Zeroizing::new(String::new());
    let opened = std::fs::File::open(file).map_err(|error| refused(error.to_string()))?;
    opened.take(MAX_KEY_FILE).read_to_string(&mut text).map_err(|error| refused(error.to_string()))?;
    MasterKey::parse(&text).ok_or_else(|| refused("it is not 64 hexadecimal digits".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(data: &Path) -> StoreArgs {
        StoreArgs { data: Some(data.to_owned()), database_url: None }
    }

    #[tokio::test]
    async fn a_data_folder_that_cannot_be_made_is_named_with_what_to_do() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let failure = folder(&file.path().join("data")).open().await.unwrap_err();
        let told = format!("{failure:?}");
        assert!(told.contains("--data DIR") && !told.contains("reachable"), "{told}");
    }

    #[tokio::test]
    async fn a_databases_password_is_not_told() {
        let url = "postgres://user:hunter2@127.0.0.1:1/none";
        let store = StoreArgs { data: None, database_url: Some(url.to_owned()) };
        let told = format!("{:?}", store.open().await.unwrap_err());
        assert!(told.contains("user and the password") && !told.contains("hunter2"), "{told}");
    }

    #[test]
    fn the_master_key_is_made_once_and_for_its_owner() {
        let data = tempfile::tempdir().unwrap();
        let (store, args) = (folder(data.path()), MasterKeyArgs { master_key: None });
        let made = store.master_key(&args).unwrap().unwrap();
        assert_eq!(*store.master_key(&args).unwrap().unwrap().expose(), *made.expose());
        let file = data.path().join(MASTER_KEY_FILE);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(&file, "no key").unwrap();
        let told = format!("{:?}", store.master_key(&args).unwrap_err());
        assert!(told.contains("64 hexadecimal digits") && told.contains("master.key"), "{told}");
    }
}
