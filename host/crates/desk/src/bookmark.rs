//! How far an entrance was read: a word of the entrance's own, kept for its next start. Does not know what it
//! means.

use store::{Commit, Fact};

use crate::{Desk, DeskError};

fn key(entrance: &str) -> String {
    format!("bookmark.{entrance}")
}

impl Desk {
    /// The word that was left last.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn bookmark(&self, entrance: &str) -> Result<Option<String>, DeskError> {
        Ok(self.0.store.setting(&key(entrance)).await?)
    }

    /// Leaves a word in place of the one before.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn set_bookmark(&self, entrance: &str, word: &str) -> Result<(), DeskError> {
        let facts = vec![Fact::PutSetting { key: key(entrance), value: word.to_owned() }];
        Ok(self.0.store.commit(Commit { facts }).await?)
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::Fixture;

    #[tokio::test]
    async fn each_entrance_finds_the_word_it_left_last() {
        let f = Fixture::new().await;
        assert_eq!(f.desk.bookmark("a").await.unwrap(), None);
        for (entrance, word) in [("a", "1"), ("b", "2"), ("a", "3")] {
            f.desk.set_bookmark(entrance, word).await.unwrap();
        }
        assert_eq!(f.desk.bookmark("a").await.unwrap().as_deref(), Some("3"));
        assert_eq!(f.desk.bookmark("b").await.unwrap().as_deref(), Some("2"));
    }
}
