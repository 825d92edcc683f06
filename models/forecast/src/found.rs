//! A model that was found, of whatever kind: what all contracts have in common.

use std::borrow::Cow;

use foresz_predictors::Parcel;
use serde::Deserialize;
use toml::Value;

use crate::contract::{self, FILE_NAME, LONGEST, check};
use crate::error::{Error, Result};
use crate::source::{Onnx, Source};

/// What a model is unless its contract says otherwise.
pub const FORECAST: &str = "forecast";

/// A contract and where the files are that it names, before anything is loaded.
#[derive(Debug, Clone)]
pub struct Found {
    source: Source,
    text: String,
    hash: String,
    head: Head,
    files: Vec<Listed>,
}

/// Fields of every contract; what else there is depends on the kind.
#[derive(Debug, Clone, Deserialize)]
struct Head {
    name: String,
    #[serde(default = "forecast")]
    kind: String,
    #[serde(default)]
    description: String,
}

fn forecast() -> String {
    FORECAST.into()
}

/// A file that a contract names, with its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The section of the contract that names it, such as `weights`.
    pub section: String,
    /// Its name.
    pub file: String,
    /// Its hash.
    pub sha256: String,
}

/// The section of a file that only encoding needs.
const ENCODER: &str = "encoder";

/// What stands for the folder of a model out of a stream.
const STREAM: &str = "the stream";

impl Listed {
    fn is_for_decoding(&self) -> bool {
        self.section != ENCODER
    }
}

impl Found {
    /// Reads what every contract says.
    pub fn open(source: Source) -> Result<Found> {
        let wrong = |reason| Error::Contract {
            path: source.path(FILE_NAME),
            reason,
        };
        let bytes = source.read(FILE_NAME, LONGEST)?.into_owned();
        let hash = contract::sha256(&bytes);
        let text = String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8 text".into()))?;
        let parsed: Result<Value, _> = toml::from_str(&text);
        let parsed = parsed.map_err(|e| wrong(e.to_string().trim_end().into()))?;
        let mut files = Vec::new();
        list("", &parsed, &mut files);
        for listed in &files {
            let field = format!("{}.file", listed.section);
            check::plain_file(&field, &listed.file, false).map_err(wrong)?;
        }
        let head: Result<Head, _> = parsed.try_into();
        let head = head.map_err(|e| wrong(e.to_string().trim_end().into()))?;
        check::word("name", &head.name).map_err(wrong)?;
        Ok(Found {
            source,
            text,
            hash,
            head,
            files,
        })
    }

    /// What streams and people call the model.
    pub fn name(&self) -> &str {
        &self.head.name
    }

    /// What it does: `forecast`, `autoencoder`.
    pub fn kind(&self) -> &str {
        &self.head.kind
    }

    /// What it is and what it was trained on.
    pub fn description(&self) -> &str {
        &self.head.description
    }

    /// What streams know it by: the SHA-256 of its contract, which has those of all other
    /// files.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The contract.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the files are.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The files that the contract names.
    pub fn files(&self) -> &[Listed] {
        &self.files
    }

    /// Bytes of all files but the contract.
    pub fn bytes(&self) -> Result<u64> {
        let sizes = self.files.iter().map(|f| self.source.size(&f.file));
        sizes.sum()
    }

    /// An ONNX file, if it is the one of that hash.
    pub fn onnx(&self, file: &str, sha256: &str) -> Result<Onnx> {
        let found = match &self.source {
            Source::Folder(_) => contract::sha256_of(&self.source.path(file))?,
            Source::Held(_) => contract::sha256(&self.source.read(file, u64::MAX)?),
        };
        self.unchanged(file, found, sha256)?;
        Ok(self.source.onnx(file))
    }

