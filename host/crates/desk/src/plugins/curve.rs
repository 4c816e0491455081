//! The coverage curve: an answering plugin is asked the house's own past questions again, and what it would have sent is
//! held against what helped. Nothing is stored, applied or sent, and nothing that a ticket taught is known when its own
//! question is asked.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use domain::Refusal;
use domain::article::Alternate;
use domain::article::curve::{self, Judged, Point, Quotes, Truth};
use domain::effect::Effect;
use domain::id::{InstallationId, TicketId};
use domain::plugin::{Hook, Installation};
use domain::snapshot::{Snapshot, TicketView};
use runtime::{
    Call, EmbedModel, FoundArticle, Host, HostError, HttpRequest, HttpResponse, Input, RunReport, TicketQuery,
};
use serde_json::{Value, json};

use super::Installed;
use super::compare::{NothingLeaves, as_it_was};
use super::past::Walk;
use crate::knowledge::{Ground, Shelf};
use crate::plugin_host::{PluginHost, found_article};
use crate::rating::NOT_HELPED;
use crate::{Desk, DeskError, InstallationChange};

/// Most tickets of one curve.
const TICKETS_MAX: u32 = 2_000;
/// What was learnt is left out in so many parts: each question is asked while the part with its own ticket is away.
const PARTS: i64 = 4;
/// The setting below which an answering plugin sends no article.
const THRESHOLD: &str = "threshold";
/// The setting that makes one confirm receipt, which is no answer.
const ACKNOWLEDGE: &str = "acknowledge";

/// What an answering plugin would have been worth on past questions.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct AnswerCurve {
    /// Tickets looked at, newest first.
    pub tickets: u32,
    /// Questions of which the right article is known because the customer said that it helped.
    pub helped: u32,
    /// Because an agent sent it.
    pub sent: u32,
    /// Questions that what was sent did not help with.
    pub not_helped: u32,
    /// Questions that agents answered with words of their own: no article counts as right.
    pub own_words: u32,
    /// Calls that failed; they count as not answered.
    pub faults: u32,
    /// What is promised: the share of right answers.
    pub promise: f64,
    /// The threshold in force.
    pub in_force: f64,
    /// What it would have done.
    pub now: Option<Point>,
    /// The lowest threshold that keeps the promise; none: no threshold does.
    pub chosen: Option<Point>,
    /// All thresholds, lowest first.
    pub points: Vec<Point>,
}

impl AnswerCurve {
    /// Questions of which something is known.
    #[must_use]
    pub const fn questions(&self) -> u32 {
        self.helped + self.sent + self.not_helped + self.own_words
    }

    fn counts(&mut self, truth: &Truth) {
        let counter = match truth {
            Truth::Helped(_) => &mut self.helped,
            Truth::Sent(_) => &mut self.sent,
            Truth::NotHelped => &mut self.not_helped,
            Truth::OwnWords => &mut self.own_words,
            Truth::Unknown => return,
        };
        *counter += 1;
    }
}

/// A past question and what is known of it.
struct Past {
    view: TicketView,
    truth: Truth,
}

impl Desk {
    /// Asks an answering plugin the questions of the newest tickets again, with any confidence, and tells for each
    /// threshold how many it would have answered and how many rightly. `promise`: the share of right answers that the
    /// chosen threshold has to keep.
    ///
    /// # Errors
    /// When it has no answering hook or no setting `threshold`, cannot be loaded, or the promise is none.
    pub async fn answer_curve(
        &self,
        id: InstallationId,
        tickets: u32,
        promise: f64,
    ) -> Result<AnswerCurve, DeskError> {
        let promise = curve::promise(promise)?;
        let installation = self.installation(id).await?;
        let in_force = threshold_of(&installation)?;
        let asked = Box::pin(self.ready(asked_openly(installation))).await?;
        let meaning = &self.0.meaning;
        let ground = Ground { store: &self.0.store, meaning, now: self.now() };
        let shelf = self.0.knowledge.shelf(&ground).await?;
        let mut out = AnswerCurve { promise, in_force, ..AnswerCurve::default() };
        let past = self.past_questions(&asked, &shelf, tickets, &mut out).await?;
        let alternates = self.0.store.alternates(None).await?;
        let mut judged = Vec::with_capacity(past.len());
        for part in 0..PARTS {
            let here: Vec<&Past> = past.iter().filter(|p| part_of(p) == part).collect();
            if here.is_empty() {
                continue;
            }
            let known = without(&alternates, &here);
            let source = Arc::clone(&shelf);
            let building = tokio::task::spawn_blocking(move || source.asked_only(&known));
            let shelf = Arc::new(building.await.map_err(|_| DeskError::Busy("the index of articles"))?);
            for one in here {
                judged.extend(Box::pin(self.ask_again(&asked, one, &shelf, &mut out)).await?);
            }
        }
        out.now = Some(curve::at(&judged, in_force));
        out.points = curve::curve(&judged);
        out.chosen = curve::keeps(&out.points, promise);
        Ok(out)
    }

