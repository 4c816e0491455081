//! Tickets and contacts.

use domain::message::{Delivery, Direction};
use domain::ticket::StatusCategory;

use super::{Sample, Verdict, holds, same, there};
use crate::{Commit, Fact, Page, Store, StoreError, TicketFilter};

pub(super) async fn a_ticket_reads_back_as_written(store: &Store) -> Verdict {
    let make = Sample::default();
    let mut ticket = make.ticket(7);
    let put = Fact::PutTicket { ticket: Box::new(ticket.clone()), read_version: None };
    store.commit(Commit::of(vec![put])).await?;
    same!(store.ticket(ticket.id).await?, Some(ticket.clone()));
    same!(store.ticket_by_number(7).await?, Some(ticket.clone()));
    holds!(store.ticket(make.ticket_id()).await?.is_none());
    holds!(store.ticket_by_number(8).await?.is_none());

    ticket.version = 2;
    ticket.team = None;
    ticket.solved_at = None;
    ticket.tags.clear();
    ticket.status_category = StatusCategory::OnHold;
    let put = Fact::PutTicket { ticket: Box::new(ticket.clone()), read_version: Some(1) };
    store.commit(Commit::of(vec![put])).await?;
    same!(store.ticket(ticket.id).await?, Some(ticket));
    Ok(())
}

pub(super) async fn a_merged_ticket_is_found_by_the_one_where_it_goes_on(store: &Store) -> Verdict {
    let make = Sample::default();
    let home = make.ticket(1);
    let (mut first, mut second, other) = (make.ticket(2), make.ticket(3), make.ticket(4));
    first.merged_into = Some(home.id);
    let put = |ticket: &domain::ticket::Ticket, read_version| Fact::PutTicket {
        ticket: Box::new(ticket.clone()),
        read_version,
    };
    let new = [&home, &first, &second, &other].map(|ticket| put(ticket, None)).to_vec();
    store.commit(Commit::of(new)).await?;
    same!(store.merged_into(home.id).await?, vec![first.clone()]);
    (second.merged_into, second.version) = (Some(home.id), 2);
    store.commit(Commit::of(vec![put(&second, Some(1))])).await?;
    same!(store.ticket(second.id).await?, Some(second.clone()));
    same!(store.merged_into(home.id).await?, vec![first.clone(), second.clone()]);
    (first.merged_into, first.version) = (None, 2);
    store.commit(Commit::of(vec![put(&first, Some(1))])).await?;
    same!(store.ticket_by_number(2).await?, Some(first));
    same!(store.merged_into(home.id).await?, vec![second]);
    holds!(store.merged_into(other.id).await?.is_empty());
    Ok(())
}

pub(super) async fn words_of_a_merged_ticket_stay_until_those_of_the_other_one_may_go(
    store: &Store,
) -> Verdict {
    let make = Sample::default();
    let (mut home, mut merged) = (make.ticket(1), make.ticket(2));
    merged.status_category = StatusCategory::Closed;
    merged.merged_into = Some(home.id);
    let put = |ticket: &domain::ticket::Ticket, read_version| Fact::PutTicket {
        ticket: Box::new(ticket.clone()),
        read_version,
    };
    store.commit(Commit::of(vec![put(&home, None), put(&merged, None)])).await?;
    let before = make.now.plus(10);
    same!(store.count_old_tickets("", before).await?, 0);
    (home.status_category, home.version) = (StatusCategory::Solved, 2);
    store.commit(Commit::of(vec![put(&home, Some(1))])).await?;
    same!(store.count_old_tickets("", before).await?, 2);
    same!(store.old_tickets("", before, 10).await?, vec![home.id, merged.id]);
    home.tags.insert(domain::retention::LEGAL_HOLD.to_owned());
    home.version = 3;
    store.commit(Commit::of(vec![put(&home, Some(2))])).await?;
    same!(store.count_old_tickets("", before).await?, 0);
    Ok(())
}

