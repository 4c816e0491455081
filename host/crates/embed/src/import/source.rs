//! Where a model comes from: a folder or a wheel, both as a list of files that can be read or copied within
//! bounds. Knows no model. A name inside a source is only ever a key to find an entry by, never a place to
//! write to.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use crate::settings::plain_name;
use crate::{Error, limits};

/// A folder or wheel with the files in it.
pub(super) struct Source {
    path: PathBuf,
    names: Vec<String>,
    inside: Inside,
}

enum Inside {
    Folder,
    Wheel(ZipArchive<BufReader<File>>),
}

impl Source {
    /// Lists the files of a folder or wheel.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let about = fs::metadata(path).map_err(Error::read(path))?;
        if about.is_dir() {
            let mut names = Vec::new();
            list(path, "", limits::SOURCE_DEPTH_MAX, &mut names)?;
            return Ok(Self { path: path.to_owned(), names, inside: Inside::Folder });
        }
        if about.len() > limits::IMPORT_BYTES_MAX {
            return Err(Error::TooLarge { file: path.to_owned(), limit_bytes: limits::IMPORT_BYTES_MAX });
        }
        let file = File::open(path).map_err(Error::read(path))?;
        let wheel = ZipArchive::new(BufReader::new(file))
            .map_err(|error| no_source(path, format!("it is neither a folder nor a wheel ({error})")))?;
        if wheel.len() > limits::SOURCE_FILES_MAX {
            return Err(too_many(path));
        }
        let names: Vec<String> = wheel
            .file_names()
            .map(|name| name.map(std::borrow::Cow::into_owned))
            .collect::<Result<_, _>>()
            .map_err(|error| no_source(path, format!("a file's name in it cannot be read ({error})")))?;
        if let Some(name) = names.iter().find(|name| leaves(name)) {
            return Err(no_source(path, format!("it names a file outside itself ({name:?})")));
        }
        let names = names.into_iter().filter(|name| !name.ends_with('/')).collect();
        Ok(Self { path: path.to_owned(), names, inside: Inside::Wheel(wheel) })
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Paths of all files inside, with `/` between the parts.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// A name for the model: the folder's, or the distribution's, which stands before the first `-` of a wheel.
    pub(super) fn name(&self) -> String {
        let absolute = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        let last = absolute.file_name().unwrap_or_default().to_string_lossy();
        match self.inside {
            Inside::Folder => plain_name(&last),
            Inside::Wheel(_) => {
                plain_name(last.trim_end_matches(".whl").split('-').next().unwrap_or_default())
            }
        }
    }

    /// A whole small file.
    pub(super) fn read(&mut self, name: &str, bytes_max: u64) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.pass(name, bytes_max, &mut bytes)?;
        Ok(bytes)
    }

    /// Copies a file to a new one and says how large it was.
    pub(super) fn copy(&mut self, name: &str, to: &Path, bytes_max: u64) -> Result<u64, Error> {
        let mut file = File::create_new(to).map_err(Error::write(to))?;
        let bytes = self.pass(name, bytes_max, &mut file)?;
        file.sync_all().map_err(Error::write(to))?;
        Ok(bytes)
    }

    /// What counts is how much really comes out, not what the wheel's directory says.
    fn pass(&mut self, name: &str, bytes_max: u64, to: &mut dyn std::io::Write) -> Result<u64, Error> {
        let file = self.path.join(name);
        let limit = bytes_max.saturating_add(1);
        let bytes = match &mut self.inside {
            Inside::Folder => {
                let opened = File::open(&file).map_err(Error::read(&file))?;
                std::io::copy(&mut opened.take(limit), to)
            }
            Inside::Wheel(wheel) => {
                let entry = wheel
                    .by_name(name)
                    .map_err(|error| no_source(&self.path, format!("{name} cannot be unpacked ({error})")))?;
                std::io::copy(&mut entry.take(limit), to)
            }
        };
        let bytes = bytes.map_err(Error::read(&file))?;
        if bytes > bytes_max {
            return Err(Error::TooLarge { file, limit_bytes: bytes_max });
        }
        Ok(bytes)
    }
}

fn list(root: &Path, below: &str, depth: usize, names: &mut Vec<String>) -> Result<(), Error> {
    let folder = root.join(below);
    for entry in fs::read_dir(&folder).map_err(Error::read(&folder))? {
        let entry = entry.map_err(Error::read(&folder))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let name = if below.is_empty() { name } else { format!("{below}/{name}") };
        // Links to files are followed (model caches are full of them), links to folders are not.
        let kind = entry.file_type().map_err(Error::read(&folder))?;
        if kind.is_dir() && depth > 0 {
            list(root, &name, depth - 1, names)?;
        } else if entry.path().is_file() {
            names.push(name);
        }
        if names.len() > limits::SOURCE_FILES_MAX {
            return Err(too_many(root));
        }
    }
    Ok(())
}

fn leaves(name: &str) -> bool {
    name.starts_with('/')
        || name.contains('\\')
        || name.contains(':')
        || name.split('/').any(|part| part == "..")
}

fn too_many(path: &Path) -> Error {
    no_source(path, format!("it holds more than {} files", limits::SOURCE_FILES_MAX))
}

fn no_source(path: &Path, why: String) -> Error {
    Error::NoModel {
        source_path: path.to_owned(),
        why,
        next: "give the folder or the wheel that holds the model",
    }
}
