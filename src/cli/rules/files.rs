//! Rule files from disk, with all that they include.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use crate::api::policy::PolicyRequest;
use crate::api::problem::Problem;
use crate::cli::failure::unreadable;
use crate::policy::pack::Pack;

/// Reads a pack. Its files are called as the user called the main one: `rules/sales.dl` that includes `roles.dl` has
/// `rules/roles.dl`. A name that no file has may be that of a shipped pack.
///
/// # Errors
/// `unreadable-file` for a file that is there and can't be read, and for a main file that isn't there. What is wrong in
/// the texts is in the pack's diagnostics.
pub(super) fn read_pack(file: &Path) -> Result<Pack, Problem> {
    let name = file.display().to_string();
    let (pack, _) = read(&name, Path::new(""))?;
    Ok(pack)
}

/// Reads a policy as it is activated: the main file by its name alone, the others relative to it.
///
/// # Errors
/// As [`read_pack`]. What is wrong in the texts is the engine's to say.
pub(crate) fn read_files(file: &Path) -> Result<PolicyRequest, Problem> {
    let main = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    let (_, files) = read(&main, file.parent().unwrap_or(Path::new("")))?;
    Ok(PolicyRequest { main, files })
}

/// The pack of a main file, names relative to a directory, and the texts that came from files.
fn read(main: &str, directory: &Path) -> Result<(Pack, BTreeMap<String, String>), Problem> {
    let texts = RefCell::new(BTreeMap::new());
    let failure = RefCell::new(None);
    let pack = Pack::read(main, &|name| match std::fs::read_to_string(directory.join(name)) {
        Ok(text) => {
            texts.borrow_mut().insert(name.to_owned(), text.clone());
            Some(text)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => {
            failure.borrow_mut().get_or_insert_with(|| unreadable(&directory.join(name).display().to_string(), &error));
            None
        }
    });
    if let Some(problem) = failure.into_inner() {
        return Err(problem);
    }
    if pack.sources.is_empty() {
        return Err(unreadable(&directory.join(main).display().to_string(), &ErrorKind::NotFound.into()));
    }
    Ok((pack, texts.into_inner()))
}