pub(super) async fn what_is_recorded_of_a_merged_ticket_stays_while_the_other_one_is_on_hold(
    store: &Store,
) -> Verdict {
    let make = Sample::default();
    let (mut home, mut merged) = (make.ticket(1), make.ticket(2));
    merged.merged_into = Some(home.id);
    let run = make.run(make.installation_id(), merged.id);
    let decision = make.decision(&run, merged.id, "d1");
    let put = |ticket: &domain::ticket::Ticket, read_version| Fact::PutTicket {
        ticket: Box::new(ticket.clone()),
        read_version,
    };
    let records = vec![Fact::AddRun(Box::new(run)), Fact::AddDecision(Box::new(decision))];
    store.commit(Commit::of([vec![put(&home, None), put(&merged, None)], records].concat())).await?;
    let before = make.now.plus(1_000);
    same!((store.runs_before(before).await?, store.decisions_before(before).await?), (1, 1));
    home.tags.insert(domain::retention::LEGAL_HOLD.to_owned());
    home.version = 2;
    store.commit(Commit::of(vec![put(&home, Some(1))])).await?;
    same!((store.runs_before(before).await?, store.decisions_before(before).await?), (0, 0));
    (merged.merged_into, merged.version) = (None, 2);
    store.commit(Commit::of(vec![put(&merged, Some(1))])).await?;
    same!((store.runs_before(before).await?, store.decisions_before(before).await?), (1, 1));
    Ok(())
}

pub(super) async fn a_view_holds_what_was_said_on_merged_tickets_too(store: &Store) -> Verdict {
    let make = Sample::default();
    let (home, mut merged) = (make.ticket(1), make.ticket(2));
    merged.merged_into = Some(home.id);
    let (first, last) = (make.message(merged.id), make.message(home.id));
    let facts = vec![
        Fact::PutTicket { ticket: Box::new(home.clone()), read_version: None },
        Fact::PutTicket { ticket: Box::new(merged.clone()), read_version: None },
        Fact::AddMessage(Box::new(first.clone())),
        Fact::AddMessage(Box::new(last.clone())),
    ];
    store.commit(Commit { facts }).await?;
    let view = there(store.view(home.id).await?, "the view")?;
    let marked = first.text.replace("[EMAIL-1]", "[EMAIL-1 of #2]");
    same!(view.messages, vec![domain::message::Message { text: marked, ..first.clone() }, last]);
    same!(there(store.view(merged.id).await?, "the other view")?.messages, vec![first]);
    Ok(())
}

pub(super) async fn a_stale_version_writes_nothing(store: &Store) -> Verdict {
    let make = Sample::default();
    let ticket = make.ticket(1);
    let put = Fact::PutTicket { ticket: Box::new(ticket.clone()), read_version: None };
    store.commit(Commit::of(vec![put])).await?;
    let mut changed = ticket.clone();
    "else".clone_into(&mut changed.subject);
    changed.version = 9;
    let message = make.message(ticket.id);
    let facts = vec![
        Fact::AddMessage(Box::new(message.clone())),
        Fact::AddEvents(vec![make.event(ticket.id, 1)]),
        Fact::Enqueue(make.job("lane")),
        Fact::PutTicket { ticket: Box::new(changed), read_version: Some(8) },
    ];
    same!(store.commit(Commit::of(facts)).await, Err(StoreError::Stale("ticket")));
    same!(store.ticket(ticket.id).await?, Some(ticket.clone()));
    holds!(store.message(message.id).await?.is_none());
    holds!(store.events_of(ticket.id).await?.is_empty());
    holds!(store.claim("w", 1, make.now, 1_000).await?.is_empty());
    Ok(())
}

