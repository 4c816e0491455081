//! Tickets found by who asks: by words of the name, and by how the address begins.

use domain::contact::{Contact, erased_address};
use domain::ticket::{StatusCategory, Ticket};

use super::{Sample, Verdict, holds, same};
use crate::records::Forget;
use crate::{Commit, Fact, Page, Store, StoreError, TicketFilter, WordsIn};

/// A customer with a ticket of this number, on which nothing is said.
fn asking(make: &Sample, number: i64, name: Option<&str>, email: &str) -> (Vec<Fact>, Contact) {
    let person = Contact { name: name.map(str::to_owned), ..make.contact(email) };
    let ticket = Ticket { requester_id: person.id, ..make.ticket(number) };
    let put = Fact::PutTicket { ticket: Box::new(ticket), read_version: None };
    (vec![Fact::PutContact(person.clone()), put], person)
}

fn searching(typed: &str) -> TicketFilter {
    let words_in = WordsIn::MessagesAndCustomers;
    TicketFilter { words: Some(typed.to_owned()), words_in, ..TicketFilter::default() }
}

/// Numbers of the tickets that are found, read one by one.
async fn listed(store: &Store, filter: &TicketFilter) -> Result<Vec<i64>, StoreError> {
    let mut page = Page::first(1);
    let mut numbers = Vec::new();
    loop {
        let tickets = store.tickets(filter, &page).await?;
        let Some(last) = tickets.last() else { return Ok(numbers) };
        page = filter.page_behind(&filter.place(last), 1);
        numbers.extend(tickets.iter().map(|ticket| ticket.number));
    }
}

async fn found(store: &Store, typed: &str) -> Result<Vec<i64>, StoreError> {
    listed(store, &searching(typed)).await
}

pub(super) async fn a_ticket_is_found_by_its_customers_name_and_the_beginning_of_their_address(
    store: &Store,
) -> Verdict {
    let make = Sample::default();
    let (mut facts, ana) = asking(&make, 1, Some("Ana Müller"), "ana@example.org");
    facts.extend(asking(&make, 2, Some("JÖRG GROß-Weiß"), "jw_1@shop.example").0);
    facts.extend(asking(&make, 3, None, "ana.maria@example.org").0);
    facts.extend(asking(&make, 4, Some("Bo"), "info@xn--mller-kva.de").0);
    let ticket = make.ticket(5);
    let mut message = make.message(ticket.id);
    "Frau Müller called".clone_into(&mut message.text);
    facts.push(Fact::PutTicket { ticket: Box::new(ticket), read_version: None });
    facts.push(Fact::AddMessage(Box::new(message)));
    store.commit(Commit { facts }).await?;
    let table: &[(&str, &[i64])] = &[
        ("müller", &[5, 1]),
        ("MULL", &[5, 1]),
        ("ana müller", &[1]),
        ("Müller Ana", &[1]),
        ("\"müller ana\"", &[]),
        ("jörg", &[2]),
        ("gross weiss", &[2]),
        ("Groß-Weiß", &[2]),
        ("bo", &[4]),
        // All words in one place, not one in the name and another in a message.
        ("ana called", &[]),
        ("ana", &[3, 1]),
        ("ana@", &[1]),
        ("ANA@Example.org", &[1]),
        ("ana.m", &[3]),
        ("an", &[]),
        ("jw_", &[2]),
        ("jw%", &[]),
        ("info@Müller.de", &[4]),
        ("maria", &[]),
        ("example.org", &[]),
        // An address is no row of words.
        ("\"ana.maria\"", &[]),
        ("nowhere", &[]),
    ];
    for (typed, numbers) in table {
        same!((typed, found(store, typed).await?), (typed, numbers.to_vec()));
    }
    let none = searching("ana");
    for (filter, numbers) in [
        (TicketFilter { oldest_first: true, ..none.clone() }, vec![1, 3]),
        (TicketFilter { by_customer: true, ..none.clone() }, vec![3, 1]),
        (TicketFilter { requester: Some(ana.id), ..none.clone() }, vec![1]),
        (TicketFilter { status_category: Some(StatusCategory::Solved), ..none.clone() }, vec![]),
        (TicketFilter { words_in: WordsIn::Messages, ..none }, vec![]),
    ] {
        same!((&filter, listed(store, &filter).await?), (&filter, numbers));
    }
    for hostile in
        ["\" OR NEAR(ana", "'; DROP TABLE contact; --", "ana:* & !zip | (", "ana".repeat(2_000).as_str()]
    {
        same!((hostile, found(store, hostile).await?), (hostile, vec![]));
    }
    same!(found(store, "bo\0%").await?, vec![4]);
    same!(found(store, "___").await?, vec![5, 4, 3, 2, 1]);
    Ok(())
}

pub(super) async fn a_name_that_is_learnt_is_found_and_one_that_goes_is_found_no_more(
    store: &Store,
) -> Verdict {
    let make = Sample::default();
    let (mut facts, ana) = asking(&make, 1, Some("Ana Müller"), "ana@example.org");
    let (others, bo) = asking(&make, 2, None, "bo@example.org");
    facts.extend(others);
    store.commit(Commit { facts }).await?;
    let learnt = Fact::LearnContact {
        contact_id: bo.id,
        email: bo.email.clone(),
        name: Some("Bo Straßer".to_owned()),
        verified: true,
    };
    let renamed = Contact { name: Some("Ana Schmidt".to_owned()), ..ana.clone() };
    store.commit(Commit::of(vec![learnt, Fact::PutContact(renamed)])).await?;
    for (typed, numbers) in [("strasser", vec![2]), ("schmidt", vec![1]), ("müller", vec![])] {
        same!((typed, found(store, typed).await?), (typed, numbers));
    }
    let forget = Forget {
        contact_id: ana.id,
        addresses: vec![ana.email],
        address_after: erased_address(ana.id),
        digests: Vec::new(),
    };
    store.commit(Commit::of(vec![Fact::Forget(Box::new(forget))])).await?;
    for typed in ["schmidt", "ana", "ana@example.org", "con", ana.id.to_string().as_str()] {
        holds!(found(store, typed).await?.is_empty());
    }
    same!(found(store, "bo@").await?, vec![2]);
    same!(store.faults().await?, Vec::<String>::new());
    Ok(())
}
