//! Lists by cursor: `{items, next}`. A cursor is the id of the last item seen, so a list stays right
//! while things are added.

use std::str::FromStr;

use desk::Page;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;

/// Items of a page unless asked otherwise.
const LIMIT_DEFAULT: u32 = 50;
/// Most items of a page.
pub(crate) const LIMIT_MAX: u32 = 200;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// The items.
    pub(crate) items: Vec<T>,
    /// Cursor of the next page; null on the last one.
    #[schema(required)]
    pub(crate) next: Option<String>,
}

impl<T> List<T> {
    /// A list that is always whole.
    pub(crate) fn whole<S: Into<T>>(items: Vec<S>) -> Self {
        Self { items: items.into_iter().map(Into::into).collect(), next: None }
    }
}

/// Where a page begins and how long it is.
#[derive(Debug)]
pub(crate) struct Paging {
    after: Option<String>,
    limit: u32,
}

impl Paging {
    /// Checks the query parameters `cursor` (text of a `C`) and `limit`.
    pub(crate) fn of<C: FromStr>(cursor: Option<String>, limit: Option<u32>) -> Result<Self, ApiError> {
        let limit = limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(ApiError::invalid(
                "limit",
                "bad_limit",
                format!("A page has 1 to {LIMIT_MAX} items."),
            ));
        }
        if cursor.as_ref().is_some_and(|c| c.parse::<C>().is_err()) {
            return Err(ApiError::invalid(
                "cursor",
                "bad_cursor",
                "Take the cursor from `next` of the page before.",
            ));
        }
        Ok(Self { after: cursor, limit })
    }

    /// What to ask the store: one more than shown, to know whether there is a next page.
    pub(crate) fn page(&self) -> Page {
        Page { after: self.after.clone(), limit: self.limit + 1 }
    }

    /// The cursor as the id it is.
    pub(crate) fn after<C: FromStr>(&self) -> Option<C> {
        self.after.as_deref().and_then(|c| c.parse().ok())
    }

    /// What was answered, cut to the page, with the cursor of the next one.
    pub(crate) fn cut<S, T: From<S>>(&self, mut found: Vec<S>, cursor: impl Fn(&S) -> String) -> List<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(cursor);
        List { items: found.into_iter().map(Into::into).collect(), next }
    }
}
