//! What was measured, kept from run to run: one line of JSON per case, so that an interrupted
//! run loses one case at most.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::super::output::hold;
use foresz_compare::sha256;

/// Cases by what decides how they come out.
pub(super) struct Store {
    known: HashMap<String, serde_json::Value>,
    file: Option<File>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    key: String,
    found: serde_json::Value,
}

impl Store {
    /// Beside the results; in memory alone where there are none.
    pub(super) fn open(beside: Option<&Path>, fresh: bool) -> anyhow::Result<Self> {
        let Some(path) = beside.map(place) else {
            return Ok(Store {
                known: HashMap::new(),
                file: None,
            });
        };
        let told = || format!("cannot keep what is measured in {}", path.display());
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .with_context(told)?;
        hold(&file, &path)?;
        let mut known = HashMap::new();
        if !fresh {
            for line in BufReader::new(File::open(&path).with_context(told)?).lines() {
                // A line that was cut off by an interruption is measured again.
                if let Ok(Line { key, found }) = serde_json::from_str(&line.with_context(told)?) {
                    known.insert(key, found);
                }
            }
        }
        if fresh {
            file.set_len(0).with_context(told)?;
        } else {
            writeln!(file).with_context(told)?;
        }
        Ok(Store {
            known,
            file: Some(file),
        })
    }

    /// What is known of a case.
    pub(super) fn get<R: DeserializeOwned>(&self, key: &str) -> Option<R> {
        serde_json::from_value(self.known.get(key)?.clone()).ok()
    }

    pub(super) fn put(&mut self, key: String, found: &impl Serialize) -> anyhow::Result<()> {
        let found = serde_json::to_value(found)?;
        if let Some(file) = &mut self.file {
            let line = Line { key, found };
            serde_json::to_writer(&mut *file, &line)?;
            writeln!(file)?;
        }
        Ok(())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // A process that starts just now has the handle, too, for a moment: closing it here
        // would not end the lock.
        if let Some(file) = &self.file {
            let _ = file.unlock();
        }
    }
}

/// `out.html` keeps its cases in `out.html.cases.jsonl`.
fn place(beside: &Path) -> PathBuf {
    let mut name = beside.as_os_str().to_owned();
    name.push(".cases.jsonl");
    name.into()
}

/// A name for everything that decides how a case comes out.
pub(super) fn key(decisive: &impl Serialize) -> anyhow::Result<String> {
    Ok(sha256(&serde_json::to_vec(decisive)?)[..32].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_there_the_next_time_but_for_a_line_cut_off() {
        let folder = tempfile::TempDir::new().unwrap();
        let beside = folder.path().join("out.html");
        let mut store = Store::open(Some(&beside), false).unwrap();
        assert_eq!(store.get::<u32>("a"), None);
        store.put("a".into(), &7).unwrap();
        store.put("b".into(), &8).unwrap();
        drop(store);
        let path = place(&beside);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 4]).unwrap();
        let mut store = Store::open(Some(&beside), false).unwrap();
        assert_eq!(
            (store.get::<u32>("a"), store.get::<u32>("b")),
            (Some(7), None)
        );
        store.put("b".into(), &9).unwrap();
        // One at a time.
        assert!(Store::open(Some(&beside), false).is_err());
        drop(store);
        let again = Store::open(Some(&beside), false).unwrap();
        assert_eq!(again.get::<u32>("b"), Some(9));
        drop(again);
        let fresh = Store::open(Some(&beside), true).unwrap();
        assert_eq!(fresh.get::<u32>("a"), None);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
    }

    #[test]
    fn keys_differ_where_anything_does() {
        assert_eq!(key(&("x", 1.5)).unwrap(), key(&("x", 1.5)).unwrap());
        assert_ne!(key(&("x", 1.5)).unwrap(), key(&("x", 1.25)).unwrap());
    }
}