pub(super) async fn a_list_of_views_says_what_each_view_says(store: &Store) -> Verdict {
    let make = Sample::default();
    let mut facts = Vec::new();
    for number in 1..=12 {
        let mut ticket = make.ticket(number);
        if number > 1 {
            let contact = make.contact(&format!("ana{number}@example.org"));
            ticket.requester_id = contact.id;
            facts.push(Fact::PutContact(contact));
        }
        // One without a message, one with more than a view holds.
        let messages = if number == 12 { 53 } else { number - 1 };
        let id = ticket.id;
        facts.push(Fact::PutTicket { ticket: Box::new(ticket), read_version: None });
        facts.extend((0..messages).map(|_| Fact::AddMessage(Box::new(make.message(id)))));
    }
    store.commit(Commit::of(facts)).await?;
    for oldest_first in [false, true] {
        let filter = TicketFilter { oldest_first, ..TicketFilter::default() };
        for limit in [1, 11, 200] {
            let page = Page::first(limit);
            let mut one_by_one = Vec::new();
            for ticket in store.tickets(&filter, &page).await? {
                one_by_one.extend(store.view(ticket.id).await?);
            }
            same!(store.views(&filter, &page).await?, one_by_one);
            let askers: Vec<_> = one_by_one.into_iter().map(|view| (view.ticket, view.requester)).collect();
            same!(store.tickets_and_requesters(&filter, &page).await?, askers);
        }
    }
    let page = Page::first(200);
    let longest = store.views(&TicketFilter::default(), &page).await?.remove(0);
    same!(longest.messages.len(), 50);
    let nobody = TicketFilter { team: Some("nobody".to_owned()), ..TicketFilter::default() };
    holds!(store.views(&nobody, &page).await?.is_empty());
    Ok(())
}

pub(super) async fn a_second_ticket_of_the_same_number_conflicts(store: &Store) -> Verdict {
    let make = Sample::default();
    let (first, second) = (make.ticket(3), make.ticket(3));
    for (ticket, expected) in [(&first, Ok(())), (&second, Err(StoreError::Conflict("ticket")))] {
        let put = Fact::PutTicket { ticket: Box::new(ticket.clone()), read_version: None };
        same!(store.commit(Commit::of(vec![put])).await, expected);
    }
    let again = Fact::PutTicket { ticket: Box::new(first), read_version: None };
    same!(store.commit(Commit::of(vec![again])).await, Err(StoreError::Conflict("ticket")));
    Ok(())
}

pub(super) async fn ticket_numbers_are_given_once(store: &Store) -> Verdict {
    same!(store.reserve_numbers(1).await?, 1);
    same!(store.reserve_numbers(10).await?, 2);
    same!(store.reserve_numbers(1).await?, 12);
    let many = futures::future::join_all((0..40).map(|_| store.reserve_numbers(2))).await;
    let mut firsts = many.into_iter().collect::<Result<Vec<i64>, _>>()?;
    firsts.sort_unstable();
    same!(firsts, (0..40).map(|n| 13 + 2 * n).collect::<Vec<i64>>());
    let first = store.reserve_numbers(10).await?;
    let unused = Fact::ReturnNumbers { first: first + 4, end: first + 10 };
    store.commit(Commit::of(vec![unused.clone()])).await?;
    same!(store.reserve_numbers(1).await?, first + 4);
    store.commit(Commit::of(vec![unused])).await?;
    // Somebody has reserved since.
    same!(store.reserve_numbers(1).await?, first + 5);
    Ok(())
}

