//! `knowledge`: searching public articles. Ranking is the house's; here answers become handles.

use std::sync::Arc;

use domain::grant::Capability;
use wasmtime::component::Resource;

use crate::bindings::kulanz::plugin::knowledge;
use crate::bindings::kulanz::plugin::types::{Article, PluginError};
use crate::host::FoundArticle;
use crate::limits::ARTICLES_MAX;
use crate::state::State;

/// Most articles of one answer, as the contract says.
const HITS_MAX: u32 = 20;

impl State {
    async fn articles_for(
        &mut self,
        question: String,
        language: Option<String>,
        limit: u32,
    ) -> Result<Vec<Resource<Article>>, PluginError> {
        self.may_use(Capability::Knowledge)?;
        let limit = limit.clamp(1, HITS_MAX);
        let host = Arc::clone(&self.host);
        let live = async { host.search_articles(&question, language.as_deref(), limit).await };
        let mut found: Vec<FoundArticle> =
            self.tape.ask("knowledge.search", &(&question, &language, limit), live).await?;
        found.truncate(limit as usize);
        if self.articles.len() + found.len() > ARTICLES_MAX {
            return Err(PluginError::Denied(format!(
                "articles_max: a run may look at {ARTICLES_MAX} articles"
            )));
        }
        let first = self.articles.len();
        let handles = (first..first + found.len())
            .map(|place| Resource::new_own(u32::try_from(place).unwrap_or(u32::MAX)))
            .collect();
        self.articles.extend(found);
        Ok(handles)
    }
}

impl knowledge::Host for State {
    async fn search(
        &mut self,
        question: String,
        language: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<Resource<Article>>, PluginError>> {
        self.meter.call()?;
        Ok(self.articles_for(question, language, limit).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::kulanz::plugin::types::HostArticle as _;
    use crate::call::Call;
    use crate::tests::fixture::{self, Shelf};

    #[tokio::test]
    async fn found_articles_are_read_through_their_handles() {
        let mut state = State::new(Call { host: Arc::new(Shelf::default()), ..fixture::call() });
        let first = state.articles_for("refund".into(), None, 99).await.unwrap();
        let second = state.articles_for("refund".into(), None, 99).await.unwrap();
        let title = state.title(Resource::new_own(second.first().unwrap().rep())).unwrap();
        assert_eq!(title, "How to get a refund");
        let signals = state.signals(Resource::new_own(second.first().unwrap().rep())).unwrap();
        assert_eq!(signals, [("lead".to_owned(), 0.5)]);
        assert_ne!(first.first().unwrap().rep(), second.first().unwrap().rep());
    }
}
