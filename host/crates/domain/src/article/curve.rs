//! What an answering plugin would have been worth on questions of the past: how many it would have answered at each
//! threshold, how often rightly, and which threshold keeps a promise. Pure: knows no plugin and no store.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Article;
use crate::message::{Direction, Message};
use crate::snapshot::TicketView;
use crate::{ActorKind, Refusal};

/// What the past tells of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// The customer said that this article helped.
    Helped(String),
    /// An agent sent this article, or its words.
    Sent(String),
    /// The customer said that what was sent did not help, and no agent sent another one.
    NotHelped,
    /// An agent answered with words that stand in no article.
    OwnWords,
    /// Nobody said anything about the answer, or there was none.
    Unknown,
}

/// Share of an article's runs of three words that stand in a reply which quotes it.
const QUOTED_SHARE: f32 = 0.5;
/// Runs that have to be there in any case: a few words in common are no quote.
const QUOTED_MIN: u16 = 8;
/// Runs of an article that are looked at: agents quote beginnings.
const QUOTED_RUNS: usize = 120;

/// What articles say, by runs of three words.
#[derive(Debug, Default)]
pub struct Quotes {
    /// Articles that have a run.
    by_run: HashMap<[String; 3], Vec<usize>>,
    /// Key of each article, and how many runs it has.
    articles: Vec<(String, u16)>,
}

impl Quotes {
    /// Of these articles.
    #[must_use]
    pub fn of(articles: &[Article]) -> Self {
        let mut out = Self::default();
        for (place, article) in articles.iter().enumerate() {
            let own: HashSet<[String; 3]> = runs(&article.body, QUOTED_RUNS).collect();
            out.articles.push((article.key.clone(), u16::try_from(own.len()).unwrap_or(u16::MAX)));
            for run in own {
                out.by_run.entry(run).or_default().push(place);
            }
        }
        out
    }

    /// The article whose words a text repeats: agents paste.
    #[must_use]
    pub fn quoted_in(&self, text: &str) -> Option<&str> {
        let mut there: BTreeMap<usize, u16> = BTreeMap::new();
        let said: HashSet<[String; 3]> = runs(text, usize::MAX).collect();
        for place in said.iter().filter_map(|run| self.by_run.get(run)).flatten() {
            *there.entry(*place).or_default() += 1;
        }
        let enough = |(place, n): (usize, u16)| {
            let (key, all) = self.articles.get(place)?;
            (n >= QUOTED_MIN && f32::from(n) >= QUOTED_SHARE * f32::from(*all)).then_some((n, key.as_str()))
        };
        // The longest quote; of equal ones the first article.
        there.into_iter().filter_map(enough).rev().max_by_key(|(n, _)| *n).map(|(_, key)| key)
    }
}

impl Truth {
    /// What a ticket tells of its first question: what came before the customer went on. What people did counts more
    /// than what nobody did; of several articles the first one that helped, else the first one that an agent sent.
    #[must_use]
    pub fn of(view: &TicketView, quotes: &Quotes) -> Self {
        let is_ours = |m: &Message| m.direction == Direction::Outbound && m.public;
        let ours = view.messages.iter().position(is_ours).unwrap_or(view.messages.len());
        let went_on = view.messages.iter().skip(ours).position(|m| m.direction == Direction::Inbound);
        let until = went_on.map_or(view.messages.len(), |more| ours + more);
        let sent = || view.messages.iter().take(until).filter(|m| is_ours(m));
        let by_agents = || sent().filter(|m| !m.automatic && m.author.kind == ActorKind::Agent);
        let of_message =
            |m: &Message| m.article.clone().or_else(|| quotes.quoted_in(&m.text).map(ToOwned::to_owned));
        if let Some(key) = sent().find(|m| m.helped == Some(true)).and_then(|m| m.article.clone()) {
            return Self::Helped(key);
        }
        if let Some(key) = by_agents().find_map(of_message) {
            return Self::Sent(key);
        }
        if sent().any(|m| m.helped == Some(false)) {
            return Self::NotHelped;
        }
        if by_agents().next().is_some() { Self::OwnWords } else { Self::Unknown }
    }

