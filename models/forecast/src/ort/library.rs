//! Where the shared library of ONNX Runtime is, and whether it will do.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::ffi::{CStr, OsStr};
use std::path::{Path, PathBuf};

use super::failed;
use crate::error::Result;

/// The oldest version whose interface has all that we call.
const OLDEST_MINOR: u32 = ::ort::MINOR_VERSION;

/// Wheels before 1.19 hold it in a form that only Python can load.
const ADVICE: &str = "install it with `pip install \"onnxruntime>=1.19\"` in the Python environment that is active, \
    or name the library, its folder or its environment";

/// The library to use: the one given, that of `ORT_DYLIB_PATH`, or that of the Python
/// environment at hand.
pub(super) fn find(given: Option<&Path>) -> Result<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(path) = given {
        return named(path, "");
    }
    if let Some(path) = variable("ORT_DYLIB_PATH") {
        return named(Path::new(&path), ", which ORT_DYLIB_PATH says");
    }
    let active = variable("VIRTUAL_ENV").map(PathBuf::from);
    let path = variable("PATH").unwrap_or_default();
    (active.into_iter().chain(environments(&path)))
        .find_map(|folder| within(&folder))
        .ok_or_else(|| failed(format!("not found: {ADVICE}")))
}

fn named(path: &Path, why: &str) -> Result<PathBuf> {
    let found = if path.is_dir() {
        within(path)
    } else {
        path.exists().then(|| path.to_path_buf())
    };
    found.ok_or_else(|| {
        let path = path.display();
        failed(format!("there is none at {path}{why}: {ADVICE}"))
    })
}

/// The folders that the Python interpreters on `path` belong to. Python itself is not
/// run: looking for a library should start nothing.
fn environments(path: &OsStr) -> impl Iterator<Item = PathBuf> {
    let interpreters = std::env::split_paths(path).flat_map(|folder| {
        let names = ["python3", "python", "python.exe"];
        names.map(|name| folder.join(name))
    });
    // A virtual environment has links to the interpreter that it was made with.
    let places = interpreters.filter(|file| file.is_file()).flat_map(|file| {
        let target = file.canonicalize().ok();
        [Some(file), target]
    });
    let above = |file: PathBuf| {
        let folder = file.parent()?;
        let above = folder.file_name().is_some_and(|name| name == "bin");
        Some(if above { folder.parent()? } else { folder }.to_path_buf())
    };
    places.flatten().filter_map(above)
}

/// The library in a folder that holds it, in one of an ONNX Runtime release, or in one
/// of a Python environment.
fn within(folder: &Path) -> Option<PathBuf> {
    let capi = |packages: &Path| packages.join("onnxruntime").join("capi");
    let mut places = vec![folder.to_path_buf(), folder.join("lib"), capi(folder)];
    places.push(capi(&folder.join("Lib").join("site-packages")));
    for lib in ["lib", "lib64", "local/lib"] {
        for python in entries(&folder.join(lib)) {
            if name(&python).starts_with("python") {
                places.push(capi(&python.join("site-packages")));
                places.push(capi(&python.join("dist-packages")));
            }
        }
    }
    places.iter().find_map(|place| {
        let mut files = entries(place);
        files.retain(|file| is_library(name(file)));
        // The plain name, if there is one, is what its owner wants to be used.
        files.into_iter().min()
    })
}

/// What is in a folder, in order; nothing if it cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(OsStr::to_str).unwrap_or("")
}

/// `libonnxruntime.so.1.23.2` and the like, not the libraries of its providers.
fn is_library(name: &str) -> bool {
    name.strip_prefix(DLL_PREFIX)
        .and_then(|name| name.strip_prefix("onnxruntime"))
        .is_some_and(|rest| rest.starts_with('.') && rest.contains(DLL_SUFFIX))
}

