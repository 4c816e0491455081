//! Policy told as cases: who proposes what, and what becomes of it.

use super::*;
use crate::effect::{Basis, EffectKind};
use crate::grant::{Grant, Grants};
use crate::id::{ContactId, CountingIds, EventId, InstallationId, TicketId};
use crate::plugin::{Hook, HookDeclaration, Limits, Manifest};
use crate::ticket::{Channel, Priority};
use crate::work::blank_ticket;
use crate::{Ids, Timestamp};

const NOW: Timestamp = Timestamp(1_772_442_000_000);

struct Scene {
    ids: CountingIds,
    event: Event,
    works: BTreeMap<TicketId, Work>,
    standings: BTreeMap<TicketId, Standing>,
    budget: LoopBudget,
    /// What redaction says of proposals, by their place.
    unfit: BTreeMap<usize, String>,
}

impl Scene {
    fn new() -> Self {
        let ids = CountingIds::default();
        let mut ticket =
            blank_ticket(TicketId::mint(&ids, NOW), 1, ContactId::mint(&ids, NOW), Channel::Email, NOW);
        ticket.subject = "Refund".into();
        let event = Event {
            id: EventId::mint(&ids, NOW),
            kind: EventType::MessageReceived,
            time: NOW,
            ticket_id: Some(ticket.id),
            sequence: 2,
            actor: Actor::new(ActorKind::Contact, "x"),
            cause: None,
            changes: vec![],
            data: serde_json::Value::Null,
        };
        let standing = Standing { address: "ana@example.org".into(), ..Standing::default() };
        Self {
            ids,
            standings: [(ticket.id, standing)].into(),
            works: [(ticket.id, Work::on(ticket))].into(),
            event,
            budget: LoopBudget::default(),
            unfit: BTreeMap::new(),
        }
    }

    fn ticket(&self) -> TicketId {
        self.event.ticket_id.unwrap()
    }

    fn standing(&mut self) -> &mut Standing {
        self.standings.values_mut().next().unwrap()
    }

    fn work(&mut self) -> &mut Work {
        self.works.values_mut().next().unwrap()
    }

    fn set(&self, field: &str, value: &str, confidence: f32) -> Proposal {
        self.propose(Effect::SetField { field: field.into(), value: value.into() }, confidence)
    }

    fn reply(&self) -> Proposal {
        self.propose(Effect::Reply { text: "Hello".into(), language: None, article: None }, 0.9)
    }

    fn propose(&self, effect: Effect, confidence: f32) -> Proposal {
        Proposal {
            ticket_id: self.ticket(),
            effect,
            basis: Basis { reason: "because".into(), confidence, evidence: vec![] },
        }
    }

    fn resolve(&mut self, bids: &[(&Installation, i32, Vec<Proposal>)]) -> Vec<(DecisionStatus, String)> {
        self.decide(bids).into_iter().map(|d| (d.status, d.reason)).collect()
    }

    fn decide(&mut self, bids: &[(&Installation, i32, Vec<Proposal>)]) -> Vec<Decision> {
        let unfit = &self.unfit;
        let bids: Vec<Bid<'_>> = bids
            .iter()
            .map(|(installation, order, proposals)| Bid {
                installation,
                order: *order,
                run_id: RunId(self.ids.next(NOW)),
                proposals,
                unfit,
            })
            .collect();
        let stamp = Stamp { now: NOW, actor: Actor::system(), cause: None, ids: &self.ids };
        resolve(&self.event, &bids, &mut self.works, &mut self.standings, &self.budget, &stamp)
    }
}

fn plugin(id: &str, mode: Mode, grants: &[Grant]) -> Installation {
    Installation {
        id: InstallationId::mint(&CountingIds::default(), Timestamp(i64::try_from(id.len()).unwrap())),
        manifest: Manifest {
            id: id.into(),
            name: id.into(),
            version: "1.0.0".into(),
            contract: "0.1".into(),
            description: String::new(),
            authors: vec![],
            licence: String::new(),
            languages: vec![],
            hooks: vec![HookDeclaration {
                kind: Hook::Triage,
                events: vec![EventType::MessageReceived],
                order: 100,
                own_events: false,
            }],
            schedules: vec![],
            grants: vec![],
            settings: serde_json::Value::Null,
            limits: Limits::default(),
            phrases: Vec::new(),
        },
        digest: String::new(),
        publisher: None,
        mode,
        grants: grants.iter().cloned().collect::<Grants>(),
        inboxes: Default::default(),
        settings: serde_json::Value::Null,
        limits: Limits::default(),
        canary: None,
        faults_in_a_row: 0,
        quarantine: None,
        installed_at: NOW,
        updated_at: NOW,
        version: 0,
    }
}

