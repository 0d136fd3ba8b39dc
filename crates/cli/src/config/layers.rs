//! Values from several layers, each with where it came from.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// What begins the name of a variable that sets a key.
pub(super) const PREFIX: &str = "VERILUME__";
/// Variables with short names, and the keys they set. They stand below the long names.
const SHORT_NAMES: [(&str, &str); 7] = [
    ("VERILUME_LISTEN", "server.listen"),
    ("VERILUME_PUBLIC_URL", "server.public_url"),
    ("VERILUME_DATA", "store.data"),
    ("VERILUME_DATABASE_URL", "store.database_url"),
    ("VERILUME_MASTER_KEY_FILE", "store.master_key"),
    ("VERILUME_ASSETS", "analysis.assets"),
    ("VERILUME_LOG", "log.level"),
];
/// Variables that set no key: of commands that have no configuration, and of the tests.
const OTHER_NAMES: [&str; 5] = [
    "VERILUME_CONFIG",
    "VERILUME_KEY",
    "VERILUME_TOKEN",
    "VERILUME_ASSETS_MIRROR",
    "VERILUME_ASSETS_REQUIRE_OPTIONAL",
];
/// Keys whose values are never shown.
const SECRETS: [&str; 1] = ["store.database_url"];
/// A name this alike, 0..=1, is likely what was meant. Initial: two slips in a name of eight letters.
const LIKELY_MEANT: f64 = 0.75;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    File(PathBuf),
    Variable(String),
    Option(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Variable(name) => f.write_str(name),
            Self::Option(name) => f.write_str(name),
        }
    }
}

/// A value in effect.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

/// Every key with the value of the highest layer that sets it.
#[derive(Clone)]
pub(crate) struct Layers {
    settings: BTreeMap<String, Setting>,
}

impl Layers {
    /// The layer of the defaults, which says what keys there are and of which type.
    pub(crate) fn defaults(text: &str) -> Self {
        let table: Table = text.parse().expect("the file that is compiled in is TOML");
        let mut settings = BTreeMap::new();
        for (section, keys) in table {
            for (key, value) in keys.as_table().into_iter().flatten() {
                let setting = Setting { value: value.clone(), origin: Origin::Default };
                settings.insert(format!("{section}.{key}"), setting);
            }
        }
        Self { settings }
    }

