//! Other ways in which customers asked what an article answers: learnt from those who said that it helped and from
//! agents who sent it. Bounded, so that nobody sways the search by asking often.

use crate::Timestamp;
use crate::id::{ArticleId, ContactId, TicketId};

/// A question that an article was confirmed to answer; redacted like the message it comes from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Alternate {
    /// Which article.
    pub article_id: ArticleId,
    /// The ticket on which it was asked: one question each.
    pub ticket_id: TicketId,
    /// Who asked.
    pub contact_id: ContactId,
    /// The question.
    pub text: String,
    /// When it was confirmed.
    pub at: Timestamp,
}

/// Alternates kept per article; the oldest goes for a new one.
pub const PER_ARTICLE_MAX: usize = 50;
/// Of one customer, per article: a third one says nothing new about how others ask.
pub const PER_CONTACT_MAX: usize = 2;
/// Characters of a question that are kept.
pub const TEXT_CHARS_MAX: usize = 600;

/// A message as a question: its subject and its beginning, on one line.
#[must_use]
pub fn question(subject: &str, text: &str) -> String {
    let words: Vec<&str> = subject.split_whitespace().chain(text.split_whitespace()).collect();
    words.join(" ").chars().take(TEXT_CHARS_MAX).collect()
}

/// Whether a new alternate is taken among those of its article, and which ticket's gives way to it.
///
/// `None`: it says nothing new, or its customer has said enough.
#[must_use]
pub fn admit(known: &[Alternate], new: &Alternate) -> Option<Vec<TicketId>> {
    let others = || known.iter().filter(|k| k.ticket_id != new.ticket_id);
    let says_nothing = new.text.trim().is_empty() || others().any(|k| k.text == new.text);
    let of_contact = others().filter(|k| k.contact_id == new.contact_id).count();
    if says_nothing || of_contact >= PER_CONTACT_MAX {
        return None;
    }
    let mut by_age: Vec<&Alternate> = others().collect();
    by_age.sort_by_key(|k| (k.at, k.ticket_id));
    let too_many = (by_age.len() + 1).saturating_sub(PER_ARTICLE_MAX);
    Some(by_age.iter().take(too_many).map(|k| k.ticket_id).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CountingIds;

    fn asked(ids: &CountingIds, contact_id: ContactId, text: &str, at: i64) -> Alternate {
        let now = Timestamp(at);
        let (article_id, ticket_id) = (ArticleId::mint(ids, now), TicketId::mint(ids, now));
        Alternate { article_id, ticket_id, contact_id, text: text.to_owned(), at: now }
    }

    #[test]
    fn one_customer_adds_two_questions_and_no_third() {
        let ids = CountingIds::default();
        let (ana, ben) = (ContactId::mint(&ids, Timestamp(0)), ContactId::mint(&ids, Timestamp(0)));
        let known = [asked(&ids, ana, "one", 1), asked(&ids, ana, "two", 2)];
        assert_eq!(admit(&known, &asked(&ids, ana, "three", 3)), None);
        assert_eq!(admit(&known, &asked(&ids, ben, "three", 3)), Some(Vec::new()));
        assert_eq!(admit(&known, &asked(&ids, ben, "two", 3)), None, "the same words say nothing new");
        assert_eq!(admit(&[], &asked(&ids, ben, "  ", 3)), None);
    }

    #[test]
    fn the_oldest_question_gives_way_when_there_are_too_many() {
        let ids = CountingIds::default();
        let contact = || ContactId::mint(&ids, Timestamp(0));
        let mut known: Vec<Alternate> = (0..PER_ARTICLE_MAX)
            .map(|n| asked(&ids, contact(), &format!("question {n}"), 100 - i64::try_from(n).unwrap_or(0)))
            .collect();
        let oldest = known.iter().min_by_key(|k| k.at).map(|k| k.ticket_id);
        let new = asked(&ids, contact(), "new", 200);
        assert_eq!(admit(&known, &new), Some(oldest.into_iter().collect()));
        known.truncate(3);
        assert_eq!(admit(&known, &new), Some(Vec::new()));
    }

    #[test]
    fn a_question_is_one_line_of_bounded_length() {
        assert_eq!(question("Refund", "When do\n\nI get it?"), "Refund When do I get it?");
        assert_eq!(question("", &"ä ".repeat(1_000)).chars().count(), TEXT_CHARS_MAX);
    }
}