fn live(id: &str) -> Installation {
    plugin(id, Mode::Live, &EffectKind::ALL.iter().map(|k| Grant::Effect(*k, None)).collect::<Vec<_>>())
}

#[test]
fn an_allowed_effect_is_applied_and_leaves_an_event_with_its_cause() {
    let mut scene = Scene::new();
    let decided = scene.resolve(&[(&live("a.b"), 100, vec![scene.set("priority", "high", 0.9)])]);
    assert_eq!(decided, [(DecisionStatus::Applied, String::new())]);
    let event_id = scene.event.id;
    let work = scene.work();
    assert_eq!(work.ticket.priority, Priority::High);
    let event = work.events.last().unwrap();
    assert_eq!((event.sequence, event.cause.unwrap().event_id, event.depth()), (1, event_id, 1));
}

#[test]
fn what_a_plugin_writes_is_stored_as_plain_as_what_people_write() {
    let mut scene = Scene::new();
    let proposals = vec![
        scene.propose(Effect::Note { text: "one\r\ntwo\u{1b}[0m".into() }, 1.0),
        scene.propose(Effect::Note { text: "\u{1b}".into() }, 1.0),
        scene.set("category", "shop\n returns\u{7}", 1.0),
    ];
    let decided = scene.resolve(&[(&live("a.b"), 100, proposals)]);
    assert_eq!(decided[0].0, DecisionStatus::Applied);
    assert_eq!(decided[1], (DecisionStatus::Rejected, "`text` must not be empty.".into()));
    let work = scene.work();
    let [note] = work.messages.as_slice() else { panic!("{:?}", work.messages) };
    assert_eq!((note.text.as_str(), note.reply_text.as_str()), ("one\ntwo[0m", "one\ntwo[0m"));
    assert_eq!(work.ticket.category.as_deref(), Some("shop returns"));
}

#[test]
fn two_plugins_disagree_on_priority_and_the_lower_order_wins() {
    let mut scene = Scene::new();
    let decided = scene.resolve(&[
        (&live("late.plugin"), 200, vec![scene.set("priority", "urgent", 1.0)]),
        (&live("early.one"), 100, vec![scene.set("priority", "low", 0.2)]),
    ]);
    assert_eq!(decided[0], (DecisionStatus::Superseded, "early.one came first".into()));
    assert_eq!(decided[1].0, DecisionStatus::Applied);
    assert_eq!(scene.work().ticket.priority, Priority::Low);
}

#[test]
fn at_equal_order_the_surer_one_wins() {
    let mut scene = Scene::new();
    let decided = scene.resolve(&[
        (&live("a.b"), 100, vec![scene.set("team", "billing", 0.4)]),
        (&live("c.d"), 100, vec![scene.set("team", "logistics", 0.8)]),
    ]);
    assert_eq!(decided[0].0, DecisionStatus::Superseded);
    assert_eq!(scene.work().ticket.team.as_deref(), Some("logistics"));
}

#[test]
fn what_is_not_granted_is_rejected_by_name() {
    let mut scene = Scene::new();
    let narrow = plugin("a.b", Mode::Live, &[Grant::Effect(EffectKind::SetField, Some("team".into()))]);
    let decided = scene.resolve(&[(
        &narrow,
        100,
        vec![scene.set("priority", "high", 1.0), scene.set("team", "billing", 1.0)],
    )]);
    assert_eq!(decided[0], (DecisionStatus::Rejected, "not granted: set-field".into()));
    assert_eq!(decided[1].0, DecisionStatus::Applied);
}

#[test]
fn shadow_and_suggest_record_and_change_nothing() {
    for (mode, status) in [
        (Mode::Shadow, DecisionStatus::Shadowed),
        (Mode::Suggest, DecisionStatus::Suggested),
        (Mode::Off, DecisionStatus::Rejected),
    ] {
        let mut scene = Scene::new();
        let quiet = Installation { mode, ..live("a.b") };
        assert_eq!(scene.resolve(&[(&quiet, 100, vec![scene.reply()])])[0].0, status);
        assert!(!scene.work().is_changed());
    }
}

