//! Which language model is used: the one that the settings name, or the only one that is in place. Knows folders;
//! what a model is, `embed` knows.

use std::path::{Path, PathBuf};

use anyhow::Context;
use desk::Meaning;
use embed::Model;

use crate::config::Config;

/// Where models lie.
#[must_use]
pub fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("models")
}

/// Names of the models in place, in order.
///
/// # Errors
/// When the folder cannot be read.
pub fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| folder.display().to_string()),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.with_context(|| folder.display().to_string())?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().join("tokenizer.json").is_file() && !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Name of the model that is used; none where there is none.
///
/// # Errors
/// When the settings name one that is not there, or none of several.
pub fn chosen(config: &Config) -> anyhow::Result<Option<String>> {
    let mut there = names(&folder(&config.data_dir))?;
    let wanted = &config.embed.model;
    if !wanted.is_empty() {
        anyhow::ensure!(
            there.contains(wanted),
            "embed.model = \"{wanted}\": there is no such model in {}. Put it in place with `kulanz model add`, or leave the setting empty.",
            folder(&config.data_dir).display()
        );
        return Ok(Some(wanted.clone()));
    }
    anyhow::ensure!(
        there.len() <= 1,
        "several models are in place ({}): name one with embed.model",
        there.join(", ")
    );
    Ok(there.pop())
}

/// The model that is used, in memory; none where there is none.
///
/// # Errors
/// When it is not there or cannot be read.
pub fn open(config: &Config) -> anyhow::Result<Option<Model>> {
    let Some(name) = chosen(config)? else { return Ok(None) };
    let place = folder(&config.data_dir).join(&name);
    let model = Model::open(&place).with_context(|| format!("the model {name}"))?;
    tracing::info!(model = name, dimension = model.dimension(), "texts are compared by meaning as well");
    Ok(Some(model))
}

/// The same for a desk. Without a model everything works by words: one that is amiss stops nothing.
#[must_use]
pub fn meaning(config: &Config) -> Meaning {
    match open(config) {
        Ok(model) => model.map_or_else(Meaning::none, Meaning::of),
        Err(error) => {
            tracing::warn!(error = format!("{error:#}"), "no language model is used; words alone decide");
            Meaning::none()
        }
    }
}
