//! PAIRS.csv: which two pictures show one person.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::presentation::TableError;
use crate::presentation::table::Table;

/// Two pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The pictures, by their places in [`PairList::pictures`].
    pub pictures: (usize, usize),
    /// The people in them, by number: equal exactly where both show one person.
    pub people: (usize, usize),
    /// Which group it is counted in besides; empty for none.
    pub group: String,
}

impl Pair {
    /// Whether both show one person.
    pub fn is_same(&self) -> bool {
        self.people.0 == self.people.1
    }
}

/// Which pairs there are.
#[derive(Debug, Clone)]
pub struct PairList {
    /// The pictures, each once: as it is written, and where it is.
    pub pictures: Vec<(String, PathBuf)>,
    /// The pairs, in the order of the file.
    pub pairs: Vec<Pair>,
}

impl PairList {
    /// Reads a list with the columns `path_a`, `path_b`, `same` (0 or 1) and, if there is one, `group`. Paths are from
    /// the folder of the list.
    ///
    /// Who is who follows from the pairs: pictures that are linked by pairs of one person show that person.
    pub fn open(path: &Path) -> Result<Self, TableError> {
        let table = Table::open(path, &["path_a", "path_b", "same"])?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut list = Self { pictures: Vec::new(), pairs: Vec::new() };
        let mut rows = Vec::new();
        for row in table.rows() {
            let mut place = |column: &str| -> Result<usize, TableError> {
                let written = row.required(column)?;
                Ok(*places.entry(written).or_insert_with(|| {
                    list.pictures.push((written.to_owned(), folder.join(written)));
                    list.pictures.len() - 1
                }))
            };
            let pictures = (place("path_a")?, place("path_b")?);
            let same = match row.required("same")? {
                "1" => true,
                "0" => false,
                other => return Err(row.error(format!("`same` is `{other}`"), "write 1 or 0")),
            };
            if pictures.0 == pictures.1 {
                return Err(row.error("compares a picture with itself", "remove the line"));
            }
            rows.push((row, pictures, same));
        }
        let mut people = People::new(list.pictures.len());
        rows.iter().filter(|(.., same)| *same).for_each(|(_, (a, b), _)| people.unite(*a, *b));
        for (row, pictures, same) in rows {
            let of = (people.of(pictures.0), people.of(pictures.1));
            if !same && of.0 == of.1 {
                let problem =
                    "says that two pictures show different people, and other lines that they show one";
                return Err(row.error(problem, "correct one of the lines"));
            }
            list.pairs.push(Pair { pictures, people: of, group: row.get("group").to_owned() });
        }
        if list.pairs.is_empty() {
            return Err(table.error(None, "names no pair", "name at least one pair"));
        }
        Ok(list)
    }
}

/// Pictures united into people; the smallest picture names a person.
struct People {
    parents: Vec<usize>,
}

impl People {
    fn new(pictures: usize) -> Self {
        Self { parents: (0..pictures).collect() }
    }

    fn of(&mut self, picture: usize) -> usize {
        let mut person = picture;
        while self.parents[person] != person {
            self.parents[person] = self.parents[self.parents[person]];
            person = self.parents[person];
        }
        person
    }

    fn unite(&mut self, a: usize, b: usize) {
        let (a, b) = (self.of(a), self.of(b));
        self.parents[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str) -> Result<PairList, TableError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pairs.csv");
        std::fs::write(&path, text).unwrap();
        PairList::open(&path)
    }

    #[test]
    fn people_follow_from_the_pairs() {
        let list = open("path_a,path_b,same,group\na,b,1,g\nc,b,1,\nd,a,0,h\n").unwrap();
        assert_eq!(list.pictures.len(), 4);
        let people: Vec<_> = list.pairs.iter().map(|pair| pair.people).collect();
        assert_eq!(people, [(0, 0), (0, 0), (3, 0)]);
        assert!(list.pairs[0].is_same() && !list.pairs[2].is_same());
        assert_eq!(list.pairs[2].group, "h");
    }

    #[test]
    fn mistakes_are_named() {
        let check = |text: &str, line: Option<u64>, expected: &str| {
            let error = open(text).unwrap_err();
            assert!(error.line() == line && error.to_string().contains(expected), "{error}");
        };
        check("path_a,path_b\na,b\n", Some(1), "no column `same`");
        check("path_a,path_b,same\na,b,yes\n", Some(2), "`same` is `yes`");
        check("path_a,path_b,same\na,a,1\n", Some(2), "compares a picture with itself");
        check("path_a,path_b,same\na,b,1\nb,c,1\na,c,0\n", Some(4), "different people");
        check("path_a,path_b,same\n", None, "names no pair");
    }
}
