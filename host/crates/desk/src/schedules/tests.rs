//! Firings that go wrong.

use domain::id::ScheduleId;

use super::*;
use crate::fixture::{Fixture, agent};

async fn scheduled(house: &Fixture) -> Schedule {
    let installation = house.installation(|_| ()).await;
    let schedule = house.desk.schedules_of(&installation).await.unwrap().remove(0);
    house.facts(vec![Fact::PutSchedule(schedule.clone())]).await;
    schedule
}

#[tokio::test]
async fn a_firing_that_was_made_already_does_not_hold_up_the_ones_after_it() {
    let house = Fixture::new().await;
    let schedule = scheduled(&house).await;
    let due = schedule.next_at.unwrap();
    house.clock.set(due);
    assert_eq!(house.desk.fire_due_schedules().await.unwrap(), 1);
    // The schedule is put back as it was: as if somebody had written it with what they had read before.
    house.facts(vec![Fact::PutSchedule(schedule)]).await;
    assert_eq!(house.desk.fire_due_schedules().await.unwrap(), 0, "never twice");
    let moved = house.store.schedules().await.unwrap().remove(0);
    assert_eq!(moved.last_for, Some(due));
    house.clock.set(moved.next_at.unwrap());
    house.desk.settle().await.unwrap();
    assert_eq!(house.desk.fire_due_schedules().await.unwrap(), 1, "and the next one comes");
}

#[tokio::test]
async fn a_schedule_that_is_fired_by_hand_keeps_its_times_and_does_not_run_twice_at_once() {
    let house = Fixture::new().await;
    let schedule = scheduled(&house).await;
    house.desk.fire_now(schedule.id, agent()).await.unwrap();
    house.clock.advance(1);
    let again = house.desk.fire_now(schedule.id, agent()).await;
    assert!(matches!(again, Err(DeskError::Refused(Refusal { code: "still_running", .. }))), "{again:?}");
    house.desk.settle().await.unwrap();
    house.desk.fire_now(schedule.id, agent()).await.unwrap();
    house.desk.settle().await.unwrap();
    assert_eq!(house.store.schedules().await.unwrap(), std::slice::from_ref(&schedule), "its times stay");
    let nobody = ScheduleId::mint(house.desk.0.ids.as_ref(), house.desk.now());
    assert!(matches!(house.desk.fire_now(nobody, agent()).await, Err(DeskError::Missing { .. })));
}

#[tokio::test]
async fn a_schedule_that_cannot_be_planned_does_not_keep_the_others_from_firing() {
    let house = Fixture::new().await;
    let good = scheduled(&house).await;
    let mut bad =
        Schedule { id: ScheduleId::mint(house.desk.0.ids.as_ref(), house.desk.now()), ..good.clone() };
    bad.declaration.zone = "Atlantis/Deep".to_owned();
    bad.next_at = Some(house.desk.now().plus(-1));
    house.facts(vec![Fact::PutSchedule(bad)]).await;
    house.clock.set(good.next_at.unwrap());
    assert_eq!(house.desk.fire_due_schedules().await.unwrap(), 1);
}

#[tokio::test]
async fn c18_other_zone_rules_move_the_next_firing_once() {
    let house = Fixture::new().await;
    let mut schedule = scheduled(&house).await;
    let right = schedule.next_at.unwrap();
    let old_rules = Fact::PutSetting { key: ZONE_RULES.to_owned(), value: "1999a".to_owned() };
    schedule.next_at = Some(right.plus(20 * 60_000));
    house.facts(vec![Fact::PutSchedule(schedule.clone()), old_rules]).await;
    house.desk.follow_zone_rules().await.unwrap();
    assert_eq!(house.store.schedules().await.unwrap()[0].next_at, Some(right));
    // The rules are known now: what an admin's restart finds is left alone.
    house.facts(vec![Fact::PutSchedule(schedule.clone())]).await;
    house.desk.follow_zone_rules().await.unwrap();
    assert_eq!(house.store.schedules().await.unwrap()[0].next_at, schedule.next_at);
}
