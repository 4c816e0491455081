//! To which ticket a mail belongs. Evidence in this order: the reply token in our address, the ids it
//! answers, the number in its subject. Evidence alone lets nobody in: who is no participant gets a ticket of
//! his own that says where it may belong; nobody sees earlier messages by being in copy.

use domain::address::{as_people_write, canonical_address, is_address, sides};
use domain::contact::Contact;
use domain::gate::SUPPRESSION_DAYS;
use domain::id::{MessageId, TicketId};
use domain::message::{AutoClass, Direction, SenderAuth};
use domain::ticket::Ticket;
use store::Suppression;

use crate::arrival::Arrival;
use crate::config::MailIdentity;
use crate::{Desk, DeskError, SealKey};

/// Where a mail belongs.
pub(crate) enum Thread {
    /// Nowhere yet.
    New,
    /// To this ticket: a participant writes, or a mail system about a message of ours on it.
    Continues(Ticket),
    /// Perhaps to this one, but somebody else writes.
    MayBelongTo(Ticket),
}

impl Thread {
    /// The ticket it continues.
    pub(crate) const fn ticket(&self) -> Option<&Ticket> {
        match self {
            Self::Continues(ticket) => Some(ticket),
            Self::New | Self::MayBelongTo(_) => None,
        }
    }
}

/// Bytes of a reply token, hex: 80 bits, so that nobody finds one by trying.
const TOKEN_CHARS: usize = 20;

/// Most ids of one mail that are looked up: the nearest ones of a long thread are known, or none is.
const IDS_LOOKED_UP_MAX: usize = 64;
/// Most of its recipients whose token is tried.
const TOKENS_TRIED_MAX: usize = 8;

/// The token that binds a reply to a ticket and its participant.
pub(crate) fn reply_token(seal: &SealKey, ticket: TicketId, participant: &str) -> String {
    seal.digest("reply", &format!("{ticket}\0{participant}")).chars().take(TOKEN_CHARS).collect()
}

impl MailIdentity {
    /// Our address with a reply token: `help+12.0123456789abcdef0123@shop.example`.
    pub(crate) fn reply_address(&self, number: i64, token: &str) -> Option<String> {
        let (local, domain) = sides(&self.from_address)?;
        Some(format!("{local}+{number}.{token}@{domain}"))
    }
}

/// Ticket number and token in one of our addresses.
fn token_in(address: &str, own_addresses: &[String]) -> Option<(i64, String)> {
    let (local, domain) = sides(address)?;
    let (local, tag) = local.split_once('+')?;
    let base = format!("{local}@{domain}");
    if !own_addresses.contains(&base) {
        return None;
    }
    let (number, token) = tag.split_once('.')?;
    let is_token = token.len() == TOKEN_CHARS && token.bytes().all(|b| b.is_ascii_hexdigit());
    is_token.then_some(())?;
    Some((number.parse().ok()?, token.to_ascii_lowercase()))
}

impl Desk {
    /// Finds where a mail belongs.
    pub(crate) async fn find_thread(&self, arrival: &Arrival) -> Result<Thread, DeskError> {
        let is_bounce = arrival.auto_class == AutoClass::Bounce;
        if !is_address(&arrival.address) && !is_bounce {
            return Ok(Thread::New);
        }
        let by_id = self.answered(arrival).await?;
        let by_token = self.ticket_by_token(arrival).await?;
        let answers_ours = self.is_ours(by_id).await?;
        let is_proven = by_token.is_some() || answers_ours;
        let ticket = match by_token {
            Some(ticket) => Some(ticket),
            None => match (by_id, number_in_subject(&arrival.subject)) {
                (Some((_, ticket)), _) => self.0.store.ticket(ticket).await?,
                (None, Some(number)) => self.0.store.ticket_by_number(number).await?,
                (None, None) => None,
            },
        };
        let Some(ticket) = ticket else { return Ok(Thread::New) };
        let requester = self.0.store.contact(ticket.requester_id).await?;
        let may_be_him = is_proven || !is_forged(arrival.sender_auth, by_id.is_some());
        let is_participant =
            may_be_him && requester.is_some_and(|requester| requester.email == arrival.address);
        // Whoever stood in Cc knows the ids of the customer's mails; those of ours only who has had them.
        let is_bounce_of_ours = is_bounce && answers_ours && by_id.is_some_and(|(_, id)| id == ticket.id);
        let customer = ticket.requester_id;
        // What leads to a merged ticket leads to where it goes on.
        let home = Box::pin(self.goes_on_as(&ticket)).await?;
        let home = home.unwrap_or(ticket);
        Ok(if (is_participant || is_bounce_of_ours) && home.requester_id == customer {
            Thread::Continues(home)
        } else {
            Thread::MayBelongTo(home)
        })
    }

    /// Whether it answers a message of ours: its id bears a token, so the writer has had it.
    async fn is_ours(&self, answered: Option<(MessageId, TicketId)>) -> Result<bool, DeskError> {
        let Some((message, _)) = answered else { return Ok(false) };
        Ok(self.0.store.message(message).await?.is_some_and(|m| m.direction == Direction::Outbound))
    }