    /// Puts the threshold of a curve in force.
    ///
    /// # Errors
    /// When no threshold keeps the promise, or the settings cannot be written.
    pub async fn choose_threshold(
        &self,
        id: InstallationId,
        curve: &AnswerCurve,
        actor: domain::Actor,
    ) -> Result<Installation, DeskError> {
        let Some(chosen) = curve.chosen else {
            return Err(Refusal::new(
                "no_threshold",
                "No threshold keeps the promise on these questions: promise less, let it only suggest (mode suggest) until more answers were rated, or mend the articles.",
            )
            .into());
        };
        let mut settings = self.installation(id).await?.settings;
        if let Some(settings) = settings.as_object_mut() {
            settings.insert(THRESHOLD.to_owned(), json!(chosen.threshold));
        }
        let change = InstallationChange { settings: Some(settings), ..InstallationChange::default() };
        self.change_installation(id, change, actor).await
    }

    /// The newest tickets of which something is known.
    async fn past_questions(
        &self,
        asked: &Installed,
        shelf: &Shelf,
        tickets: u32,
        out: &mut AnswerCurve,
    ) -> Result<Vec<Past>, DeskError> {
        let quotes = Quotes::of(shelf.articles());
        let mut walk = Walk::over(asked.installation.inboxes.clone(), tickets.clamp(1, TICKETS_MAX));
        let mut past = Vec::new();
        loop {
            let found = walk.next(self).await?;
            if found.is_empty() {
                break;
            }
            for view in found {
                out.tickets += 1;
                let truth = Truth::of(&view, &quotes);
                out.counts(&truth);
                if truth != Truth::Unknown {
                    past.push(Past { view, truth });
                }
            }
        }
        Ok(past)
    }

    /// The first message of a ticket, as if it came in now; none where the plugin listens to nothing there.
    async fn ask_again(
        &self,
        asked: &Installed,
        past: &Past,
        shelf: &Arc<Shelf>,
        out: &mut AnswerCurve,
    ) -> Result<Option<Judged>, DeskError> {
        let events = self.0.store.events_of(past.view.ticket.id).await?;
        let Some(event) = events.into_iter().find(|e| crate::turn::listens(asked, Hook::Answering, e)) else {
            return Ok(None);
        };
        let mut view = as_it_was(&past.view, &event);
        view.ticket.tags.remove(NOT_HELPED);
        let inside = NothingLeaves(PluginHost::of(&self.0, &asked.installation, None));
        let host = Forgetful { inside, shelf: Arc::clone(shelf), desk: self.clone() };
        let now = event.time;
        let call = Call {
            input: Input::Ticket { hook: Hook::Answering, snapshot: Arc::new(Snapshot { event, view }) },
            grants: Arc::clone(&asked.grants),
            settings: Arc::clone(&asked.settings),
            limits: asked.installation.limits,
            seed: 0,
            now,
            host: Arc::new(host),
            replay: None,
        };
        let report = asked.plugin.run(call).await;
        out.faults += u32::from(report.outcome.is_err());
        Ok(Some(judged(&report, &past.truth, shelf)))
    }
}