    /// The article that was right.
    #[must_use]
    pub fn article(&self) -> Option<&str> {
        match self {
            Self::Helped(key) | Self::Sent(key) => Some(key),
            Self::NotHelped | Self::OwnWords | Self::Unknown => None,
        }
    }
}

/// Whether a text repeats at least half of another one, by its runs of three words; shorter texts have to be the same.
#[must_use]
pub fn repeats(text: &str, other: &str) -> bool {
    let of_other: HashSet<[String; 3]> = runs(other, usize::MAX).collect();
    if of_other.is_empty() {
        return text.trim() == other.trim();
    }
    let said: HashSet<[String; 3]> = runs(text, usize::MAX).collect();
    2 * said.intersection(&of_other).count() >= of_other.len()
}

fn runs(text: &str, most: usize) -> impl Iterator<Item = [String; 3]> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(most.saturating_add(2))
        .map(str::to_lowercase)
        .collect();
    let count = words.len().saturating_sub(2);
    (0..count).map(move |at| std::array::from_fn(|n| words.get(at + n).cloned().unwrap_or_default()))
}

/// One question of the past, asked again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// Whether some article answers it.
    pub answerable: bool,
    /// Whether the article that would have been sent is the right one.
    pub right: bool,
    /// How sure the plugin was of it; 0 where it would send none at any threshold.
    pub confidence: f64,
}

/// What one threshold would have done.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Point {
    /// What is as sure as this is sent.
    pub threshold: f64,
    /// Questions answered.
    pub sent: usize,
    /// Those of them that got the right article.
    pub right: usize,
    /// `right` of `sent`; 1 where nothing is sent.
    pub precision: f64,
    /// What the precision can be trusted to be at least, with four chances in five: few answers prove little.
    pub floor: f64,
    /// `right` of all questions that an article answers.
    pub answered: f64,
}

/// One-sided 80 % of a normal distribution.
const CHANCE_Z: f64 = 0.841_621;
/// Thresholds tried, in hundredths.
const STEPS: std::ops::RangeInclusive<u8> = 30..=99;

/// What a threshold would have done.
#[must_use]
pub fn at(judged: &[Judged], threshold: f64) -> Point {
    let sent: Vec<&Judged> =
        judged.iter().filter(|j| j.confidence > 0.0 && j.confidence >= threshold).collect();
    let right = sent.iter().filter(|j| j.right).count();
    let answerable = judged.iter().filter(|j| j.answerable).count();
    let precision = if sent.is_empty() { 1.0 } else { count(right) / count(sent.len()) };
    let answered = if answerable == 0 { 0.0 } else { count(right) / count(answerable) };
    Point { threshold, sent: sent.len(), right, precision, floor: floor(right, sent.len()), answered }
}

/// The whole curve, lowest threshold first.
#[must_use]
pub fn curve(judged: &[Judged]) -> Vec<Point> {
    STEPS.map(|hundredths| at(judged, f64::from(hundredths) / 100.0)).collect()
}

/// The lowest threshold whose precision can be trusted to keep the promise.
#[must_use]
pub fn keeps(points: &[Point], promise: f64) -> Option<Point> {
    points.iter().find(|point| point.sent > 0 && point.floor >= promise).copied()
}

/// A promise of a precision: a share above a half, below one.
///
/// # Errors
/// When it is none.
pub fn promise(share: f64) -> Result<f64, Refusal> {
    if (0.5..1.0).contains(&share) {
        return Ok(share);
    }
    Err(Refusal::new("bad_promise", "A promise is a share of right answers from 0.5 to 0.999, such as 0.95.")
        .at("promise"))
}

