//! What of an answer would not reach the customer as it was typed. Decides from what redaction replaced; stores and
//! sends nothing itself.

use domain::id::TicketId;
use domain::message::Message;
use domain::redaction::Replacement;
use domain::{Actor, Refusal};

use crate::attachments::NewFile;
use crate::idempotency::Memo;
use crate::people::{NewMessage, NewMessageKind};
use crate::{Desk, DeskError};

/// A value in whose place the customer would read a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// Its class.
    pub class: String,
    /// The placeholder.
    pub placeholder: String,
}

impl Desk {
    /// Posts a message as `post_with_files` does; but of a reply that would leave with placeholders its writer has to know
    /// them (`told`). Else all of them are answered, and nothing is posted.
    ///
    /// # Errors
    /// As `post_with_files`.
    pub async fn post_if_told(
        &self,
        ticket_id: TicketId,
        new: NewMessage,
        files: Vec<NewFile>,
        told: &[&str],
        memo: Option<Memo<Message>>,
        actor: Actor,
    ) -> Result<Vec<Withheld>, DeskError> {
        let ready = Box::pin(self.ready_to_post(ticket_id, new, files)).await?;
        if ready.new.kind == NewMessageKind::Reply {
            let withheld = withheld(&ready.redacted.replacements, &self.0.config.vault.fill);
            if !all_told(&withheld, told) {
                return Ok(withheld);
            }
        }
        Box::pin(self.post_ready(ticket_id, &ready, memo.as_ref(), &actor)).await?;
        Ok(Vec::new())
    }

    /// What of a reply would leave as placeholders; nothing is posted.
    ///
    /// # Errors
    /// Where it could not be posted at all.
    pub async fn would_withhold(
        &self,
        ticket_id: TicketId,
        new: NewMessage,
    ) -> Result<Vec<Withheld>, DeskError> {
        let ready = Box::pin(self.ready_to_post(ticket_id, new, Vec::new())).await?;
        Ok(withheld(&ready.redacted.replacements, &self.0.config.vault.fill))
    }
}

/// What leaves as a placeholder although somebody typed the value: of every class that may not leave. Each placeholder
/// once, in the order of the text.
fn withheld(replacements: &[Replacement], may_leave: &[String]) -> Vec<Withheld> {
    let mut all: Vec<Withheld> = Vec::new();
    for Replacement { class, placeholder, .. } in replacements {
        if !may_leave.contains(class) && all.iter().all(|one| one.placeholder != *placeholder) {
            all.push(Withheld { class: class.clone(), placeholder: placeholder.clone() });
        }
    }
    all
}

fn all_told(withheld: &[Withheld], told: &[&str]) -> bool {
    withheld.iter().all(|value| told.contains(&value.placeholder.as_str()))
}

/// What may leave but is not kept cannot be sent: the customer would read a placeholder where nobody meant one.
pub(crate) fn check_kept(replacements: &[Replacement], may_leave: &[String]) -> Result<(), Refusal> {
    match replacements.iter().find(|r| !r.is_kept && may_leave.contains(&r.class)) {
        Some(lost) => {
            let (what, field) = match lost.part as usize {
                0 => ("The text", "text"),
                _ => ("The name of a file", "attachments"),
            };
            let sentence = format!(
                "{what} has a value of the class {}, which this house does not keep (desk.operators, inbox settings): the customer would read {} in its place. Take it out.",
                lost.class, lost.placeholder
            );
            Err(Refusal::new("not_kept", sentence).at(field))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replacement(class: &str, placeholder: &str, is_kept: bool) -> Replacement {
        Replacement {
            part: 0,
            class: class.to_owned(),
            placeholder: placeholder.to_owned(),
            rule: "test".to_owned(),
            score: 1.0,
            digest: placeholder.to_owned(),
            value: "x".to_owned(),
            is_kept,
        }
    }

    #[test]
    fn what_may_not_leave_is_told_once_each_before_it_leaves_as_a_placeholder() {
        let replacements = [
            replacement("PERSON", "[PERSON-1]", true),
            replacement("IBAN", "[IBAN-2]", true),
            replacement("SECRET", "[SECRET-1]", false),
            replacement("IBAN", "[IBAN-2]", true),
        ];
        let withheld = withheld(&replacements, &["PERSON".to_owned()]);
        let said: Vec<_> = withheld.iter().map(|w| (w.class.as_str(), w.placeholder.as_str())).collect();
        assert_eq!(said, [("IBAN", "[IBAN-2]"), ("SECRET", "[SECRET-1]")]);
        for (told, knows) in [
            (&["[SECRET-1]", "[IBAN-2]"][..], true),
            (&["[SECRET-1]", "[IBAN-2]", "[IBAN-3]"][..], true),
            (&["[SECRET-1]"][..], false),
            (&["[IBAN-1]", "[SECRET-1]"][..], false),
            (&[][..], false),
        ] {
            assert_eq!(all_told(&withheld, told), knows, "{told:?}");
        }
        assert!(all_told(&[], &[]));
    }

    #[test]
    fn what_may_leave_and_is_not_kept_is_refused() {
        let may_leave = ["PHONE".to_owned()];
        let check = |class, is_kept| check_kept(&[replacement(class, "[X-1]", is_kept)], &may_leave);
        assert_eq!(check("PHONE", false).unwrap_err().field.as_deref(), Some("text"));
        assert_eq!(check("PHONE", true), Ok(()));
        assert_eq!(check("SECRET", false), Ok(()));
    }
}