#[test]
fn a_field_that_was_set_by_hand_is_left_alone() {
    let mut scene = Scene::new();
    scene.work().ticket.set_by_hand.insert("team".into());
    let decided = scene.resolve(&[(&live("a.b"), 100, vec![scene.set("team", "billing", 1.0)])]);
    assert_eq!(
        decided[0],
        (DecisionStatus::Rejected, "team was set by hand, which wins over plugins".into())
    );
}

#[test]
fn a_field_that_moved_while_the_plugin_ran_is_stale_and_so_is_an_answer_after_a_persons() {
    let mut scene = Scene::new();
    scene.standing().moved.insert("priority".into());
    scene.standing().person_wrote = true;
    let decided = scene.resolve(&[(
        &live("a.b"),
        100,
        vec![scene.set("priority", "high", 1.0), scene.reply(), scene.set("team", "x", 1.0)],
    )]);
    assert!(decided[0].1.starts_with("stale"));
    assert!(decided[1].1.starts_with("stale"));
    assert_eq!(decided[2].0, DecisionStatus::Applied);
}

#[test]
fn a_reply_to_a_machine_is_rejected_with_the_gates_words() {
    let mut scene = Scene::new();
    scene.standing().writable = Some("machine mail: written by a machine".into());
    let decided = scene.resolve(&[(&live("a.b"), 100, vec![scene.reply()])]);
    assert_eq!(decided[0], (DecisionStatus::Rejected, "machine mail: written by a machine".into()));
}

#[test]
fn only_one_answer_per_turn_leaves_however_many_are_proposed() {
    let mut scene = Scene::new();
    let decided = scene.resolve(&[
        (&live("a.b"), 100, vec![scene.reply(), scene.reply()]),
        (&live("c.d"), 100, vec![scene.reply()]),
    ]);
    assert_eq!(decided.iter().filter(|d| d.0 == DecisionStatus::Applied).count(), 1);
    assert_eq!(scene.work().messages.len(), 1);
}

#[test]
fn what_is_said_too_late_waits_for_a_person_and_everything_else_is_done() {
    let mut scene = Scene::new();
    scene.standing().late = true;
    let decided = scene.resolve(&[
        (&live("a.b"), 100, vec![scene.reply(), scene.set("status", "pending", 0.9)]),
        (&live("c.d"), 100, vec![scene.reply(), scene.set("team", "billing", 0.9)]),
    ]);
    assert_eq!(decided[0], (DecisionStatus::Suggested, TOO_LATE.into()));
    assert_eq!(decided[1].0, DecisionStatus::Suggested, "nothing was said that the customer could answer");
    assert_eq!(decided[2].0, DecisionStatus::Superseded, "one suggestion is enough");
    assert_eq!(decided[3].0, DecisionStatus::Applied);
    assert!(scene.work().messages.is_empty());
    let decided = scene.resolve(&[(&live("e.f"), 100, vec![scene.set("status", "solved", 0.9)])]);
    assert_eq!(decided[0].0, DecisionStatus::Applied, "it says nothing to anybody");
}

#[test]
fn a_timer_that_is_set_too_late_knows_what_it_began_with_and_another_one_does_not() {
    for late in [true, false] {
        let mut scene = Scene::new();
        scene.standing().late = late;
        let timer = scene.propose(Effect::SetTimer { key: "k".into(), after_s: 60 }, 0.9);
        let decided = scene.resolve(&[(&live("a.b"), 100, vec![timer])]);
        assert_eq!(decided[0].0, DecisionStatus::Applied, "{}", decided[0].1);
        let event = scene.event.id;
        assert_eq!(scene.work().timers[0].cause, late.then_some(event));
    }
}

#[test]
fn what_may_not_be_said_at_all_is_not_suggested_later() {
    let mut scene = Scene::new();
    (scene.standing().late, scene.standing().person_wrote) = (true, true);
    assert_eq!(scene.resolve(&[(&live("a.b"), 100, vec![scene.reply()])])[0].0, DecisionStatus::Rejected);
}

