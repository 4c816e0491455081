//! The redaction stage: all redaction hooks over one document, then clean text. Fails closed: whatever
//! goes wrong, no text comes out.

use std::sync::Arc;

use domain::Refusal;
use domain::id::{ContactId, EventId, MessageId, RedactionId, TicketId};
use domain::plugin::Hook;
use domain::redaction::{
    Clean, Document, Endings, Finding, Placeholders, Redaction, Replacement, leftover, of_ticket, part,
    redact,
};
use domain::run::{Fault, Run};
use domain::strike::Strike;
use domain::work::personal_data;
use runtime::{Input, NoHost};
use store::Fact;

use crate::ledger::run_facts;
use crate::plugins::Installed;
use crate::{Desk, DeskError};

/// Clean text with everything that has to be stored beside it.
pub(crate) struct Redacted {
    /// One clean text per part.
    pub(crate) parts: Vec<Clean>,
    /// What was replaced; clear values, to be sealed by `facts`.
    pub(crate) replacements: Vec<Replacement>,
    names: Vec<String>,
    /// One run per hook, without event and ticket yet.
    runs: Vec<(Run, Arc<Installed>)>,
}

impl Redacted {
    /// What came of findings that no plugin made.
    pub(crate) fn by_hand(parts: Vec<Clean>, replacements: Vec<Replacement>, document: &Document) -> Self {
        let names = document.parts.iter().map(|p| p.name.clone()).collect();
        Self { parts, replacements, names, runs: Vec::new() }
    }

    /// The clean text of a part; empty where there is no such part.
    pub(crate) fn part(&self, index: usize) -> String {
        self.parts.get(index).map(Clean::as_str).unwrap_or_default().to_owned()
    }

    /// What was replaced, to be struck wherever else it was recorded.
    pub(crate) fn strike(&self) -> Strike {
        Strike::new(self.replacements.iter().map(|r| (r.value.clone(), r.placeholder.clone())))
    }

    /// The same for other tickets that tell this one's words: its placeholders bear its number there.
    pub(crate) fn strike_of(&self, number: i64) -> Strike {
        let values = self.replacements.iter();
        Strike::new(values.map(|r| (r.value.clone(), of_ticket(&r.placeholder, number))))
    }

    /// Refuses what was found in parts that are fields: a placeholder there tells nobody anything.
    pub(crate) fn refuse_in(&self, is_field: impl Fn(&str) -> bool) -> Result<(), Refusal> {
        match self.finds().find(|(part, _)| is_field(part)) {
            Some((part, found)) => Err(personal_data(part, &found.class)),
            None => Ok(()),
        }
    }

    /// What was replaced, with the name of the part it stood in.
    pub(crate) fn finds(&self) -> impl Iterator<Item = (&str, &Replacement)> {
        let name = |r: &Replacement| self.names.get(r.part as usize).map_or("", String::as_str);
        self.replacements.iter().map(move |r| (name(r), r))
    }
}

/// Why redaction is not possible now.
pub(crate) struct Held {
    /// For people.
    pub(crate) why: String,
    /// The runs so far, the failed one among them.
    pub(crate) runs: Vec<(Run, Arc<Installed>)>,
}

impl Desk {
    /// Runs the redaction hooks and replaces what they found. `ticket` continues the numbering of
    /// placeholders on a ticket that is already there.
    pub(crate) async fn redact(
        &self,
        mut document: Document,
        ticket: Option<TicketId>,
        inbox: Option<&str>,
    ) -> Result<Redacted, Held> {
        let held = |why: String| Held { why, runs: Vec::new() };
        let roster = self.roster().await;
        let hooks = roster.with_hook(Hook::Redaction, self.now());
        if hooks.is_empty() && self.0.config.redaction_required {
            return Err(held("no redaction plugin is installed and active; install one, or set desk.redaction_required = false".to_owned()));
        }
        if !roster.blind.is_empty() {
            let which = roster.blind.join("; ");
            return Err(held(format!("the redaction plugin {which}; release it, or switch it off")));
        }
        let mut placeholders = self.placeholders(ticket, inbox).await.map_err(|e| held(e.to_string()))?;
        let endings = Endings::taken_off(&mut document);
        let document = Arc::new(document);
        let (mut findings, mut runs): (Vec<Finding>, Vec<(Run, Arc<Installed>)>) = (Vec::new(), Vec::new());
        for (_, installed) in hooks {
            let (report, run) = self
                .call(
                    &installed,
                    Hook::Redaction,
                    Input::Redaction(Arc::clone(&document)),
                    None,
                    None,
                    Arc::new(NoHost),
                )
                .await;
            let fault = run.fault.clone();
            runs.push((run, installed));
            match fault {
                None => findings.extend(report.findings),
                Some(fault) => {
                    return Err(Held { why: format!("the redaction plugin {}", fault.hint()), runs });
                }
            }
        }
        drop_own_name(&document, &mut findings);
        let digest = |class: &str, value: &str| self.0.seal.digest(class, value);
        let checks = self.0.config.redaction_check && !runs.is_empty();
        let own = &self.0.config.redaction_own;
        let left_in = |parts: &[Clean]| {
            parts.iter().find_map(|p| leftover(&own.left_out(p.as_str()))).filter(|_| checks)
        };
        let mut without_numbers = placeholders.clone().without_numbers();
        let mut cleaned = redact(&document, &findings, &mut placeholders, &digest);
        // What an agent let stand goes all the same where it is a number that no text may keep.
        if cleaned.as_ref().is_ok_and(|(parts, _)| left_in(parts).is_some()) {
            cleaned = redact(&document, &findings, &mut without_numbers, &digest);
        }
        match cleaned {
            Ok((parts, replacements)) => {
                if let Some(class) = left_in(&parts) {
                    return Err(left_behind(class, runs));
                }
                let names = document.parts.iter().map(|p| p.name.clone()).collect();
                Ok(Redacted { parts: endings.put_back(parts), replacements, names, runs })
            }
            Err(what) => {
                if let Some((run, _)) = runs.last_mut() {
                    run.fault = Some(Fault::Nonsense { what: what.clone() });
                    run.verdict = None;
                }
                Err(Held { why: format!("the redaction plugin answered nonsense: {what}"), runs })
            }
        }
    }