/// The version of the library in that file, if it is new enough.
#[expect(unsafe_code, reason = "only the library itself knows its version")]
pub(super) fn version(path: &Path) -> Result<String> {
    let refuse = |what: String| {
        let path = path.display();
        failed(format!(
            "{path} is not its library, or not for this machine: {what}"
        ))
    };
    // SAFETY: loading runs what the library does when loaded; it was named by the user
    // or installed under the name of ONNX Runtime.
    let library = unsafe { libloading::Library::new(path) }.map_err(|e| refuse(chain(&e)))?;
    // SAFETY: the type is the one of onnxruntime_c_api.h, in all versions.
    let base = unsafe {
        library.get::<unsafe extern "C" fn() -> *const ::ort::sys::OrtApiBase>(b"OrtGetApiBase")
    };
    let base = base.map_err(|e| refuse(chain(&e)))?;
    // SAFETY: it takes nothing and gives null or a structure that lives as long as the
    // library, whose function takes nothing and gives a text that does so too.
    let version = unsafe {
        base().as_ref().map(|base| {
            let text = (base.GetVersionString)();
            CStr::from_ptr(text).to_string_lossy().into_owned()
        })
    };
    let version = version.ok_or_else(|| refuse("it has no interface".into()))?;
    check(&version, path)?;
    Ok(version)
}

fn check(version: &str, path: &Path) -> Result<()> {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    let (major, minor) = (parts.next().flatten(), parts.next().flatten());
    if major == Some(1) && minor.is_some_and(|minor| minor >= OLDEST_MINOR) {
        return Ok(());
    }
    let path = path.display();
    Err(failed(format!(
        "{path} has version {version}, and 1.{OLDEST_MINOR} or a later 1.x is needed: \
         `pip install --upgrade onnxruntime`"
    )))
}

fn chain(error: &dyn std::error::Error) -> String {
    let source = error.source().map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_name() -> String {
        format!("{DLL_PREFIX}onnxruntime{DLL_SUFFIX}")
    }

    /// An environment with a file in the place of the library.
    fn environment(at: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join(at);
        std::fs::create_dir_all(&place).unwrap();
        let file = place.join(file_name());
        std::fs::write(&file, "text").unwrap();
        (folder, file)
    }

    #[test]
    fn names_are_told_apart() {
        assert!(is_library(&file_name()));
        if cfg!(target_os = "linux") {
            assert!(is_library("libonnxruntime.so.1.23.2"));
        }
        for other in [
            "libonnxruntime_providers_shared.so",
            "onnxruntime",
            "libonnxruntime.txt",
            "libonnxruntime",
        ] {
            assert!(!is_library(other), "{other}");
        }
    }

    #[test]
    fn folders_of_all_kinds_are_searched() {
        for at in [
            ".",
            "lib",
            "onnxruntime/capi",
            "lib/python3.12/site-packages/onnxruntime/capi",
            "lib64/python3.9/site-packages/onnxruntime/capi",
            "local/lib/python3.11/dist-packages/onnxruntime/capi",
            "Lib/site-packages/onnxruntime/capi",
        ] {
            let (folder, file) = environment(at);
            let found = find(Some(folder.path())).unwrap();
            assert_eq!(found.canonicalize().unwrap(), file.canonicalize().unwrap());
        }
    }

    #[test]
    fn the_environment_of_an_interpreter_is_found() {
        let (folder, file) = environment("lib/python3.12/site-packages/onnxruntime/capi");
        let bin = folder.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        std::fs::write(bin.join("python3"), "").unwrap();
        let found: Vec<PathBuf> = environments(bin.as_os_str()).collect();
        assert_eq!(within(&found[0]).unwrap(), file);
    }

    #[test]
    fn what_is_not_there_is_named_with_a_way_out() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().to_path_buf(), folder.path().join("nothing")] {
            let said = find(Some(&path)).unwrap_err().to_string();
            assert!(said.contains(path.to_str().unwrap()), "{said}");
            assert!(said.contains("pip install"), "{said}");
        }
    }

    #[test]
    fn a_text_is_no_library() {
        let (_folder, file) = environment(".");
        let said = version(&file).unwrap_err().to_string();
        assert!(said.contains("is not its library"), "{said}");
        assert!(said.contains(file.to_str().unwrap()), "{said}");
    }

    #[test]
    fn old_versions_are_refused() {
        let path = Path::new("here");
        for good in ["1.17.0", "1.23.2", "1.31.1-dev"] {
            check(good, path).unwrap();
        }
        for bad in ["1.16.3", "0.9", "2.0.0", "", "one.two"] {
            let said = check(bad, path).unwrap_err().to_string();
            assert!(said.contains("1.17 or a later"), "{said}");
        }
    }
}