pub(super) async fn filters_choose_what_they_say(store: &Store) -> Verdict {
    let make = Sample::default();
    let mut plain = make.ticket(1);
    plain.tags = std::collections::BTreeSet::from(["vipx1".to_owned()]);
    plain.team = None;
    plain.solved_at = None;
    plain.last_customer_message_at = Some(make.now);
    plain.last_reply_at = None;
    let mut other = make.ticket(2);
    other.inbox = Some("sales".to_owned());
    other.created_at = make.now.plus(10);
    other.status_category = StatusCategory::Solved;
    other.last_customer_message_at = None;
    other.category = Some("delivery".to_owned());
    other.assignee = Some("kim".to_owned());
    other.subject = "Where is 100% of my Parcel?".to_owned();
    (plain.category, plain.assignee) = (None, None);
    let facts = [&plain, &other]
        .map(|ticket| Fact::PutTicket { ticket: Box::new(ticket.clone()), read_version: None })
        .to_vec();
    store.commit(Commit::of(facts)).await?;
    let none = TicketFilter::default();
    let table = [
        (none.clone(), vec![2, 1]),
        (TicketFilter { oldest_first: true, ..none.clone() }, vec![1, 2]),
        (TicketFilter { inboxes: ["sales".to_owned(), "x".to_owned()].into(), ..none.clone() }, vec![2]),
        (TicketFilter { inboxes: ["sale_".to_owned(), "ales".to_owned()].into(), ..none.clone() }, vec![]),
        (TicketFilter { status_category: Some(StatusCategory::Solved), ..none.clone() }, vec![2]),
        (TicketFilter { status_category: Some(StatusCategory::Closed), ..none.clone() }, vec![]),
        (
            TicketFilter { status_category: Some(StatusCategory::New), oldest_first: true, ..none.clone() },
            vec![1],
        ),
        (TicketFilter { tag: Some("vip_1".to_owned()), ..none.clone() }, vec![2]),
        (TicketFilter { tag: Some("vip".to_owned()), ..none.clone() }, vec![]),
        (TicketFilter { team: Some("logistics".to_owned()), ..none.clone() }, vec![2]),
        (TicketFilter { category: Some("delivery".to_owned()), ..none.clone() }, vec![2]),
        (TicketFilter { assignee: Some("kim".to_owned()), ..none.clone() }, vec![2]),
        (TicketFilter { assignee: Some("ki".to_owned()), ..none.clone() }, vec![]),
        (TicketFilter { assignee: Some(String::new()), ..none.clone() }, vec![1]),
        (TicketFilter { assignee: Some("KIM".to_owned()), ..none.clone() }, vec![2]),
        (TicketFilter { subject: Some("my parcel".to_owned()), ..none.clone() }, vec![2]),
        (TicketFilter { subject: Some("100% OF".to_owned()), ..none.clone() }, vec![2]),
        (TicketFilter { subject: Some("is%my".to_owned()), ..none.clone() }, vec![]),
        (TicketFilter { requester: Some(plain.requester_id), ..none.clone() }, vec![1]),
        (TicketFilter { requester: Some(plain.requester_id), oldest_first: true, ..none.clone() }, vec![1]),
        (TicketFilter { customer_silent_since: Some(make.now.plus(1)), ..none.clone() }, vec![1]),
        (TicketFilter { customer_silent_since: Some(make.now), ..none.clone() }, vec![]),
        (TicketFilter { replied_before: Some(make.now.plus(4)), ..none.clone() }, vec![2]),
        (TicketFilter { replied_before: Some(make.now.plus(3)), ..none.clone() }, vec![]),
        (TicketFilter { solved_before: Some(make.now.plus(5)), ..none.clone() }, vec![2]),
        (TicketFilter { created_after: Some(make.now), ..none.clone() }, vec![2]),
    ];
    for (filter, expected) in table {
        let numbers: Vec<i64> =
            store.tickets(&filter, &Page::default()).await?.into_iter().map(|t| t.number).collect();
        same!((&filter, numbers), (&filter, expected));
    }
    Ok(())
}

/// The numbers of a list's tickets, read in pages of two.
async fn numbers(store: &Store, filter: &TicketFilter) -> Result<Vec<i64>, StoreError> {
    let mut page = Page::first(2);
    let mut numbers = Vec::new();
    loop {
        let tickets = store.tickets(filter, &page).await?;
        let Some(last) = tickets.last() else { return Ok(numbers) };
        page = filter.page_behind(&filter.place(last), 2);
        numbers.extend(tickets.iter().map(|t| t.number));
    }
}

