//! `kulanz article`: the knowledge base from files and to lines.

mod export;
mod reading;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use desk::{Desk, NewArticle};

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
        match self {
            Self::Import { file } => {
                let n = import(&house.desk, &file).await?;
                screen::say(format_args!("{} written.", screen::count(n, "article")));
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
        Ok(())
    }
}

/// Writes every article of a file or folder; stops at the first that is refused, with its place.
pub(super) async fn import(desk: &Desk, file: &Path) -> anyhow::Result<u64> {
    let mut written = 0;
    if file.is_dir() {
        for (path, article) in from_folder(file)? {
            put(desk, article).await.with_context(|| path.display().to_string())?;
            written += 1;
        }
    } else if let Some(read) = reader(file) {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        for article in read(&text).map_err(|why| anyhow::anyhow!("{}, {why}", file.display()))? {
            let key = article.key.clone();
            put(desk, article).await.with_context(|| format!("{}, article {key}", file.display()))?;
            written += 1;
        }
    } else {
        for line in lines::open(file)? {
            let (number, article) = lines::parsed::<NewArticle>(file, line)?;
            put(desk, article).await.with_context(|| lines::place(file, number))?;
            written += 1;
        }
    }
    Ok(written)
}

/// Makes articles of a whole file.
type Reading = fn(&str) -> Result<Vec<NewArticle>, String>;

/// What reads a whole file of this name; none: it is JSON Lines.
fn reader(file: &Path) -> Option<Reading> {
    let ending = file.extension()?.to_string_lossy().to_ascii_lowercase();
    match ending.as_str() {
        "csv" => Some(reading::csv),
        "json" => Some(export::json),
        _ => None,
    }
}

async fn put(desk: &Desk, article: NewArticle) -> anyhow::Result<()> {
    desk.put_article(article, operator()).await?;
    Ok(())
}

/// The Markdown files of a folder, by name.
fn from_folder(folder: &Path) -> anyhow::Result<Vec<(PathBuf, NewArticle)>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>()?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    paths.sort();
    if paths.is_empty() {
        anyhow::bail!("{} has no file that ends in .md", folder.display());
    }
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let article =
                reading::markdown(&name, &text).map_err(|why| anyhow::anyhow!("{} {why}", path.display()))?;
            Ok((path, article))
        })
        .collect()
}