    /// Every key with its value, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.settings.iter().map(|(key, setting)| (key.as_str(), setting))
    }

    /// The value of a key that the defaults have.
    pub(crate) fn get(&self, key: &str) -> &Setting {
        self.settings.get(key).expect("the defaults have every key that is asked for")
    }

    /// Puts a file over what is there. Returns what is wrong with it.
    pub(crate) fn file(&mut self, path: &Path, text: &str) -> Vec<String> {
        let origin = Origin::File(path.to_owned());
        let table: Table = match text.parse() {
            Ok(table) => table,
            // The error itself shows the line, and in it may stand a password.
            Err(error) => return vec![format!("{origin}: {}", place(text, &error))],
        };
        let mut problems = Vec::new();
        for (section, keys) in table {
            let Value::Table(keys) = keys else {
                problems.push(format!("{origin}: {}", self.unknown(&section)));
                continue;
            };
            if keys.is_empty() && !self.settings.keys().any(|known| known.starts_with(&format!("{section}.")))
            {
                problems.push(format!("{origin}: {}", self.unknown(&section)));
            }
            for (key, value) in keys {
                let key = format!("{section}.{key}");
                if let Err(problem) = self.set(&key, value, origin.clone()) {
                    problems.push(format!("{origin}: {problem}"));
                }
            }
        }
        problems
    }

    /// Puts the environment over what is there. Returns what is wrong with it. Empty variables set nothing.
    pub(crate) fn environment(
        &mut self,
        variables: impl Iterator<Item = (OsString, OsString)>,
    ) -> Vec<String> {
        let variables: BTreeMap<String, OsString> = variables
            .filter(|(_, value)| !value.is_empty())
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .collect();
        let short = SHORT_NAMES.iter().filter_map(|(name, key)| {
            variables.get(*name).map(|value| ((*name).to_owned(), (*key).to_owned(), value))
        });
        let long = variables.iter().filter_map(|(name, value)| {
            let key = name.strip_prefix(PREFIX)?.to_ascii_lowercase().replace("__", ".");
            Some((name.clone(), key, value))
        });
        let mut problems: Vec<String> = variables.keys().filter_map(|name| slip(name)).collect();
        for (name, key, value) in short.chain(long) {
            let set = match value.to_str() {
                Some(text) => self.set_text(&key, text, Origin::Variable(name.clone())),
                None => Err("is no text".to_owned()),
            };
            if let Err(problem) = set {
                problems.push(format!("{name}: {problem}"));
            }
        }
        problems
    }

    /// Puts options of the command line over what is there.
    pub(crate) fn options(
        &mut self,
        options: &[(&'static str, &'static str, Option<String>)],
    ) -> Vec<String> {
        let mut problems = Vec::new();
        for (name, key, value) in options {
            let Some(value) = value else { continue };
            if let Err(problem) = self.set_text(key, value, Origin::Option(name)) {
                problems.push(format!("{name}: {problem}"));
            }
        }
        problems
    }

    fn set_text(&mut self, key: &str, text: &str, origin: Origin) -> Result<(), String> {
        let known = self.settings.get(key).ok_or_else(|| self.unknown(key))?;
        let value = match &known.value {
            Value::Integer(_) => text.trim().parse().map(Value::Integer).ok(),
            Value::Boolean(_) => text.trim().parse().map(Value::Boolean).ok(),
            _ => Some(Value::String(text.to_owned())),
        };
        let value = value.ok_or_else(|| format!("{key} must be {}", type_of(&known.value)))?;
        self.set(key, value, origin)
    }

    fn set(&mut self, key: &str, value: Value, origin: Origin) -> Result<(), String> {
        let Some(known) = self.settings.get_mut(key) else { return Err(self.unknown(key)) };
        if !known.value.same_type(&value) {
            return Err(format!("{key} must be {}", type_of(&known.value)));
        }
        *known = Setting { value, origin };
        Ok(())
    }

    fn unknown(&self, key: &str) -> String {
        let alike = |known: &&String| strsim::normalized_damerau_levenshtein(known, key);
        let name_of = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
        let nearest = self.settings.keys().max_by(|a, b| alike(a).total_cmp(&alike(b)));
        let nearest = nearest.filter(|known| alike(known) >= LIKELY_MEANT);
        // The right name in the wrong section, or without one.
        let elsewhere = self.settings.keys().find(|known| name_of(known) == name_of(key));
        match nearest.or(elsewhere) {
            Some(known) => format!("there is no key {key}; {known} is one"),
            None => format!("there is no key {key}"),
        }
    }
}

/// What is wrong with the name of a variable that is almost one of ours.
fn slip(name: &str) -> Option<String> {
    let rest = name.strip_prefix("VERILUME_").filter(|rest| !rest.starts_with('_'))?;
    let names = || SHORT_NAMES.iter().map(|(name, _key)| *name).chain(OTHER_NAMES);
    if names().any(|known| known == name) {
        return None;
    }
    if rest.contains("__") {
        return Some(format!("{name}: there is no such variable; {PREFIX}{rest} may be meant"));
    }
    // Without what all of them begin with.
    let alike = |known: &&str| {
        let known = known.strip_prefix("VERILUME_").unwrap_or(known);
        strsim::normalized_damerau_levenshtein(known, rest)
    };
    let nearest = names().max_by(|a, b| alike(a).total_cmp(&alike(b)));
    let nearest = nearest.filter(|known| alike(known) >= LIKELY_MEANT)?;
    Some(format!("{name}: there is no such variable; {nearest} is one"))
}

/// Whether the value of a key is never shown.
pub(crate) fn is_secret(key: &str) -> bool {
    SECRETS.contains(&key)
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) => "a whole number",
        Value::Boolean(_) => "true or false",
        _ => "a text in quotes",
    }
}

