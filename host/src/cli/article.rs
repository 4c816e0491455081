//! `kulanz article`: the knowledge base from files and to lines. What the files hold is read by the desk.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use desk::{Desk, Imported, Rows};

use super::{Ground, instead, operator, screen};

#[derive(Debug, Subcommand)]
pub(super) enum ArticleCommand {
    /// Write articles from JSON Lines {key, locale, title, body, state?, product?, valid_from?, valid_until?}, a CSV table, a JSON export (Zendesk, Zammad or a list) or a folder of Markdown files; the same key and locale again replaces
    Import {
        /// File (.csv, .json, or JSON Lines), folder, or - for JSON Lines on stdin
        file: PathBuf,
    },
    /// List articles
    List {
        /// One JSON object per line
        #[arg(long)]
        json: bool,
    },
}

impl ArticleCommand {
    const fn instead(&self) -> &'static str {
        match self {
            Self::Import { .. } => instead::IMPORT_ARTICLES,
            Self::List { .. } => instead::ARTICLES,
        }
    }

    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let house = ground.house(self.instead()).await?;
        let mut refused = 0;
        match self {
            Self::Import { file } => {
                let imported = import(&house.desk, &file).await?;
                screen::say(format_args!("{} written.", screen::count(imported.written, "article")));
                imported.refused.iter().for_each(|why| screen::say(format_args!("Not written: {why}")));
                refused = imported.refused.len();
            }
            Self::List { json } => {
                for article in house.desk.ask().articles(None, None).await? {
                    if json {
                        screen::json(&article)?;
                    } else {
                        screen::line(format_args!(
                            "{:<6} {:<9} {:<28} {}",
                            article.locale, article.state, article.key, article.title
                        ))?;
                    }
                }
            }
        }
        house.close().await;
        anyhow::ensure!(refused == 0, "{} could not be written", screen::count(refused as u64, "article"));
        Ok(())
    }
}

/// Writes the articles of a file or folder.
pub(super) async fn import(desk: &Desk, file: &Path) -> anyhow::Result<Imported> {
    Ok(desk.import_articles(rows(file)?, &operator()).await?)
}

fn rows(file: &Path) -> anyhow::Result<Rows> {
    if file.is_dir() {
        return from_folder(file);
    }
    let bytes = if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes)?;
        bytes
    } else {
        std::fs::read(file).with_context(|| file.display().to_string())?
    };
    Ok(desk::articles_in(&file.to_string_lossy(), bytes)?)
}

/// The Markdown files of a folder and those in it, by name.
fn from_folder(folder: &Path) -> anyhow::Result<Rows> {
    let mut paths = Vec::new();
    gather(folder, &mut paths)?;
    paths.sort();
    if paths.is_empty() {
        anyhow::bail!("{} has no file that ends in .md", folder.display());
    }
    let mut all = Rows::new();
    for path in paths {
        all.extend(rows(&path)?);
    }
    Ok(all)
}

fn gather(folder: &Path, paths: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            gather(&path, paths)?;
        } else if path.extension().is_some_and(|ending| ending == "md" || ending == "markdown") {
            paths.push(path);
        }
    }
    Ok(())
}
