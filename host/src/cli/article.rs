//! `kulanz article`: the knowledge base from files and to lines.

mod export;
mod reading;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use desk::{Desk, NewArticle};

use self::reading::Rows;
use super::{Ground, instead, lines, operator, screen};

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
            Self::Import { .. } => instead::PUT_ARTICLE,
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

/// What came of an import.
#[derive(Debug, Default)]
pub(super) struct Imported {
    /// Articles written.
    pub(super) written: u64,
    /// Those that could not be, each with its place and why.
    pub(super) refused: Vec<String>,
}

/// Writes the articles of a file or folder. One that cannot be read or is refused is told with its place and does not
/// stop the others.
pub(super) async fn import(desk: &Desk, file: &Path) -> anyhow::Result<Imported> {
    let rows = rows(file)?;
    let mut out = Imported::default();
    let mut places: BTreeMap<(String, String), String> = BTreeMap::new();
    for (place, article) in rows {
        let done = match article {
            Ok(article) => match places.entry((article.key.clone(), article.locale.clone())) {
                Entry::Occupied(first) => Err(format!(
                    "its key {} is that of {}; give it a key of its own",
                    article.key,
                    first.get()
                )),
                Entry::Vacant(free) => {
                    free.insert(place.clone());
                    desk.put_article(article, operator()).await.map(drop).map_err(|error| error.to_string())
                }
            },
            Err(why) => Err(why),
        };
        match done {
            Ok(()) => out.written += 1,
            Err(why) => out.refused.push(format!("{place}: {why}")),
        }
    }
    Ok(out)
}

fn rows(file: &Path) -> anyhow::Result<Rows> {
    if file.is_dir() {
        return from_folder(file);
    }
    if let Some(read) = reader(file) {
        let text = text_of(file)?;
        return read(&text).map_err(|why| anyhow::anyhow!("{}: {why}", file.display()));
    }
    lines::open(file)?
        .map(|line| {
            let (number, article) = lines::parsed::<NewArticle>(file, line)?;
            Ok((lines::place(file, number), Ok(article)))
        })
        .collect()
}

/// A file's text: UTF-8, else what spreadsheets on Windows write.
fn text_of(file: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| encoding_rs::WINDOWS_1252.decode(error.as_bytes()).0.into_owned()))
}

/// Makes articles of a whole file.
type Reading = fn(&str) -> Result<Rows, String>;

/// What reads a whole file of this name; none: it is JSON Lines.
fn reader(file: &Path) -> Option<Reading> {
    let ending = file.extension()?.to_string_lossy().to_ascii_lowercase();
    match ending.as_str() {
        "csv" => Some(reading::csv),
        "json" => Some(export::json),
        _ => None,
    }
}

/// The Markdown files of a folder and those in it, by name.
fn from_folder(folder: &Path) -> anyhow::Result<Rows> {
    let mut paths = Vec::new();
    gather(folder, &mut paths)?;
    paths.sort();
    if paths.is_empty() {
        anyhow::bail!("{} has no file that ends in .md", folder.display());
    }
    let read = |path: PathBuf| {
        let text = text_of(&path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok((path.display().to_string(), reading::markdown(&name, &text)))
    };
    paths.into_iter().map(read).collect()
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
