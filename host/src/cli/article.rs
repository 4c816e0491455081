//! `kulanz article`: the knowledge base from and to lines.

use std::path::PathBuf;

use clap::Subcommand;
use desk::{Desk, NewArticle};

use super::{Ground, instead, lines, operator, screen};

#[derive(Debug, Subcommand)]
pub(super) enum ArticleCommand {
    /// Write articles from JSON Lines {key, locale, title, body, state?}; the same key and locale again replaces
    Import {
        /// File, or - for stdin
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

/// Writes every article of a file; stops at the first that is refused, with its line.
pub(super) async fn import(desk: &Desk, file: &std::path::Path) -> anyhow::Result<u64> {
    let mut written = 0;
    for line in lines::open(file)? {
        let (number, article) = lines::parsed::<NewArticle>(file, line)?;
        let put = desk.put_article(article, operator()).await;
        put.map_err(|error| anyhow::Error::new(error).context(lines::place(file, number)))?;
        written += 1;
    }
    Ok(written)
}