pub(super) async fn pages_join_though_the_last_tickets_customer_wrote_meanwhile(store: &Store) -> Verdict {
    let make = Sample::default();
    let mut tickets: Vec<domain::ticket::Ticket> = (1..=5).map(|number| make.ticket(number)).collect();
    for (ticket, minute) in tickets.iter_mut().zip(10..) {
        ticket.last_customer_message_at = Some(make.now.plus(minute));
    }
    let put = |ticket: &domain::ticket::Ticket, read_version| Fact::PutTicket {
        ticket: Box::new(ticket.clone()),
        read_version,
    };
    store.commit(Commit { facts: tickets.iter().map(|ticket| put(ticket, None)).collect() }).await?;
    for (oldest_first, pages) in [(true, [[1, 2], [3, 4]]), (false, [[2, 5], [4, 3]])] {
        let filter = TicketFilter { by_customer: true, oldest_first, ..TicketFilter::default() };
        let first = store.tickets(&filter, &Page::first(2)).await?;
        same!(first.iter().map(|t| t.number).collect::<Vec<_>>(), pages[0]);
        let last = there(first.last(), "a ticket")?;
        let next = filter.page_behind(&filter.place(last), 2);
        let mut wrote = last.clone();
        wrote.last_customer_message_at = Some(make.now.plus(100 + wrote.number));
        wrote.version += 1;
        store.commit(Commit::of(vec![put(&wrote, Some(last.version))])).await?;
        let second = store.tickets(&filter, &next).await?;
        same!(second.iter().map(|t| t.number).collect::<Vec<_>>(), pages[1]);
    }
    let by_customer = TicketFilter { by_customer: true, ..TicketFilter::default() };
    for nowhere in ["", "x", "1.x", tickets[0].id.to_string().as_str()] {
        same!(by_customer.page_behind(nowhere, 2), Page::first(2));
    }
    Ok(())
}

pub(super) async fn whom_no_answer_reached_still_waits_and_who_was_erased_does_not(store: &Store) -> Verdict {
    let make = Sample::default();
    let deliveries = [
        (1, Some(Delivery::Failed), false),
        (2, Some(Delivery::Suppressed), false),
        (3, Some(Delivery::Sent), false),
        (4, Some(Delivery::Held), false),
        (5, None, true),
        (6, None, false),
    ];
    let mut facts = Vec::new();
    for (number, delivery, erased) in deliveries {
        let mut person = make.contact(&format!("ana{number}@example.org"));
        if erased {
            person.email = domain::contact::erased_address(person.id);
        }
        let mut ticket = make.ticket(number);
        ticket.requester_id = person.id;
        if let Some(delivery) = delivery {
            let mut answer = make.automatic(ticket.id, &person.email, delivery);
            (answer.automatic, answer.created_at) = (false, make.now.plus(5));
            facts.push(Fact::AddMessage(Box::new(answer)));
        }
        facts.push(Fact::PutContact(person));
        facts.push(Fact::PutTicket { ticket: Box::new(ticket), read_version: None });
    }
    store.commit(Commit { facts }).await?;
    let waiting = TicketFilter { waiting: true, oldest_first: true, ..TicketFilter::default() };
    same!(numbers(store, &waiting).await?, vec![1, 2, 6]);
    Ok(())
}

pub(super) async fn who_waits_for_us_is_listed_by_the_customers_newest_message(store: &Store) -> Verdict {
    let make = Sample::default();
    // Wrote last, at this minute; none: never wrote.
    let wrote =
        [(1, Some(50)), (2, Some(10)), (3, Some(40)), (4, Some(20)), (5, None), (6, Some(50)), (7, Some(5))];
    let mut facts = Vec::new();
    let mut ids = Vec::new();
    for (number, minute) in wrote {
        let mut ticket = make.ticket(number);
        ticket.created_at = make.now.plus(30);
        ticket.last_customer_message_at = minute.map(|minute| make.now.plus(minute));
        if number == 7 {
            ticket.status_category = StatusCategory::Solved;
        }
        // A machine answered the third, a person the fourth; the second got a person's answer before it wrote again.
        let answer = match number {
            2 => Some((9, false)),
            3 => Some((41, true)),
            4 => Some((20, false)),
            _ => None,
        };
        if let Some((minute, automatic)) = answer {
            let mut message = make.message(ticket.id);
            message.direction = Direction::Outbound;
            (message.created_at, message.automatic) = (make.now.plus(minute), automatic);
            facts.push(Fact::AddMessage(Box::new(message)));
        }
        ids.push(ticket.id);
        facts.push(Fact::PutTicket { ticket: Box::new(ticket), read_version: None });
    }
    store.commit(Commit { facts }).await?;
    let none = TicketFilter::default();
    let waiting = TicketFilter { waiting: true, ..none.clone() };
    let table = [
        (TicketFilter { by_customer: true, oldest_first: true, ..none.clone() }, vec![7, 2, 4, 5, 3, 1, 6]),
        (TicketFilter { by_customer: true, ..none.clone() }, vec![6, 1, 3, 5, 4, 2, 7]),
        (waiting.clone(), vec![6, 3, 2, 1]),
        (TicketFilter { oldest_first: true, ..waiting.clone() }, vec![1, 2, 3, 6]),
        (TicketFilter { by_customer: true, oldest_first: true, ..waiting.clone() }, vec![2, 3, 1, 6]),
        (TicketFilter { by_customer: true, ..waiting.clone() }, vec![6, 1, 3, 2]),
        (TicketFilter { assignee: Some(String::new()), ..waiting.clone() }, vec![]),
        (
            TicketFilter {
                status_category: Some(StatusCategory::Solved),
                by_customer: true,
                oldest_first: true,
                ..none.clone()
            },
            vec![7],
        ),
    ];
    for (filter, expected) in table {
        same!((&filter, numbers(store, &filter).await?), (&filter, expected));
    }
    let views = store.views(&TicketFilter { by_customer: true, ..waiting }, &Page::first(1)).await?;
    same!(views.iter().map(|view| view.ticket.number).collect::<Vec<_>>(), [6]);
    let waits = store.tickets_waiting(&ids).await?;
    same!(waits, [0, 1, 2, 5].map(|place| ids[place]));
    holds!(store.tickets_waiting(&[]).await?.is_empty());
    Ok(())
}

