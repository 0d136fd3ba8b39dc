//! The store that a command works on, and the master key beside it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use verilume_server::MasterKey;
use verilume_store::{SqlStore, StoreError, StoreErrorKind};
use zeroize::Zeroizing;

use crate::config::{FileArgs, OptionValue, Settings, StoreAddress};
use crate::failure::{Exit, Failure, chain};

/// The master key's file in the data folder.
pub(crate) const MASTER_KEY_FILE: &str = "master.key";
/// More is no key, bytes.
const MAX_KEY_FILE: u64 = 1024;

/// Where the database is.
#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    #[command(flatten)]
    file: FileArgs,
    /// Folder for the database; made if it is missing [env: VERILUME_DATA].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A PostgreSQL database that any number of services share, instead of a folder: postgres://USER:PASSWORD@HOST/NAME.
    /// Others on the machine see the command line: rather set it in the environment [env: VERILUME_DATABASE_URL].
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    database_url: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct MasterKeyArgs {
    /// File with the key that seals pictures, 64 hexadecimal digits [default: master.key in the data folder, made if it is
    /// missing; with --database-url none, and no pictures] [env: VERILUME_MASTER_KEY_FILE].
    #[arg(long, value_name = "FILE")]
    master_key: Option<PathBuf>,
}

impl MasterKeyArgs {
    /// The key that this option sets.
    pub(crate) fn option(&self) -> OptionValue {
        let file = self.master_key.as_ref().map(|file| file.display().to_string());
        ("--master-key", "store.master_key", file)
    }
}

impl StoreArgs {
    /// The settings with these options and `others` in effect.
    pub(crate) fn settings(&self, others: &[OptionValue]) -> Result<Settings, Failure> {
        let folder = self.data.as_ref().map(|folder| folder.display().to_string());
        // Whoever names a folder means that one, whatever database a file or the environment names.
        let no_database = folder.as_ref().map(|_folder| String::new());
        let mut options = vec![
            ("--data", "store.data", folder),
            ("--data", "store.database_url", no_database),
            ("--database-url", "store.database_url", self.database_url.clone()),
        ];
        options.extend_from_slice(others);
        Settings::of(self.file.config.as_deref(), &options)
    }

    /// The data folder, where it is one.
    pub(crate) fn folder(&self) -> Result<Option<PathBuf>, Failure> {
        Ok(match self.settings(&[])?.store()? {
            StoreAddress::Folder(folder) => Some(folder.clone()),
            StoreAddress::Postgres(_) => None,
        })
    }

    /// Opens the store.
    pub(crate) async fn open(&self) -> Result<Arc<SqlStore>, Failure> {
        open(&self.settings(&[])?).await
    }

    /// Why the store, once opened, cannot be used, and what to do about this one.
    pub(crate) fn failure(&self, error: &StoreError) -> Failure {
        match self.settings(&[]) {
            Ok(settings) => failure(&settings, error),
            Err(failure) => failure,
        }
    }

    /// The master key, made if the data folder has none. `None` where nobody named one.
    pub(crate) fn master_key(&self, args: &MasterKeyArgs) -> Result<Option<MasterKey>, Failure> {
        master_key(&self.settings(&[args.option()])?)
    }
}

/// Opens the store that the settings name.
pub(crate) async fn open(settings: &Settings) -> Result<Arc<SqlStore>, Failure> {
    let opened = match settings.store()? {
        StoreAddress::Folder(folder) => SqlStore::open_folder(folder).await,
        StoreAddress::Postgres(url) => SqlStore::connect_postgres(url.expose()).await,
    };
    opened.map(Arc::new).map_err(|error| failure(settings, &error))
}

/// Why a store, once opened, cannot be used.
pub(crate) fn failure(settings: &Settings, error: &StoreError) -> Failure {
    let next_step = match (error.kind(), settings.store()) {
        (StoreErrorKind::Unavailable, Ok(StoreAddress::Folder(_))) => {
            "let this user write the folder and see that its disk has room, or name another one with --data DIR"
        }
        (StoreErrorKind::Unavailable, _) => {
            "see that PostgreSQL runs and takes the user and the password of its URL"
        }
        (kind, _) => kind.next_step(),
    };
    Failure::new(Exit::Service, "store_unusable", chain(error), next_step)
}

/// The master key, made if the data folder has none. `None` where nobody named one.
pub(crate) fn master_key(settings: &Settings) -> Result<Option<MasterKey>, Failure> {
    match (&settings.master_key, settings.store()?) {
        (Some(file), _) => read(file).map(Some),
        (None, StoreAddress::Folder(folder)) => read_or_make(&folder.join(MASTER_KEY_FILE)).map(Some),
        // Nodes would each make their own.
        (None, StoreAddress::Postgres(_)) => Ok(None),
    }
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
        StoreArgs { file: FileArgs { config: None }, data: Some(data.to_owned()), database_url: None }
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
        let file = FileArgs { config: None };
        let store = StoreArgs { file, data: None, database_url: Some(url.to_owned()) };
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