#[test]
fn another_tickets_effects_are_rejected() {
    let mut scene = Scene::new();
    let foreign = Proposal { ticket_id: TicketId(scene.ids.next(NOW)), ..scene.reply() };
    assert_eq!(scene.resolve(&[(&live("a.b"), 100, vec![foreign])])[0].0, DecisionStatus::Rejected);
}

#[test]
fn an_effect_without_a_reason_is_rejected() {
    for reason in ["", " \n"] {
        let mut scene = Scene::new();
        let mut silent = scene.set("priority", "high", 0.9);
        silent.basis.reason = reason.into();
        let decided = scene.resolve(&[(&live("a.b"), 100, vec![silent])]);
        let why = "The effect has no reason: each needs a sentence for people.";
        assert_eq!(decided, [(DecisionStatus::Rejected, why.into())]);
        assert!(!scene.work().is_changed());
    }
}

#[test]
fn a_chain_of_ten_events_ends() {
    let mut scene = Scene::new();
    scene.event.cause = Some(Cause { event_id: scene.event.id, run_id: None, depth: 10 });
    let decided = scene.resolve(&[(&live("a.b"), 100, vec![scene.set("team", "x", 1.0)])]);
    assert!(decided[0].1.contains("10 long"));
}

#[test]
fn a_ticket_whose_budget_is_used_up_says_so_once() {
    let mut scene = Scene::new();
    scene.standing().changes_hour = 60;
    let decided = scene.resolve(&[(
        &live("a.b"),
        100,
        vec![scene.set("team", "x", 1.0), scene.set("priority", "high", 1.0)],
    )]);
    assert!(decided.iter().all(|d| d.1.starts_with("budget")));
    assert_eq!(scene.work().events.iter().filter(|e| e.kind == EventType::AutomationStopped).count(), 1);
}

#[test]
fn the_same_effect_is_applied_three_times_an_hour_and_no_more() {
    let mut scene = Scene::new();
    let fighter = live("a.b");
    let tag = |on: bool| {
        if on { Effect::AddTag { tag: "x".into() } } else { Effect::RemoveTag { tag: "x".into() } }
    };
    let mut statuses = Vec::new();
    for round in 0..10 {
        let proposal = scene.propose(tag(round % 2 == 0), 1.0);
        statuses.push(scene.resolve(&[(&fighter, 100, vec![proposal])])[0].0);
    }
    assert_eq!(statuses.iter().filter(|s| **s == DecisionStatus::Applied).count(), 6);
    assert_eq!(statuses.last(), Some(&DecisionStatus::Rejected));
}

#[test]
fn malformed_effects_are_rejected_with_the_field() {
    let mut scene = Scene::new();
    let bad = vec![
        scene.set("prority", "high", 1.0),
        scene.set("priority", "very", 1.0),
        scene.set("team", "x", f32::NAN),
        scene.propose(Effect::AddTag { tag: "Not A Key".into() }, 1.0),
        scene.propose(Effect::SetTimer { key: "k".into(), after_s: 0 }, 1.0),
        scene.set("category", "re\0fund", 1.0),
        scene.propose(Effect::Reply { text: "t".into(), language: Some("\0".into()), article: None }, 1.0),
        scene.propose(Effect::Reply { text: "t".into(), language: None, article: Some("\0".into()) }, 1.0),
        scene.propose(
            Effect::Notify { subject: "a\r\nBcc: x@example.org".into(), text: "t".into(), language: None },
            1.0,
        ),
        scene.propose(Effect::Notify { subject: " \u{200b}".into(), text: "t".into(), language: None }, 1.0),
    ];
    let decided = scene.resolve(&[(&live("a.b"), 100, bad)]);
    assert!(decided.iter().all(|d| d.0 == DecisionStatus::Rejected), "{decided:?}");
}