/// What was learnt from the tickets of other parts.
fn without(alternates: &[Alternate], here: &[&Past]) -> Vec<Alternate> {
    let away: HashSet<TicketId> = here.iter().map(|p| p.view.ticket.id).collect();
    alternates.iter().filter(|a| !away.contains(&a.ticket_id)).cloned().collect()
}

const fn part_of(past: &Past) -> i64 {
    past.view.ticket.number.rem_euclid(PARTS)
}

fn threshold_of(installation: &Installation) -> Result<f64, Refusal> {
    let manifest = &installation.manifest;
    let declared = manifest.settings.pointer(&format!("/properties/{THRESHOLD}")).is_some();
    if manifest.hook(Hook::Answering).is_none() || !declared {
        return Err(Refusal::new(
            "no_curve",
            format!(
                "{} has no curve: that takes a hook `answering` and a setting `{THRESHOLD}`, below which no article is sent.",
                manifest.id
            ),
        ));
    }
    let default = manifest.default_settings().get(THRESHOLD).and_then(Value::as_f64);
    Ok(installation.settings.get(THRESHOLD).and_then(Value::as_f64).or(default).unwrap_or(0.0))
}

/// The installation as it sends whatever it finds: so it says how sure it is of each.
fn asked_openly(mut installation: Installation) -> Installation {
    let declares =
        |key: &str| installation.manifest.settings.pointer(&format!("/properties/{key}")).is_some();
    let acknowledges = declares(ACKNOWLEDGE);
    if let Some(settings) = installation.settings.as_object_mut() {
        settings.insert(THRESHOLD.to_owned(), json!(0.0));
        if acknowledges {
            settings.insert(ACKNOWLEDGE.to_owned(), json!(false));
        }
    }
    installation.canary = None;
    installation
}

fn judged(report: &RunReport, truth: &Truth, shelf: &Shelf) -> Judged {
    // An article that is gone cannot be sent: nothing answers such a question today.
    let wanted = truth.article().filter(|key| shelf.articles().iter().any(|a| a.key == **key));
    let reply = report.proposals.iter().find_map(|proposal| match &proposal.effect {
        Effect::Reply { article: Some(key), .. } => Some((key.as_str(), proposal.basis.confidence)),
        _ => None,
    });
    Judged {
        answerable: wanted.is_some(),
        right: wanted.is_some() && reply.map(|(key, _)| key) == wanted,
        confidence: reply.map_or(0.0, |(_, confidence)| f64::from(confidence)),
    }
}

/// The desk of a day on which the plugin has kept nothing yet and the articles are those of one shelf.
struct Forgetful {
    inside: NothingLeaves,
    shelf: Arc<Shelf>,
    desk: Desk,
}

#[async_trait]
impl Host for Forgetful {
    async fn kv_get(&self, _: &str) -> Result<Option<Vec<u8>>, HostError> {
        Ok(None)
    }
    async fn kv_keys(&self, _: &str) -> Result<Vec<String>, HostError> {
        Ok(Vec::new())
    }
    async fn kv_bytes(&self) -> Result<u64, HostError> {
        Ok(0)
    }
    async fn ticket(&self, id: TicketId) -> Result<Option<TicketView>, HostError> {
        self.inside.ticket(id).await
    }
    /// Other tickets may hold what came of this one.
    async fn search_tickets(&self, _: TicketQuery) -> Result<Vec<TicketView>, HostError> {
        Ok(Vec::new())
    }
    async fn search_articles(
        &self,
        question: &str,
        language: Option<&str>,
        limit: u32,
    ) -> Result<Vec<FoundArticle>, HostError> {
        let limit = usize::try_from(limit.min(20)).unwrap_or(20);
        let found = self.shelf.search(&self.desk.0.meaning, question, language, limit).await;
        Ok(found.into_iter().map(found_article).collect())
    }
    fn embed_model(&self) -> Option<EmbedModel> {
        self.inside.embed_model()
    }
    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, HostError> {
        self.inside.embed(texts).await
    }
    async fn http(&self, request: HttpRequest) -> Result<HttpResponse, HostError> {
        self.inside.http(request).await
    }
}