/// Lower end of the Wilson score interval (Wilson 1927), one-sided.
fn floor(right: usize, sent: usize) -> f64 {
    if sent == 0 {
        return 0.0;
    }
    let (n, share, z2) = (count(sent), count(right) / count(sent), CHANCE_Z * CHANCE_Z);
    let spread = (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    (share + z2 / (2.0 * n) - CHANCE_Z * spread) / (1.0 + z2 / n)
}

#[expect(clippy::cast_precision_loss, reason = "numbers of questions stay far below 2^52")]
const fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(right: bool, confidence: f64) -> Judged {
        Judged { answerable: true, right, confidence }
    }

    fn article(key: &str, body: &str) -> Article {
        Article {
            id: crate::id::ArticleId::mint(&crate::id::CountingIds::default(), crate::Timestamp(0)),
            key: key.to_owned(),
            locale: "en".to_owned(),
            state: super::super::ArticleState::Public,
            title: key.to_owned(),
            body: body.to_owned(),
            product: None,
            valid_from: None,
            valid_until: None,
            updated_at: crate::Timestamp(0),
        }
    }

    #[test]
    fn a_text_repeats_another_one_where_half_of_its_words_are_still_there_in_order() {
        let draft = "Hello, click on “Forgot password” and follow the link in our mail.";
        assert!(repeats(&format!("Dear Ana,\n\n{draft}\n\nInes"), draft));
        assert!(!repeats("Click on the link that we sent by mail.", draft));
        assert!(repeats("Yes.", "Yes.") && !repeats("No.", "Yes."));
    }

    #[test]
    fn an_agent_who_pastes_an_article_quotes_it_and_one_who_says_three_words_of_it_does_not() {
        let quotes = Quotes::of(&[
            article("short", "Open the settings."),
            article("undo", "Right after sending, a bar at the bottom offers Undo for up to thirty seconds."),
        ]);
        let pasted =
            "Hi Ana! Open the settings. Right after sending a bar at the bottom offers undo for up to 30 s.";
        assert_eq!(quotes.quoted_in(pasted), Some("undo"));
        assert_eq!(quotes.quoted_in("Please open the settings and write to us again."), None);
        assert_eq!(Quotes::of(&[]).quoted_in(pasted), None);
    }

    #[test]
    fn each_threshold_tells_what_it_would_have_sent() {
        let none = Judged { answerable: false, right: false, confidence: 0.62 };
        let judged = [asked(true, 0.9), asked(false, 0.85), asked(true, 0.4), none, asked(false, 0.0)];
        let point = at(&judged, 0.6);
        assert_eq!((point.sent, point.right), (3, 1));
        assert!((point.precision - 1.0 / 3.0).abs() < 1e-9 && (point.answered - 0.25).abs() < 1e-9);
        assert_eq!(at(&judged, 0.0).sent, 4, "what would never be sent counts at no threshold");
        assert_eq!(curve(&judged).len(), 70);
    }

    #[test]
    fn few_right_answers_prove_nothing_and_many_do() {
        let sure = |n: usize| curve(&vec![asked(true, 0.8); n]);
        assert_eq!(keeps(&sure(13), 0.95), None, "thirteen of thirteen may be luck");
        let chosen = keeps(&sure(14), 0.95).unwrap();
        assert!((chosen.threshold - 0.3).abs() < 1e-9 && chosen.floor >= 0.95);
        assert_eq!(keeps(&curve(&[]), 0.95), None);
    }

    #[test]
    fn the_lowest_threshold_that_keeps_the_promise_is_chosen() {
        let mut judged = vec![asked(true, 0.9); 60];
        judged.extend(vec![asked(false, 0.7); 5]);
        judged.extend(vec![asked(true, 0.6); 20]);
        let chosen = keeps(&curve(&judged), 0.95).unwrap();
        assert!((chosen.threshold - 0.71).abs() < 1e-9, "{chosen:?}");
        assert!(keeps(&curve(&judged), 0.9).unwrap().threshold < 0.61);
    }

    #[test]
    fn a_promise_that_is_none_is_refused_with_its_field() {
        assert!(promise(0.95).is_ok());
        for wrong in [0.0, 0.4, 1.0, 95.0, f64::NAN] {
            assert_eq!(promise(wrong).unwrap_err().field.as_deref(), Some("promise"), "{wrong}");
        }
    }
}
