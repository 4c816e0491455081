//! Tickets found by what stands in their messages.

use domain::id::TicketId;
use domain::message::{Direction, Message};
use domain::ticket::StatusCategory;
use domain::{Actor, ActorKind};

use super::{Sample, Verdict, holds, same};
use crate::records::Forget;
use crate::{Commit, Fact, Page, Store, StoreError, TicketFilter};

/// A ticket of this number with one message that says this.
fn telling(make: &Sample, number: i64, text: &str) -> (Vec<Fact>, Message) {
    let ticket = make.ticket(number);
    let message = saying(make, ticket.id, text);
    let put = Fact::PutTicket { ticket: Box::new(ticket), read_version: None };
    (vec![put, Fact::AddMessage(Box::new(message.clone()))], message)
}

fn saying(make: &Sample, ticket_id: TicketId, text: &str) -> Message {
    Message { text: text.to_owned(), ..make.message(ticket_id) }
}

fn asking(typed: &str) -> TicketFilter {
    TicketFilter { words: Some(typed.to_owned()), ..TicketFilter::default() }
}

/// Numbers of the tickets that are found.
async fn found(store: &Store, typed: &str) -> Result<Vec<i64>, StoreError> {
    let tickets = store.tickets(&asking(typed), &Page::default()).await?;
    Ok(tickets.into_iter().map(|ticket| ticket.number).collect())
}

pub(super) async fn a_ticket_is_found_by_the_words_of_one_of_its_messages(store: &Store) -> Verdict {
    let make = Sample::default();
    let (mut facts, zip) = telling(&make, 1, "Der „Reißverschluss“ der grünen Jacke ist ZERRISSEN!");
    let mut note = saying(&make, zip.ticket_id, "called: order 4711-22, write to ana@example.org");
    (note.direction, note.public, note.subject) = (Direction::Note, false, "ÜBERGRÖßE".to_owned());
    facts.push(Fact::AddMessage(Box::new(note)));
    facts.extend(telling(&make, 2, "The torn bag; the zip is fine. See snake_case/path.txt").0);
    facts.extend(telling(&make, 3, "a torn zip").0);
    store.commit(Commit { facts }).await?;
    let table: &[(&str, &[i64])] = &[
        ("torn", &[3, 2]),
        ("TORN Zip", &[3, 2]),
        ("zip torn", &[3, 2]),
        ("\"torn zip\"", &[3]),
        ("\"torn zi\"", &[]),
        ("zerris", &[1]),
        ("zer jacke", &[]),
        ("tor", &[3, 2]),
        ("zi", &[]),
        ("reißverschluss", &[1]),
        ("REIßVERSCHLUSS grün", &[1]),
        ("Grünen", &[1]),
        ("grunen", &[1]),
        ("übergröße", &[1]),
        ("Übergr", &[1]),
        ("4711", &[1]),
        ("4711-22", &[1]),
        ("22-4711", &[]),
        ("example", &[1]),
        ("Ana@Example.org", &[1]),
        ("case path", &[2]),
        ("snake_case", &[2]),
        ("snake-path", &[]),
        // All words in one message, not spread over two of them.
        ("jacke order", &[]),
        // The subject of messages is looked through as well; a ticket's own is that of its first message.
        ("betreff torn", &[3, 2]),
        ("bleibt mein pak", &[]),
        // Letters and their marks as two signs.
        ("u\u{308}bergr", &[1]),
        ("nowhere", &[]),
    ];
    for (typed, numbers) in table {
        same!((typed, found(store, typed).await?), (typed, numbers.to_vec()));
    }
    let solved = TicketFilter { status_category: Some(StatusCategory::Solved), ..asking("torn") };
    holds!(store.tickets(&solved, &Page::default()).await?.is_empty());
    same!(store.views(&asking("zerrissen"), &Page::default()).await?.len(), 1);
    same!(store.tickets_and_requesters(&asking("zerrissen"), &Page::default()).await?.len(), 1);
    Ok(())
}