/// An error of the format with its line, without what stands there.
fn place(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    format!("line {}: {}", before.matches('\n').count() + 1, error.message())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULTS: &str = "[server]\nlisten = \"a\"\nbehind_proxy = false\n[store]\ndatabase_url = \"\"\n[analysis]\njobs = 0\n";

    fn environment(layers: &mut Layers, variables: &[(&str, &str)]) -> Vec<String> {
        layers.environment(variables.iter().map(|(name, value)| (name.into(), value.into())))
    }

    #[test]
    fn higher_layers_win_and_say_so() {
        let mut layers = Layers::defaults(DEFAULTS);
        assert_eq!(layers.get("analysis.jobs").origin, Origin::Default);
        assert!(layers.file(Path::new("f"), "[analysis]\njobs = 2\n[server]\nlisten = \"f\"").is_empty());
        let variables =
            [("VERILUME_LISTEN", "s"), ("VERILUME__SERVER__LISTEN", "l"), ("VERILUME__ANALYSIS__JOBS", "")];
        assert!(environment(&mut layers, &variables).is_empty());
        assert_eq!(layers.get("server.listen").value.as_str(), Some("l"));
        assert_eq!(layers.get("server.listen").origin.to_string(), "VERILUME__SERVER__LISTEN");
        assert_eq!(layers.get("analysis.jobs").origin, Origin::File("f".into()));
        assert!(layers.options(&[("--jobs", "analysis.jobs", Some("3".to_owned()))]).is_empty());
        assert_eq!(layers.get("analysis.jobs").value.as_integer(), Some(3));
    }

    #[test]
    fn a_wrong_key_or_type_is_named_with_what_was_meant() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            let problems = Layers::defaults(DEFAULTS).file(Path::new("f"), text);
            assert_eq!(problems, [format!("f: {expected}")]);
        }
        check("[server]\nlisen = \"a\"", "there is no key server.lisen; server.listen is one");
        check("[analysis]\nlisten = \"a\"", "there is no key analysis.listen; server.listen is one");
        check("listen = \"a\"", "there is no key listen; server.listen is one");
        check("[sesame]", "there is no key sesame");
        check("[analysis]\njobs = \"two\"", "analysis.jobs must be a whole number");
        check("[server]\nbehind_proxy = 1", "server.behind_proxy must be true or false");
        let mut layers = Layers::defaults(DEFAULTS);
        let problems =
            environment(&mut layers, &[("VERILUME__SERVER__LISTN", "a"), ("VERILUME__ANALYSIS__JOBS", "x")]);
        assert_eq!(
            problems,
            [
                "VERILUME__ANALYSIS__JOBS: analysis.jobs must be a whole number",
                "VERILUME__SERVER__LISTN: there is no key server.listn; server.listen is one"
            ]
        );
    }

    #[test]
    fn a_variable_whose_name_has_a_slip_is_told_and_that_of_another_program_is_not() {
        let asked =
            ["VERILUME_LISTN", "VERILUME_SERVER__LISTEN", "VERILUME_KEY", "VERILUME_TEST_SESSIONS", "PATH"];
        let problems = environment(&mut Layers::defaults(DEFAULTS), &asked.map(|name| (name, "a")));
        assert_eq!(
            problems,
            [
                "VERILUME_LISTN: there is no such variable; VERILUME_LISTEN is one",
                "VERILUME_SERVER__LISTEN: there is no such variable; VERILUME__SERVER__LISTEN may be meant"
            ]
        );
    }

    #[test]
    fn a_broken_file_is_told_by_its_line_and_not_by_its_content() {
        let text = "[store]\ndatabase_url = \"postgres://a:hunter2@b\nx = 1";
        let problems = Layers::defaults(DEFAULTS).file(Path::new("f"), text).join("\n");
        assert!(problems.starts_with("f: line 2: ") && !problems.contains("hunter2"), "{problems}");
    }
}