pub(super) async fn pages_join_without_gap_or_overlap(store: &Store) -> Verdict {
    let make = Sample::default();
    let facts = (1..=7)
        .map(|n| Fact::PutTicket { ticket: Box::new(make.ticket(n)), read_version: None })
        .chain((1..=5).map(|n| Fact::PutContact(make.contact(&format!("{n}@example.org")))))
        .collect();
    store.commit(Commit { facts }).await?;
    for oldest_first in [false, true] {
        let filter = TicketFilter { oldest_first, ..TicketFilter::default() };
        let mut page = Page::first(3);
        let mut numbers = Vec::new();
        loop {
            let tickets = store.tickets(&filter, &page).await?;
            let Some(last) = tickets.last() else { break };
            page = Page::after(last.id, 3);
            numbers.extend(tickets.iter().map(|t| t.number));
        }
        let expected: Vec<i64> = if oldest_first { (1..=7).collect() } else { (1..=7).rev().collect() };
        same!(numbers, expected);
    }
    let first = store.contacts(&Page::first(2)).await?;
    let last = there(first.last(), "a contact")?;
    let rest = store.contacts(&Page::after(last.id, 10)).await?;
    let emails: Vec<&str> = first.iter().chain(&rest).map(|c| c.email.as_str()).collect();
    same!(emails, ["5@example.org", "4@example.org", "3@example.org", "2@example.org", "1@example.org"]);
    Ok(())
}

pub(super) async fn a_view_holds_the_requester_and_the_newest_fifty_messages(store: &Store) -> Verdict {
    let make = Sample::default();
    let contact = make.contact("ana@example.org");
    let mut ticket = make.ticket(1);
    ticket.requester_id = contact.id;
    let mut messages: Vec<_> = (0..53).map(|_| make.message(ticket.id)).collect();
    let stranger = make.ticket(2);
    let mut facts = vec![
        Fact::PutContact(contact.clone()),
        Fact::PutTicket { ticket: Box::new(ticket.clone()), read_version: None },
        Fact::PutTicket { ticket: Box::new(stranger.clone()), read_version: None },
    ];
    facts.extend(messages.iter().map(|m| Fact::AddMessage(Box::new(m.clone()))));
    store.commit(Commit { facts }).await?;
    let view = there(store.view(ticket.id).await?, "the view")?;
    same!(view.ticket, ticket);
    same!(view.requester, Some(contact));
    same!(view.messages, messages.split_off(3));
    let view = there(store.view(stranger.id).await?, "the other view")?;
    holds!(view.requester.is_none() && view.messages.is_empty());
    holds!(store.view(make.ticket_id()).await?.is_none());
    Ok(())
}