pub(super) async fn marks_on_letters_and_a_sharp_s_make_no_difference(store: &Store) -> Verdict {
    let make = Sample::default();
    let (mut facts, was) = telling(&make, 1, "Fußball im Café, STRAẞE nach Łódź, việt");
    facts.extend(telling(&make, 2, "Fussball im cafe, strasse nach Łodz, viet").0);
    facts.extend(telling(&make, 3, "Futball im Caff; Lodz").0);
    store.commit(Commit { facts }).await?;
    for typed in [
        "fussball",
        "Fußball",
        "FUSSBALL",
        "cafe",
        "café",
        "CAFÉ",
        "cafe\u{301}",
        "strasse",
        "Straße",
        "STRAẞE",
        "łódź",
        "łodz",
        "viet",
        "việt",
        "fuß",
        "\"im café\"",
        "fussball strass",
    ] {
        same!((typed, found(store, typed).await?), (typed, vec![2, 1]));
    }
    // In other scripts what looks like a mark makes another letter; one that makes none (a stress) goes.
    let (mut facts, _) = telling(&make, 4, "Мой за\u{301}мок, чай");
    facts.extend(telling(&make, 5, "Мои чаи, ёлка").0);
    store.commit(Commit { facts }).await?;
    for (typed, number) in [("мой", 4), ("замок", 4), ("чай", 4), ("мои", 5), ("чаи", 5), ("ёлка", 5)]
    {
        same!((typed, found(store, typed).await?), (typed, vec![number]));
    }
    holds!(found(store, "елка").await?.is_empty());
    // A stroke through a letter is no mark on it, and ä is not ae.
    same!(found(store, "lodz").await?, vec![3]);
    holds!(found(store, "caefe").await?.is_empty());
    let now = Message { text: "[PLACE-1]".to_owned(), ..was.clone() };
    let rewrite = Fact::RewriteMessage { was: Box::new(was), now: Box::new(now) };
    store.commit(Commit::of(vec![rewrite])).await?;
    for typed in ["fussball", "café"] {
        same!((typed, found(store, typed).await?), (typed, vec![2]));
    }
    Ok(())
}

pub(super) async fn words_that_are_struck_or_erased_are_found_no_more(store: &Store) -> Verdict {
    let make = Sample::default();
    let person = make.contact("ana@example.org");
    let (mut facts, was) = telling(&make, 1, "my card is geheim4711 thanks");
    let (forgotten, old) = telling(&make, 2, "long ago vergangen");
    let (others, mut theirs) = telling(&make, 3, "unrelated");
    theirs.id = make.message_id();
    theirs.author = Actor::new(ActorKind::Contact, person.id.to_string());
    theirs.text = "somebody wrote hinterlassen".to_owned();
    theirs.attachments.clear();
    facts.extend(forgotten);
    facts.extend(others);
    facts.extend([Fact::PutContact(person.clone()), Fact::AddMessage(Box::new(theirs))]);
    store.commit(Commit { facts }).await?;
    for (typed, number) in [("geheim4711", 1), ("vergangen", 2), ("hinterlassen", 3)] {
        same!((typed, found(store, typed).await?), (typed, vec![number]));
    }
    let now = Message { text: "my card is [CARD-1] thanks".to_owned(), ..was.clone() };
    let forget = Forget {
        contact_id: person.id,
        addresses: vec![person.email],
        address_after: "erased@invalid".to_owned(),
        digests: Vec::new(),
    };
    let facts = vec![
        Fact::RewriteMessage { was: Box::new(was), now: Box::new(now) },
        Fact::ForgetTicket(old.ticket_id),
        Fact::Forget(Box::new(forget)),
    ];
    store.commit(Commit { facts }).await?;
    for typed in ["geheim4711", "gehei", "vergangen", "hinterlassen"] {
        same!((typed, found(store, typed).await?), (typed, vec![]));
    }
    same!(found(store, "\"card 1\" thanks").await?, vec![1]);
    same!(found(store, "unrelated").await?, vec![3]);
    same!(store.faults().await?, Vec::<String>::new());
    Ok(())
}

pub(super) async fn words_of_a_text_that_was_rolled_back_are_not_found(store: &Store) -> Verdict {
    let make = Sample::default();
    let (facts, was) = telling(&make, 1, "gestern");
    store.commit(Commit { facts }).await?;
    let now = Message { text: "heute".to_owned(), ..was.clone() };
    let stale = Message { text: "morgen".to_owned(), ..was.clone() };
    let facts = vec![
        Fact::AddMessage(Box::new(saying(&make, was.ticket_id, "vergeblich"))),
        Fact::RewriteMessage { was: Box::new(stale), now: Box::new(now) },
    ];
    same!(store.commit(Commit { facts }).await, Err(StoreError::Stale("message")));
    same!(found(store, "gestern").await?, vec![1]);
    holds!(found(store, "heute").await?.is_empty());
    holds!(found(store, "vergeblich").await?.is_empty());
    Ok(())
}

