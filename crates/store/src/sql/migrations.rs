//! The tables and how they came about. See `migrations/README.md`.

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Number, name and text of each migration, built into the binary.
macro_rules! migrations {
    ($database:literal: $($number:literal $name:literal),+ $(,)?) => {
        Migrator::with_migrations(vec![$(
            Migration::new(
                $number,
                $name.into(),
                MigrationType::Simple,
                include_str!(concat!("../../migrations/", $database, "/", $name, ".sql")).into_sql_str(),
                false,
            ),
        )+])
    };
}

pub(super) fn sqlite() -> Migrator {
    migrations!("sqlite": 1 "0001_start", 2 "0002_watch", 3 "0003_images", 4 "0004_marks", 5 "0005_faces", 6 "0006_people")
}

pub(super) fn postgres() -> Migrator {
    migrations!("postgres": 1 "0001_start", 2 "0002_watch", 3 "0003_images", 4 "0004_marks", 5 "0005_faces", 6 "0006_people")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn both_databases_have_every_migration_of_their_folders() {
        let listed = |migrator: Migrator| -> Vec<String> {
            let migrations = migrator.iter();
            migrations
                .map(|migration| {
                    let number = format!("{:04}_", migration.version);
                    assert!(migration.description.starts_with(&number), "{}", migration.description);
                    migration.description.to_string()
                })
                .collect()
        };
        let in_folder = |database: &str| -> Vec<String> {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database);
            let mut names: Vec<String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
                .collect();
            names.sort();
            names
        };
        assert_eq!(listed(sqlite()), in_folder("sqlite"));
        assert_eq!(listed(postgres()), in_folder("postgres"));
        assert_eq!(in_folder("sqlite"), in_folder("postgres"));
    }
}
