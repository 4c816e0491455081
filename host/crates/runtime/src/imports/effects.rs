//! `effects`: buffers what a plugin proposes. Believes nothing of it: grants, rules and conflicts are the
//! desk's to judge; here only the number, the size and the ticket id are checked.

use domain::effect::{Basis, Effect, Proposal};
use domain::id::TicketId;

use crate::bindings::kulanz::plugin::effects;
use crate::bindings::kulanz::plugin::types::{self, PluginError};
use crate::limits::PROPOSAL_BYTES_MAX;
use crate::state::State;
use crate::tame::flat;

/// What every function of the interface answers.
type Answer = wasmtime::Result<Result<(), PluginError>>;

impl State {
    fn propose(&mut self, ticket: &str, basis: types::Basis, effect: Effect) -> Answer {
        self.meter.call()?;
        Ok(self.buffer(ticket, basis, effect))
    }

    fn buffer(&mut self, ticket: &str, basis: types::Basis, effect: Effect) -> Result<(), PluginError> {
        let ticket_id: TicketId =
            ticket.parse().map_err(|r: domain::Refusal| PluginError::InvalidInput(r.sentence))?;
        let effects_max = self.meter.limits().effects_max;
        if self.proposals.len() >= effects_max as usize {
            return Err(PluginError::Denied(format!("effects_max: a run may propose {effects_max} effects")));
        }
        let types::Basis { reason, confidence, evidence } = basis;
        // What is no number cannot be stored either; whether a number is a sound one, policy decides.
        if !confidence.is_finite() {
            return Err(PluginError::InvalidInput("confidence must be a number from 0 to 1".to_owned()));
        }
        let bytes = bytes_of(&effect) + reason.len() + evidence.iter().map(String::len).sum::<usize>();
        if self.proposal_bytes + bytes > PROPOSAL_BYTES_MAX {
            return Err(PluginError::Denied(format!(
                "effects_bytes_max: all effects of a run together may have {PROPOSAL_BYTES_MAX} bytes"
            )));
        }
        self.proposal_bytes += bytes;
        // People read these in lists and on terminals.
        let (reason, evidence) = (flat(reason), evidence.into_iter().map(flat).collect());
        self.proposals.push(Proposal { ticket_id, effect, basis: Basis { reason, confidence, evidence } });
        Ok(())
    }
}

fn bytes_of(effect: &Effect) -> usize {
    let len = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    match effect {
        Effect::SetField { field, value } => field.len() + value.len(),
        Effect::AddTag { tag } | Effect::RemoveTag { tag } => tag.len(),
        Effect::Reply { text, language, article } => text.len() + len(language) + len(article),
        Effect::Note { text } => text.len(),
        Effect::Notify { subject, text, language } => subject.len() + text.len() + len(language),
        Effect::Escalate { team } => len(team),
        Effect::SetTimer { key, after_s: _ } => key.len(),
    }
}

impl effects::Host for State {
    fn set_field(&mut self, ticket: String, field: String, value: String, basis: types::Basis) -> Answer {
        self.propose(&ticket, basis, Effect::SetField { field, value })
    }

    fn add_tag(&mut self, ticket: String, tag: String, basis: types::Basis) -> Answer {
        self.propose(&ticket, basis, Effect::AddTag { tag })
    }

    fn remove_tag(&mut self, ticket: String, tag: String, basis: types::Basis) -> Answer {
        self.propose(&ticket, basis, Effect::RemoveTag { tag })
    }

    fn reply(
        &mut self,
        ticket: String,
        text: String,
        language: Option<String>,
        article: Option<String>,
        basis: types::Basis,
    ) -> Answer {
        self.propose(&ticket, basis, Effect::Reply { text, language, article })
    }

    fn note(&mut self, ticket: String, text: String, basis: types::Basis) -> Answer {
        self.propose(&ticket, basis, Effect::Note { text })
    }

    fn notify(
        &mut self,
        ticket: String,
        subject: String,
        text: String,
        language: Option<String>,
        basis: types::Basis,
    ) -> Answer {
        self.propose(&ticket, basis, Effect::Notify { subject, text, language })
    }

    fn escalate(&mut self, ticket: String, team: Option<String>, basis: types::Basis) -> Answer {
        self.propose(&ticket, basis, Effect::Escalate { team })
    }

    fn set_timer(&mut self, ticket: String, key: String, after_s: u64, basis: types::Basis) -> Answer {
        self.propose(&ticket, basis, Effect::SetTimer { key, after_s })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Call;
    use crate::tests::fixture;
    use domain::plugin::Limits;

    fn basis(bytes: usize) -> types::Basis {
        types::Basis { reason: "r".repeat(bytes), confidence: 0.5, evidence: vec![] }
    }

    fn tag(state: &mut State, bytes: usize) -> Result<(), PluginError> {
        state.buffer(&fixture::ticket_id().to_string(), basis(bytes), Effect::AddTag { tag: "vip".into() })
    }

    #[test]
    fn one_effect_too_many_is_denied_by_name() {
        let limits = Limits { effects_max: 1, ..Limits::default() };
        let mut state = State::new(Call { limits, ..fixture::call() });
        assert!(tag(&mut state, 1).is_ok());
        let Err(PluginError::Denied(words)) = tag(&mut state, 1) else { panic!("denied") };
        assert!(words.starts_with("effects_max"), "{words}");
        assert_eq!(state.proposals.len(), 1);
    }

    #[test]
    fn reasons_and_evidence_command_no_terminal() {
        let mut state = State::new(fixture::call());
        let basis = types::Basis {
            reason: "fits\u{1b}[2J\nforged".into(),
            confidence: 0.5,
            evidence: vec!["a\u{202e}b".into()],
        };
        let effect = Effect::AddTag { tag: "vip".into() };
        state.buffer(&fixture::ticket_id().to_string(), basis, effect).unwrap();
        let basis = &state.proposals[0].basis;
        assert_eq!((basis.reason.as_str(), basis.evidence[0].as_str()), ("fits?[2J forged", "a?b"));
    }

    #[test]
    fn a_ticket_that_is_no_ticket_id_is_invalid_input() {
        let mut state = State::new(fixture::call());
        let answer = state.buffer("msg_123", basis(1), Effect::AddTag { tag: "vip".into() });
        assert!(matches!(answer, Err(PluginError::InvalidInput(_))));
    }

    #[test]
    fn effects_cannot_fill_the_hosts_memory() {
        let mut state = State::new(fixture::call());
        assert!(tag(&mut state, PROPOSAL_BYTES_MAX - 100).is_ok());
        assert!(matches!(tag(&mut state, 200), Err(PluginError::Denied(_))));
    }
}