    /// The runs of a text that waits. A text that is tried again and again counts against its plugin once: one odd
    /// mail must not hold up all the others.
    pub(crate) async fn held_facts(&self, runs: &[(Run, Arc<Installed>)], counts: bool) -> Vec<Fact> {
        let mut facts = Vec::new();
        for (run, installed) in runs {
            facts.extend(run_facts(run, 0, &[]));
            if counts || run.fault.is_none() {
                facts.extend(self.fault_facts(&installed.installation, run).await);
            }
        }
        facts
    }

    /// As `redact`, for a caller who waits: he is told why his text cannot be redacted now, and the runs are kept.
    pub(crate) async fn redacted_or_told(
        &self,
        document: Document,
        ticket: Option<TicketId>,
        inbox: Option<&str>,
    ) -> Result<Redacted, DeskError> {
        let held = match self.redact(document, ticket, inbox).await {
            Ok(redacted) => return Ok(redacted),
            Err(held) => held,
        };
        let facts = self.held_facts(&held.runs, true).await;
        if let Err(error) = self.commit_and_reload(facts).await {
            tracing::warn!(%error, "the runs of a failed redaction could not be stored");
        }
        Err(DeskError::Redaction(held.why))
    }

    pub(crate) async fn placeholders(
        &self,
        ticket: Option<TicketId>,
        inbox: Option<&str>,
    ) -> Result<Placeholders, DeskError> {
        let config = &self.0.config;
        let of_inbox = inbox.and_then(|inbox| config.inbox_operators.get(inbox)).cloned().unwrap_or_default();
        let mut placeholders =
            Placeholders::by(of_inbox, config.operators.clone()).sparing(config.redaction_own.clone());
        if let Some(ticket) = ticket {
            for redaction in self.0.store.redactions_of(ticket).await? {
                placeholders.remember(&redaction.class, &redaction.digest, &redaction.placeholder);
                if redaction.stands {
                    placeholders.let_stand(&redaction.class, &redaction.digest);
                }
            }
        }
        Ok(placeholders)
    }

    /// The facts of one message's redaction: runs, redactions, sealed values.
    pub(crate) async fn redaction_facts(
        &self,
        redacted: &Redacted,
        requester: ContactId,
        ticket: TicketId,
        message: MessageId,
        event: EventId,
    ) -> Result<Vec<Fact>, DeskError> {
        let mut facts = Vec::with_capacity(redacted.runs.len() + redacted.replacements.len());
        for (run, installed) in &redacted.runs {
            let run = Run { event_id: Some(event), ticket_id: Some(ticket), ..run.clone() };
            facts.extend(run_facts(&run, 0, &[]));
            facts.extend(self.fault_facts(&installed.installation, &run).await);
        }
        if redacted.replacements.is_empty() {
            return Ok(facts);
        }
        let (now, key) = (self.now(), self.person_key(requester).await?);
        for replacement in &redacted.replacements {
            let id = RedactionId::mint(self.0.ids.as_ref(), now);
            let sealed = match replacement.is_kept {
                true => Some(key.seal(&id.to_string(), replacement.value.as_bytes())?),
                false => None,
            };
            let part = redacted.names.get(replacement.part as usize).cloned().unwrap_or_default();
            let redaction = Redaction {
                id,
                ticket_id: ticket,
                message_id: message,
                part,
                class: replacement.class.clone(),
                placeholder: replacement.placeholder.clone(),
                rule: replacement.rule.clone(),
                score: replacement.score,
                digest: replacement.digest.clone(),
                stands: false,
            };
            facts.push(Fact::AddRedaction { redaction, sealed });
        }
        facts.extend(key.fact);
        Ok(facts)
    }
}

/// A number is left that no text may keep. The plugins are not broken, so it counts against none of them: but
/// the message waits.
fn left_behind(class: &str, runs: Vec<(Run, Arc<Installed>)>) -> Held {
    metrics::counter!("kulanz_redaction_leftover_total", "class" => class.to_owned()).increment(1);
    let why = format!(
        "after redaction a number is left that looks like {class}; correct the redaction plugin or its settings, or set desk.redaction_check = false"
    );
    Held { why, runs }
}

/// The part `NAME` is the contact's own name: that it is a name is no finding, a card number in it is.
fn drop_own_name(document: &Document, findings: &mut Vec<Finding>) {
    if let Some(part) = document.parts.iter().position(|p| p.name == part::NAME) {
        findings.retain(|f| f.part as usize != part || !matches!(f.class.as_str(), "PERSON" | "EMAIL"));
    }
}