    /// The same with the ticket as it is now, or with the one that it was merged into since. Nobody goes on with a ticket
    /// whose requester was erased meanwhile.
    pub(crate) async fn reread(&self, thread: &Thread) -> Result<Thread, DeskError> {
        let now = |ticket: &Ticket| Box::pin(self.home_of(ticket.id));
        Ok(match thread {
            Thread::New => Thread::New,
            Thread::Continues(ticket) => {
                let Some(home) = now(ticket).await? else { return Ok(Thread::New) };
                match Box::pin(self.is_of_somebody_erased(&home)).await? {
                    true => Thread::MayBelongTo(home),
                    false => Thread::Continues(home),
                }
            }
            Thread::MayBelongTo(ticket) => now(ticket).await?.map_or(Thread::New, Thread::MayBelongTo),
        })
    }

    async fn is_of_somebody_erased(&self, ticket: &Ticket) -> Result<bool, DeskError> {
        let requester = self.0.store.contact(ticket.requester_id).await?;
        Ok(requester.as_ref().is_some_and(Contact::is_erased))
    }

    /// The newest message that it answers, or that it brings back.
    async fn answered(&self, arrival: &Arrival) -> Result<Option<(MessageId, TicketId)>, DeskError> {
        let returned =
            arrival.bounce.iter().flat_map(|bounce| &bounce.returned_ids).chain(&arrival.complained_ids);
        let ids: Vec<String> = returned
            .chain(&arrival.in_reply_to)
            .chain(arrival.references.iter().rev())
            .take(IDS_LOOKED_UP_MAX)
            .cloned()
            .collect();
        if ids.is_empty() {
            return Ok(None);
        }
        Ok(self.0.store.message_by_internet_id(&ids).await?)
    }

    async fn ticket_by_token(&self, arrival: &Arrival) -> Result<Option<Ticket>, DeskError> {
        let tokens = arrival.recipients.iter().filter_map(|to| token_in(to, &self.0.ours.addresses));
        for (number, token) in tokens.take(TOKENS_TRIED_MAX) {
            let Some(ticket) = self.0.store.ticket_by_number(number).await? else { continue };
            let Some(requester) = self.0.store.contact(ticket.requester_id).await? else { continue };
            // What was sent before domains had one spelling bears a token of the other one.
            let spellings = [as_people_write(&requester.email), requester.email];
            let is_right = |address: &String| -> bool {
                let right = reply_token(&self.0.seal, ticket.id, address);
                // In constant time: how long it takes must not tell how much of a guess is right.
                subtle::ConstantTimeEq::ct_eq(right.as_bytes(), token.as_bytes()).into()
            };
            if spellings.iter().any(is_right) {
                return Ok(Some(ticket));
            }
        }
        Ok(None)
    }

    /// The address that a hard bounce of a message of ours says is dead, or whose owner called it spam. Only who
    /// has our message knows its id, so nobody else can silence an address; and only the address we wrote to is
    /// silenced.
    pub(crate) async fn dead_address(&self, arrival: &Arrival) -> Result<Option<Suppression>, DeskError> {
        let bounce = arrival.bounce.as_ref().filter(|bounce| bounce.is_hard);
        let told = match (&arrival.complaint, bounce) {
            (Some(who), _) => Some(who),
            (None, Some(bounce)) => bounce.recipient.as_ref(),
            (None, None) => return Ok(None),
        };
        let Some((message, _)) = self.answered(arrival).await? else { return Ok(None) };
        let message = self.0.store.message(message).await?.filter(|m| m.direction == Direction::Outbound);
        let Some(address) = message.and_then(|message| message.to_address) else { return Ok(None) };
        // What was sent before domains had one spelling bears the other one.
        let address = canonical_address(&address);
        if told.is_some_and(|recipient| canonical_address(recipient) != address) {
            return Ok(None);
        }
        let now = self.now();
        let (reason, until) = match (&arrival.complaint, bounce.and_then(|bounce| bounce.status.as_deref())) {
            // Addresses come back to life; who called us spam did so for good.
            (Some(_), _) => ("complaint: it was called spam".to_owned(), None),
            (None, code) => {
                let code = code.map(|code| format!(" ({code})")).unwrap_or_default();
                (format!("hard bounce{code}"), Some(now.plus(SUPPRESSION_DAYS * domain::clock::DAY_MS)))
            }
        };
        Ok(Some(Suppression { address, reason, until, created_at: now }))
    }
}

/// Whether a sender must be taken for somebody else, as long as he shows no token: his domain disowns the
/// mail, or does not vouch for it and all he has is a number that anybody can write.
const fn is_forged(sender: SenderAuth, has_id: bool) -> bool {
    match sender {
        SenderAuth::Fail => true,
        SenderAuth::None => !has_id,
        SenderAuth::Pass | SenderAuth::Unchecked => false,
    }
}

/// `[#123]` in a subject.
fn number_in_subject(subject: &str) -> Option<i64> {
    let rest = subject.split("[#").nth(1)?;
    rest.split(']').next()?.parse().ok()
}

#[cfg(test)]
mod tests;