pub(super) async fn contacts_have_one_address_each(store: &Store) -> Verdict {
    let make = Sample::default();
    let mut contact = make.contact("ana@example.org");
    store.commit(Commit::of(vec![Fact::PutContact(contact.clone())])).await?;
    contact.name = None;
    contact.proactive_consent = true;
    store.commit(Commit::of(vec![Fact::PutContact(contact.clone())])).await?;
    same!(store.contact(contact.id).await?, Some(contact.clone()));
    same!(store.contact_by_email("ana@example.org").await?, Some(contact));
    holds!(store.contact_by_email("bob@example.org").await?.is_none());
    let second = make.contact("ana@example.org");
    same!(
        store.commit(Commit::of(vec![Fact::PutContact(second)])).await,
        Err(StoreError::Conflict("contact_email"))
    );
    Ok(())
}

pub(super) async fn what_is_learnt_of_a_contact_leaves_everything_else_alone(store: &Store) -> Verdict {
    let make = Sample::default();
    let mut contact = make.contact("ana@example.org");
    (contact.name, contact.verified, contact.proactive_consent) = (None, false, true);
    store.commit(Commit::of(vec![Fact::PutContact(contact.clone())])).await?;
    let learn = |email: &str, name: &str, verified| Fact::LearnContact {
        contact_id: contact.id,
        email: email.to_owned(),
        name: Some(name.to_owned()),
        verified,
    };
    let consent = |email: &str, consent| {
        let email = email.to_owned();
        Commit::of(vec![Fact::SetConsent { contact_id: contact.id, email, consent }])
    };
    store.commit(consent("ana@example.org", false)).await?;
    same!(store.commit(consent("erased@invalid", true)).await, Err(StoreError::Stale("contact")));
    store.commit(Commit::of(vec![learn("erased@invalid", "Ghost", true)])).await?;
    contact.proactive_consent = false;
    same!(store.contact(contact.id).await?, Some(contact.clone()));
    store.commit(Commit::of(vec![learn("ana@example.org", "Ana", true)])).await?;
    store.commit(Commit::of(vec![learn("ana@example.org", "Eve", false)])).await?;
    (contact.name, contact.verified) = (Some("Ana".to_owned()), true);
    same!(store.contact(contact.id).await?, Some(contact));
    Ok(())
}

pub(super) async fn an_address_in_another_spelling_takes_along_what_was_written_to_it(
    store: &Store,
) -> Verdict {
    let make = Sample::default();
    let (was, now) = ("info@müller.example", "info@xn--mller-kva.example");
    let mut contact = make.contact(was);
    let mut ticket = make.ticket(1);
    ticket.requester_id = contact.id;
    let mut message = make.automatic(ticket.id, was, Delivery::Sent);
    message.passed_at = Some(make.now);
    let (id, ticket_id) = (message.id, ticket.id);
    let facts = vec![
        Fact::PutContact(contact.clone()),
        Fact::PutContact(make.contact("ana@example.org")),
        Fact::PutTicket { ticket: Box::new(ticket), read_version: None },
        Fact::AddMessage(Box::new(message)),
    ];
    store.commit(Commit { facts }).await?;
    same!(store.contacts_beyond_ascii().await?, vec![contact.clone()]);
    let contact_id = contact.id;
    let respell = |was: &str, now: &str| {
        let (was, now) = (was.to_owned(), now.to_owned());
        Commit::of(vec![Fact::RespellContact { contact_id, was, now }])
    };
    store.commit(respell("erased@invalid", "ghost@example.org")).await?;
    same!(store.contact(contact_id).await?, Some(contact.clone()));
    let taken = store.commit(respell(was, "ana@example.org")).await;
    same!(taken, Err(StoreError::Conflict("contact_email")));
    same!(store.message(id).await?.and_then(|m| m.to_address), Some(was.to_owned()));
    store.commit(respell(was, now)).await?;
    same!(store.message(id).await?.and_then(|m| m.to_address), Some(now.to_owned()));
    let counts = store.automatic_counts(ticket_id, now, "xn--mller-kva.example", make.now.plus(1), 9).await?;
    same!((counts.to_address_day, counts.to_domain_hour), (1, 1));
    holds!(store.contacts_beyond_ascii().await?.is_empty());
    now.clone_into(&mut contact.email);
    same!(store.contact_by_email(now).await?, Some(contact));
    Ok(())
}