    /// A file of no more than so many bytes, if it is the one of that hash.
    pub fn read(&self, file: &str, sha256: &str, longest: u64) -> Result<Cow<'_, [u8]>> {
        let bytes = self.source.read(file, longest)?;
        self.unchanged(file, contract::sha256(&bytes), sha256)?;
        Ok(bytes)
    }

    /// The contract and the files that decoding needs: all but those of an encoder.
    pub fn pack(&self) -> Result<Parcel> {
        let mut files = vec![(FILE_NAME.to_owned(), self.text.clone().into_bytes())];
        for listed in self.files.iter().filter(|listed| listed.is_for_decoding()) {
            let bytes = self.read(&listed.file, &listed.sha256, u64::MAX)?;
            files.push((listed.file.clone(), bytes.into_owned()));
        }
        Ok(Parcel {
            name: self.head.name.clone(),
            sha256: self.hash.clone(),
            files,
        })
    }

    /// A model out of a stream, if it is what the stream says it is.
    pub fn unpack(parcel: &Parcel) -> Result<Found> {
        let files = parcel.files.iter();
        let files = files.map(|(name, bytes)| (name.clone(), bytes.clone().into()));
        let found = Found::open(Source::held(STREAM, files))?;
        found.unchanged(FILE_NAME, found.hash.clone(), &parcel.sha256)?;
        let wrong = |reason| Error::Contract {
            path: found.source.path(FILE_NAME),
            reason,
        };
        if found.head.name != parcel.name {
            let (is, said) = (&found.head.name, &parcel.name);
            return Err(wrong(format!("this is {is}, not {said}")));
        }
        let wanted = found.files.iter().filter(|listed| listed.is_for_decoding());
        let mut names: Vec<&str> = wanted.map(|listed| listed.file.as_str()).collect();
        names.insert(0, FILE_NAME);
        if parcel.files.iter().map(|(name, _)| name).ne(names) {
            return Err(wrong("other files are stored than it names".into()));
        }
        for listed in found.files.iter().filter(|listed| listed.is_for_decoding()) {
            found.read(&listed.file, &listed.sha256, u64::MAX)?;
        }
        Ok(found)
    }

    fn unchanged(&self, file: &str, found: String, wanted: &str) -> Result<()> {
        if found == wanted {
            return Ok(());
        }
        Err(Error::Changed {
            path: self.source.path(file),
            found,
            wanted: wanted.into(),
        })
    }
}

/// Whatever has a `file` and its `sha256`, in the order of the keys.
fn list(section: &str, value: &Value, files: &mut Vec<Listed>) {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    if let (Some(file), Some(sha256)) = (text("file"), text("sha256"))
        && !file.is_empty()
        && files.iter().all(|known| known.file != file)
    {
        files.push(Listed {
            section: section.into(),
            file: file.into(),
            sha256: sha256.into(),
        });
    }
    match value {
        Value::Table(table) if section.is_empty() => {
            table.iter().for_each(|(key, v)| list(key, v, files));
        }
        Value::Table(table) => {
            let inner = |(key, v): (&String, _)| list(&format!("{section}.{key}"), v, files);
            table.iter().for_each(inner);
        }
        Value::Array(items) => {
            let item = |(i, v)| list(&format!("{section}[{i}]"), v, files);
            items.iter().enumerate().for_each(item);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(contract: &'static str) -> Source {
        let files = [
            (FILE_NAME.to_owned(), contract.as_bytes().into()),
            ("a.onnx".to_owned(), (&b"abc"[..]).into()),
        ];
        Source::held("here", files)
    }

    #[test]
    fn any_contract_lists_its_files() {
        let found = Found::open(held(
            r#"
            name = "tiles"
            kind = "autoencoder"
            [encoder]
            file = "a.onnx"
            sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
            [decoder]
            file = "b.onnx"
            sha256 = "00"
            [[statics]]
            name = "same"
            file = "a.onnx"
            sha256 = "00"
            "#,
        ))
        .unwrap();
        let files: Vec<&str> = found.files().iter().map(|f| f.file.as_str()).collect();
        assert_eq!(files, ["b.onnx", "a.onnx"]);
        assert_eq!(found.files()[1].section, "encoder");
        assert_eq!((found.name(), found.kind()), ("tiles", "autoencoder"));
        let of_a = found.files()[1].sha256.clone();
        assert_eq!(*found.read("a.onnx", &of_a, 3).unwrap(), *b"abc");
        assert!(found.read("a.onnx", &of_a, 2).is_err());
        assert!(found.onnx("a.onnx", &of_a).is_ok());
        assert!(matches!(
            found.onnx("a.onnx", "00"),
            Err(Error::Changed { .. })
        ));
        assert!(matches!(
            found.onnx("b.onnx", "00"),
            Err(Error::Read { .. })
        ));
    }

    #[test]
    fn contracts_without_a_name_or_with_paths_are_none() {
        for contract in [
            "kind = 'forecast'",
            "name = 'a b'",
            "name = 'a'\nweights = { file = '../a', sha256 = '0' }",
            "name = 'a'\nlist = [{ file = '/a', sha256 = '0' }]",
            "name = ",
        ] {
            assert!(Found::open(held(contract)).is_err(), "{contract}");
        }
    }
}