#[test]
fn personal_data_in_a_tag_or_a_team_rejects_that_effect_alone_and_stands_in_no_record() {
    let mut scene = Scene::new();
    scene.unfit.insert(1, "The value looks like personal data (PHONE).".to_owned());
    let mut proposals = vec![
        scene.propose(Effect::AddTag { tag: "vip".into() }, 1.0),
        scene.propose(Effect::AddTag { tag: "0171-2345678".into() }, 1.0),
        scene.propose(Effect::AddTag { tag: "de89370400440532013000".into() }, 1.0),
        scene.propose(Effect::Escalate { team: Some("de89370400440532013000".into()) }, 1.0),
        scene.set("custom.note", "DE89 3704 0044 0532 0130 00", 1.0),
    ];
    for proposal in &mut proposals {
        let word = proposal.effect.word().map(|(_, word)| word.to_owned()).unwrap_or_default();
        proposal.basis.reason = format!("It goes to {word}.");
        proposal.basis.evidence = vec![word];
    }
    for mode in [Mode::Live, Mode::Suggest, Mode::Shadow] {
        let decided = scene.decide(&[(&Installation { mode, ..live("a.b") }, 100, proposals.clone())]);
        let (fit, rest) = decided.split_first().unwrap();
        assert_ne!(fit.status, DecisionStatus::Rejected, "{mode}: {}", fit.reason);
        for decision in rest {
            assert_eq!(decision.status, DecisionStatus::Rejected, "{mode}");
            assert!(decision.reason.starts_with("The value looks like personal data"), "{}", decision.reason);
            let kept = format!("{decision:?}");
            let squeezed = kept.replace(' ', "").to_lowercase();
            assert!(!squeezed.contains("0171-2345678") && !squeezed.contains("de8937"), "{kept}");
        }
    }
    assert_eq!(scene.work().ticket.tags, BTreeSet::from(["vip".to_owned()]));
    let said = rejection(&proposals[2], &live("a.b").grants, None, None, NOW).unwrap_or_default();
    assert!(said.contains("personal data (IBAN)"), "an author hears it as well: {said}");
}

#[test]
fn an_author_hears_before_any_house_what_every_house_would_reject() {
    let mut scene = Scene::new();
    let all = live("a.b").grants;
    let (own, ticket) = (scene.event.ticket_id, scene.work().ticket.clone());
    let said = |proposal: &Proposal, grants: &Grants, ticket: Option<&Ticket>| {
        rejection(proposal, grants, own, ticket, NOW).unwrap_or_default()
    };
    for (proposal, why) in [
        (scene.set("priority", "extreme", 1.0), "`extreme` is no"),
        (scene.set("status", "bananas", 1.0), "`bananas` is no"),
        (scene.set("prority", "high", 1.0), "Did you mean `priority`?"),
        (scene.set("priority", "high", 7.5), "between 0 and 1"),
        (scene.propose(Effect::Note { text: String::new() }, 1.0), "`text` must not be empty"),
        (scene.propose(Effect::AddTag { tag: "Bad Tag, with spaces!".into() }, 1.0), "`tag` must be"),
    ] {
        let sentence = said(&proposal, &all, Some(&ticket));
        assert!(sentence.contains(why), "{sentence}");
        let decided = scene.resolve(&[(&live("a.b"), 100, vec![proposal])]);
        assert_eq!(decided, [(DecisionStatus::Rejected, sentence)], "the house says the same");
    }
    let good = scene.set("priority", "high", 1.0);
    assert_eq!(said(&good, &all, Some(&ticket)), "");
    assert_eq!(said(&good, &Grants::default(), Some(&ticket)), "not granted: set-field");
    assert_eq!(said(&good, &all, None), "there is no such ticket");
    let unseen = Effect::Notify { subject: " \u{200b}".into(), text: "t".into(), language: None };
    let sentence = said(&scene.propose(unseen, 1.0), &all, Some(&ticket));
    assert!(sentence.contains("`subject` must not be empty"), "{sentence}");
}

#[test]
fn re_stands_in_front_of_a_subject_once() {
    assert_eq!(reply_subject("Refund"), "Re: Refund");
    assert_eq!(reply_subject("AW: Re: Rückfrage"), "Re: Rückfrage");
}

#[test]
fn nothing_is_applied_to_or_suggested_for_a_merged_ticket() {
    for mode in [Mode::Live, Mode::Suggest] {
        let mut scene = Scene::new();
        let elsewhere = TicketId::mint(&scene.ids, NOW);
        scene.work().ticket.merged_into = Some(elsewhere);
        let installation = Installation { mode, ..live("a.b") };
        let proposals = vec![scene.set("priority", "high", 0.9), scene.reply()];
        let decided = scene.resolve(&[(&installation, 100, proposals)]);
        let rejected = (DecisionStatus::Rejected, crate::merge::MERGED.to_owned());
        assert_eq!(decided, [rejected.clone(), rejected]);
        assert!(!scene.work().is_changed());
    }
}