pub(super) async fn whatever_is_typed_is_looked_for_and_nothing_else_happens(store: &Store) -> Verdict {
    let make = Sample::default();
    let (facts, _) = telling(&make, 1, "or near not and the words : of queries");
    store.commit(Commit { facts }).await?;
    let (word, words) = ("x".repeat(5_000), "word ".repeat(2_000));
    let hostile = [
        "\" OR NEAR(torn",
        "zip* OR",
        "NOT torn",
        "words:torn",
        "^torn + zip",
        "{a b} : c",
        "'; DROP TABLE ticket; --",
        "torn:* & !zip | (",
        "<-> <2> \\",
        "\\' \0 \u{308} \u{feff} 📦",
        "ⅷ ªº ² हिन्दी 日本語",
        word.as_str(),
        words.as_str(),
    ];
    for typed in hostile {
        same!((typed, found(store, typed).await?), (typed, vec![]));
    }
    for typed in ["OR NEAR", "\"near not and\"", "not", "of queri", "words:", "(queries)", "words OR"] {
        same!((typed, found(store, typed).await?), (typed, vec![1]));
    }
    // Where there is no word, nothing is looked for.
    for typed in ["", "\"", "*", "&", "* \" \"", "\0"] {
        same!((typed, found(store, typed).await?), (typed, vec![1]));
    }
    Ok(())
}

pub(super) async fn what_else_is_asked_for_is_asked_before_hits_are_cut_off(store: &Store) -> Verdict {
    let make = Sample::default();
    let (mut facts, old) = telling(&make, 1, "paket");
    let mut solved = make.ticket(2);
    solved.status_category = StatusCategory::Solved;
    solved.last_customer_message_at = Some(make.now);
    let (requester, id) = (solved.requester_id, solved.id);
    facts.push(Fact::PutTicket { ticket: Box::new(solved), read_version: None });
    facts.push(Fact::AddMessage(Box::new(saying(&make, id, "paket"))));
    // More hits than are looked at, all newer and of one ticket.
    facts.extend((0..5_000).map(|_| {
        let message = Message { attachments: Vec::new(), ..saying(&make, old.ticket_id, "paket") };
        Fact::AddMessage(Box::new(message))
    }));
    store.commit(Commit { facts }).await?;
    let none = asking("paket");
    for filter in [
        TicketFilter { status_category: Some(StatusCategory::Solved), ..none.clone() },
        TicketFilter { requester: Some(requester), ..none.clone() },
        TicketFilter { status_category: Some(StatusCategory::Solved), by_customer: true, ..none },
    ] {
        let tickets = store.tickets(&filter, &Page::default()).await?;
        same!(tickets.iter().map(|ticket| ticket.number).collect::<Vec<_>>(), [2]);
    }
    Ok(())
}

pub(super) async fn pages_of_what_is_found_join_as_all_pages_do(store: &Store) -> Verdict {
    let make = Sample::default();
    let mut facts = Vec::new();
    for number in 1..=7 {
        let (ticket, message) = telling(&make, number, if number == 4 { "else" } else { "paket weg" });
        facts.extend(ticket);
        facts.push(Fact::AddMessage(Box::new(saying(&make, message.ticket_id, "noch ein paket"))));
    }
    store.commit(Commit { facts }).await?;
    for oldest_first in [false, true] {
        let filter = TicketFilter { oldest_first, ..asking("paket weg") };
        let mut page = Page::first(2);
        let mut numbers = Vec::new();
        loop {
            let tickets = store.tickets(&filter, &page).await?;
            let Some(last) = tickets.last() else { break };
            page = Page::after(last.id, 2);
            numbers.extend(tickets.iter().map(|ticket| ticket.number));
        }
        let mut expected = vec![7, 6, 5, 3, 2, 1];
        if oldest_first {
            expected.reverse();
        }
        same!(numbers, expected);
    }
    Ok(())
}

pub(super) async fn only_the_beginning_of_a_very_long_text_is_looked_through(store: &Store) -> Verdict {
    let make = Sample::default();
    // Words of which each is another one, with letters of several bytes: more than PostgreSQL's index could take.
    let letter = |n: u32| char::from_u32(0x4e00 + n % 20_000).unwrap_or('x');
    let middle: String =
        (0..200_000_u32).flat_map(|n| [letter(n), letter(n / 7), letter(n / 3), ' ']).collect();
    let (mut facts, was) = telling(&make, 1, &format!("anfang {middle} ende"));
    // Signs that become three when marks are taken apart, and stay three.
    let word = |n| std::iter::repeat_n('\u{1d160}', 40).chain([letter(n), letter(n / 7), letter(n / 3), ' ']);
    let wide: String = (0..10_000_u32).flat_map(word).collect();
    facts.extend(telling(&make, 2, &format!("weit {wide}")).0);
    store.commit(Commit { facts }).await?;
    same!(found(store, "weit").await?, vec![2]);
    same!(found(store, "anfang").await?, vec![1]);
    holds!(found(store, "ende").await?.is_empty());
    let now = Message { text: "kurz".to_owned(), ..was.clone() };
    let rewrite = Fact::RewriteMessage { was: Box::new(was), now: Box::new(now) };
    store.commit(Commit::of(vec![rewrite])).await?;
    holds!(found(store, "anfang").await?.is_empty());
    same!(found(store, "kurz").await?, vec![1]);
    Ok(())
}
