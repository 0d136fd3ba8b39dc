//! The store that a command works on, and the master key beside it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use verilume_server::{MasterKey, VaultError, check_master_key, needs_master_key};
use verilume_store::{SqlStore, StoreError, StoreErrorKind};
use zeroize::Zeroizing;

use crate::backup::DATABASE_FILE;
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

    /// Opens the store, made if it is missing.
    pub(crate) async fn open(&self) -> Result<Arc<SqlStore>, Failure> {
        open(&self.settings(&[])?).await
    }

    /// Opens a store that is there.
    pub(crate) async fn open_existing(&self) -> Result<Arc<SqlStore>, Failure> {
        open_existing(&self.settings(&[])?).await
    }

    /// Why the store, once opened, cannot be used, and what to do about this one.
    pub(crate) fn failure(&self, error: &StoreError) -> Failure {
        match self.settings(&[]) {
            Ok(settings) => failure(&settings, error),
            Err(failure) => failure,
        }
    }
}

/// Opens a store that is there: what reads or erases must not find an empty one where a name was wrong.
pub(crate) async fn open_existing(settings: &Settings) -> Result<Arc<SqlStore>, Failure> {
    if let StoreAddress::Folder(folder) = settings.store()?
        && !has_database(folder)
    {
        let message = format!("there is no database in {}", folder.display());
        let next = "name the folder of the service with --data DIR";
        return Err(Failure::new(Exit::Service, "store_missing", message, next));
    }
    open(settings).await
}

/// Whether a database was ever made in a data folder.
pub(crate) fn has_database(folder: &Path) -> bool {
    folder.join(DATABASE_FILE).is_file()
}

/// Opens the store that the settings name, made if it is missing.
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

/// The file of the master key; `None` where nobody named one.
pub(crate) fn master_key_file(settings: &Settings) -> Result<Option<PathBuf>, Failure> {
    Ok(match (&settings.master_key, settings.store()?) {
        (Some(file), _) => Some(file.clone()),
        (None, StoreAddress::Folder(folder)) => Some(folder.join(MASTER_KEY_FILE)),
        // Nodes would each make their own.
        (None, StoreAddress::Postgres(_)) => None,
    })
}

/// The master key as it is, for this store. `None` where nobody named one, and where the data folder has none and nothing
/// was sealed by one yet.
pub(crate) async fn existing_master_key(
    settings: &Settings,
    store: &Arc<SqlStore>,
) -> Result<Option<MasterKey>, Failure> {
    let Some(file) = master_key_file(settings)? else { return Ok(None) };
    if settings.master_key.is_none() && !file.exists() {
        let is_needed = needs_master_key(store.as_ref()).await.map_err(|error| failure(settings, &error))?;
        return if is_needed { Err(unusable_key(&file, "it is missing")) } else { Ok(None) };
    }
    let key = read(&file)?;
    match check_master_key(&(Arc::clone(store) as _), &key).await {
        Ok(()) => Ok(Some(key)),
        Err(VaultError::Store(error)) => Err(failure(settings, &error)),
        Err(wrong) => Err(unusable_key(&file, wrong)),
    }
}

/// The same for the service, which makes one in a data folder where nothing was sealed yet. Never in another one's place:
/// what is sealed could not be opened any more.
pub(crate) async fn master_key(
    settings: &Settings,
    store: &Arc<SqlStore>,
) -> Result<Option<MasterKey>, Failure> {
    match (existing_master_key(settings, store).await?, master_key_file(settings)?) {
        (None, Some(file)) => read_or_make(&file).map(Some),
        (key, _) => Ok(key),
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
    let refused = |why: String| unusable_key(file, why);
    let mut text = Zeroizing::new(String::new());
    let opened = std::fs::File::open(file).map_err(|error| refused(error.to_string()))?;
    opened.take(MAX_KEY_FILE).read_to_string(&mut text).map_err(|error| refused(error.to_string()))?;
    MasterKey::parse(&text).ok_or_else(|| refused("it is not 64 hexadecimal digits".to_owned()))
}

fn unusable_key(file: &Path, why: impl std::fmt::Display) -> Failure {
    let message = format!("the master key in {} cannot be used: {why}", file.display());
    let next = "put the key there that was used before; without it no picture and no template that is kept can be opened";
    Failure::new(Exit::Service, "master_key_unusable", message, next)
}

#[cfg(test)]
mod tests {
    use verilume_server::ImageVault;

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

    #[tokio::test]
    async fn what_only_reads_makes_no_store() {
        let data = tempfile::tempdir().unwrap();
        let told = format!("{:?}", folder(data.path()).open_existing().await.unwrap_err());
        assert!(told.contains("no database") && told.contains("--data DIR"), "{told}");
        assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0);
        folder(data.path()).open().await.unwrap().close().await;
        folder(data.path()).open_existing().await.unwrap().close().await;
    }

    #[tokio::test]
    async fn a_master_key_is_never_replaced_by_another() {
        let data = tempfile::tempdir().unwrap();
        let settings = folder(data.path()).settings(&[]).unwrap();
        let store = open(&settings).await.unwrap();
        let file = data.path().join(MASTER_KEY_FILE);
        // Nothing was sealed yet: the service makes one, and nobody else does.
        assert!(existing_master_key(&settings, &store).await.unwrap().is_none() && !file.exists());
        let made = master_key(&settings, &store).await.unwrap().unwrap();
        std::fs::remove_file(&file).unwrap();
        let made_anew = master_key(&settings, &store).await.unwrap().unwrap();
        assert_ne!(*made_anew.expose(), *made.expose());
        ImageVault::new(store.clone() as _, made_anew.clone()).rotate(crate::clock::unix()).await.unwrap();

        std::fs::write(&file, made.expose().as_bytes()).unwrap();
        let told = format!("{:?}", master_key(&settings, &store).await.unwrap_err());
        assert!(told.contains("not the one") && told.contains("used before"), "{told}");
        std::fs::remove_file(&file).unwrap();
        let told = format!("{:?}", master_key(&settings, &store).await.unwrap_err());
        assert!(told.contains("missing") && !file.exists(), "{told}");
        std::fs::write(&file, made_anew.expose().as_bytes()).unwrap();
        master_key(&settings, &store).await.unwrap().unwrap();
        store.close().await;
    }

    #[tokio::test]
    async fn the_master_key_is_made_once_and_for_its_owner() {
        let data = tempfile::tempdir().unwrap();
        let settings = folder(data.path()).settings(&[]).unwrap();
        let store = open(&settings).await.unwrap();
        let made = master_key(&settings, &store).await.unwrap().unwrap();
        assert_eq!(*master_key(&settings, &store).await.unwrap().unwrap().expose(), *made.expose());
        let file = data.path().join(MASTER_KEY_FILE);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(&file, "no key").unwrap();
        let told = format!("{:?}", master_key(&settings, &store).await.unwrap_err());
        assert!(told.contains("64 hexadecimal digits") && told.contains("master.key"), "{told}");
    }
}
