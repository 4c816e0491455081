//! Lanes, leases, fences. A lease of 0 ms has run out the moment it is given, by any clock.

use domain::job::Lease;

use super::{Broken, Sample, Verdict, holds, same};
use crate::{Commit, Fact, Page, Store, StoreError};

/// Long enough for any case, by any clock.
const HELD_MS: i64 = 60_000;
const STALE: Result<(), StoreError> = Err(StoreError::Stale("lease"));

fn finish(lease: &Lease) -> Commit {
    Commit::of(vec![Fact::finish(lease)])
}

async fn one(store: &Store, make: &Sample, lease_ms: i64) -> Result<Lease, Broken> {
    let mut leases = store.claim("worker", 1, make.now, lease_ms).await?;
    leases.pop().ok_or_else(|| Broken("no lane was ready".to_owned()))
}

pub(super) async fn jobs_of_a_lane_run_in_order_one_at_a_time(store: &Store) -> Verdict {
    let make = Sample::default();
    let jobs: Vec<_> = (0..4).map(|_| make.job("lane")).collect();
    for part in jobs.chunks(2) {
        store.commit(Commit { facts: part.iter().cloned().map(Fact::Enqueue).collect() }).await?;
    }
    let mut done = Vec::new();
    for _ in &jobs {
        let lease = one(store, &make, HELD_MS).await?;
        same!(lease.lane, "lane");
        same!(lease.attempts, 0);
        holds!(store.claim("other", 9, make.now, HELD_MS).await?.is_empty());
        store.commit(finish(&lease)).await?;
        done.push(lease.job);
    }
    same!(done, jobs.into_iter().map(|j| j.job).collect::<Vec<_>>());
    holds!(store.claim("w", 9, make.now, HELD_MS).await?.is_empty());
    Ok(())
}

pub(super) async fn jobs_queued_in_one_commit_keep_their_order_lane_by_lane(store: &Store) -> Verdict {
    let make = Sample::default();
    let first = make.job("b");
    store.commit(Commit::of(vec![Fact::Enqueue(first.clone())])).await?;
    // Lanes in turns, one of them there already; the heads of the new ones are ready later than what follows them.
    let mut jobs = vec![first];
    for round in 0..10 {
        for lane in ["c", "b", "a"] {
            let mut job = make.job(lane);
            job.ready_at = make.now.plus(if round == 0 { 5 } else { 0 });
            jobs.push(job);
        }
    }
    store.commit(Commit { facts: jobs.iter().skip(1).cloned().map(Fact::Enqueue).collect() }).await?;
    let ready = store.claim("w", 9, make.now, HELD_MS).await?;
    same!(ready.iter().map(|lease| lease.lane.as_str()).collect::<Vec<_>>(), ["b"]);
    let mut done = Vec::new();
    let mut leases = ready;
    while !leases.is_empty() {
        for lease in leases {
            store.commit(finish(&lease)).await?;
            done.push((lease.lane, lease.sequence, lease.job));
        }
        leases = store.claim("w", 9, make.now.plus(5), HELD_MS).await?;
    }
    for lane in ["a", "b", "c"] {
        let worked: Vec<_> = done.iter().filter(|(of, ..)| of == lane).collect();
        holds!(worked.is_sorted_by(|(_, earlier, _), (_, later, _)| earlier < later));
        same!(
            worked.iter().map(|(.., job)| job).collect::<Vec<_>>(),
            jobs.iter().filter(|job| job.lane == lane).map(|job| &job.job).collect::<Vec<_>>()
        );
    }
    same!(done.len(), jobs.len());
    Ok(())
}

pub(super) async fn different_lanes_run_side_by_side(store: &Store) -> Verdict {
    let make = Sample::default();
    let facts = ["a", "a", "b", "c"].map(|lane| Fact::Enqueue(make.job(lane))).to_vec();
    store.commit(Commit { facts }).await?;
    let first = store.claim("w1", 2, make.now, HELD_MS).await?;
    let second = store.claim("w2", 2, make.now, HELD_MS).await?;
    let lanes: Vec<&str> = first.iter().chain(&second).map(|l| l.lane.as_str()).collect();
    same!(lanes, ["a", "b", "c"]);
    for lease in first.iter().chain(&second).rev() {
        store.commit(finish(lease)).await?;
    }
    same!(one(store, &make, HELD_MS).await?.lane, "a");
    Ok(())
}

pub(super) async fn the_longest_ready_lane_comes_first(store: &Store) -> Verdict {
    let make = Sample::default();
    let mut facts = Vec::new();
    for (lane, age) in [("young", 1), ("old", 30), ("middle", 20)] {
        let mut job = make.job(lane);
        job.ready_at = make.now.plus(-age);
        facts.push(Fact::Enqueue(job));
    }
    store.commit(Commit { facts }).await?;
    let lanes: Vec<String> =
        store.claim("w", 9, make.now, HELD_MS).await?.into_iter().map(|lease| lease.lane).collect();
    same!(lanes, ["old", "middle", "young"]);
    Ok(())
}

pub(super) async fn a_job_waits_for_its_time(store: &Store) -> Verdict {
    let make = Sample::default();
    let mut late = make.job("lane");
    late.ready_at = make.now.plus(1);
    // The one behind must wait as well: order within a lane is strict.
    let facts = vec![Fact::Enqueue(late.clone()), Fact::Enqueue(make.job("lane"))];
    store.commit(Commit { facts }).await?;
    holds!(store.claim("w", 9, make.now, HELD_MS).await?.is_empty());
    let leases = store.claim("w", 9, make.now.plus(1), HELD_MS).await?;
    same!(leases.iter().map(|l| l.job.clone()).collect::<Vec<_>>(), vec![late.job]);
    Ok(())
}

pub(super) async fn a_job_comes_earlier_only_while_it_waits_for_the_instant_that_was_named(
    store: &Store,
) -> Verdict {
    let make = Sample::default();
    let mut late = make.job("lane");
    late.ready_at = make.now.plus(500);
    store.commit(Commit::of(vec![Fact::Enqueue(late)])).await?;
    let hasten = |was: i64, lane: &str| {
        let (was, ready_at) = (make.now.plus(was), make.now);
        Commit::of(vec![Fact::HastenJob { lane: lane.to_owned(), was, ready_at }])
    };
    for commit in [hasten(499, "lane"), hasten(500, "other")] {
        store.commit(commit).await?;
        holds!(store.claim("w", 9, make.now, HELD_MS).await?.is_empty());
    }
    let mut wakeups = store.wakeups();
    let before = *wakeups.borrow_and_update();
    store.commit(hasten(500, "lane")).await?;
    holds!(*wakeups.borrow_and_update() != before);
    let lease = one(store, &make, HELD_MS).await?;
    store.commit(hasten(0, "lane")).await?;
    holds!(store.claim("w", 9, make.now, HELD_MS).await?.is_empty());
    store.commit(finish(&lease)).await?;
    store.commit(hasten(0, "lane")).await?;
    Ok(())
}

pub(super) async fn a_lease_that_ran_out_is_taken_over_and_the_old_holder_is_stale(store: &Store) -> Verdict {
    let make = Sample::default();
    store.commit(Commit::of(vec![Fact::Enqueue(make.job("lane"))])).await?;
    let old = one(store, &make, 0).await?;
    let new = one(store, &make, HELD_MS).await?;
    same!(new.job, old.job);
    holds!(new.fence > old.fence);
    let mut facts = finish(&old).facts;
    facts.push(Fact::PutSetting { key: "k".to_owned(), value: "v".to_owned() });
    same!(store.commit(Commit { facts }).await, STALE);
    holds!(store.setting("k").await?.is_none());
    let retry = Fact::RetryJob {
        lane: old.lane.clone(),
        fence: old.fence,
        sequence: old.sequence,
        ready_at: make.now,
        error: String::new(),
        counts: true,
    };
    same!(store.commit(Commit::of(vec![retry])).await, STALE);
    let bury = Fact::BuryJob {
        lane: old.lane.clone(),
        fence: old.fence,
        sequence: old.sequence,
        error: String::new(),
        at: make.now,
    };
    same!(store.commit(Commit::of(vec![bury])).await, STALE);
    holds!(!store.extend("lane", old.fence, make.now, HELD_MS).await?);
    store.commit(finish(&new)).await?;
    Ok(())
}

pub(super) async fn a_step_in_the_middle_of_a_job_is_taken_only_while_its_lane_is_held(
    store: &Store,
) -> Verdict {
    let make = Sample::default();
    store.commit(Commit::of(vec![Fact::Enqueue(make.job("lane"))])).await?;
    let step = |lease: &Lease, value: &str| {
        let hold = Fact::HoldLease { lane: lease.lane.clone(), fence: lease.fence };
        let told = Fact::PutSetting { key: "step".to_owned(), value: value.to_owned() };
        Commit::of(vec![hold, told])
    };
    let old = one(store, &make, 0).await?;
    same!(store.commit(step(&old, "ran out")).await, STALE);
    let new = one(store, &make, HELD_MS).await?;
    same!(store.commit(step(&old, "taken over")).await, STALE);
    holds!(store.setting("step").await?.is_none());
    store.commit(step(&new, "held")).await?;
    same!(store.setting("step").await?, Some("held".to_owned()));
    store.commit(finish(&new)).await?;
    same!(store.commit(step(&new, "finished")).await, STALE);
    Ok(())
}

pub(super) async fn a_lease_that_ran_out_cannot_be_finished_even_when_nobody_took_it(
    store: &Store,
) -> Verdict {
    let make = Sample::default();
    store.commit(Commit::of(vec![Fact::Enqueue(make.job("lane"))])).await?;
    let lease = one(store, &make, 0).await?;
    same!(store.commit(finish(&lease)).await, STALE);
    same!(one(store, &make, HELD_MS).await?.job, lease.job);
    Ok(())
}

pub(super) async fn a_lane_that_went_and_came_again_has_a_newer_fence(store: &Store) -> Verdict {
    let make = Sample::default();
    store.commit(Commit::of(vec![Fact::Enqueue(make.job("lane"))])).await?;
    let old = one(store, &make, HELD_MS).await?;
    store.commit(finish(&old)).await?;
    store.commit(Commit::of(vec![Fact::Enqueue(make.job("lane"))])).await?;
    let new = one(store, &make, HELD_MS).await?;
    holds!(new.fence > old.fence && new.sequence > old.sequence);
    same!(store.commit(finish(&old)).await, STALE);
    let wrong = Lease { fence: old.fence, ..new.clone() };
    same!(store.commit(finish(&wrong)).await, STALE);
    store.commit(finish(&new)).await?;
    Ok(())
}

pub(super) async fn a_retried_job_counts_and_waits(store: &Store) -> Verdict {
    let make = Sample::default();
    let facts = vec![Fact::Enqueue(make.job("lane")), Fact::Enqueue(make.job("lane"))];
    store.commit(Commit { facts }).await?;
    let lease = one(store, &make, HELD_MS).await?;
    let retry = Fact::retry(&lease, make.now.plus(100), "smtp 451".to_owned());
    store.commit(Commit::of(vec![retry.clone()])).await?;
    same!(store.commit(Commit::of(vec![retry])).await, STALE);
    holds!(store.claim("w", 9, make.now.plus(99), HELD_MS).await?.is_empty());
    let again = store.claim("w", 9, make.now.plus(100), HELD_MS).await?;
    same!(again.iter().map(|l| (l.job.clone(), l.attempts)).collect::<Vec<_>>(), vec![(lease.job, 1)]);
    Ok(())
}

pub(super) async fn a_buried_job_lies_with_the_dead_and_the_lane_goes_on(store: &Store) -> Verdict {
    let make = Sample::default();
    let jobs = [make.job("lane"), make.job("lane"), make.job("lane")];
    store.commit(Commit { facts: jobs.iter().cloned().map(Fact::Enqueue).collect() }).await?;
    for _ in 0..2 {
        let lease = one(store, &make, HELD_MS).await?;
        let bury = Fact::BuryJob {
            lane: lease.lane,
            fence: lease.fence,
            sequence: lease.sequence,
            error: "trap".to_owned(),
            at: make.now.plus(1),
        };
        store.commit(Commit::of(vec![bury])).await?;
    }
    let next = one(store, &make, HELD_MS).await?;
    same!(Some(&next.job), jobs.last().map(|j| &j.job));
    let dead = store.dead_jobs(&Page::first(1)).await?;
    same!(
        dead.iter().map(|d| &d.job).collect::<Vec<_>>(),
        jobs.iter().skip(1).take(1).map(|j| &j.job).collect::<Vec<_>>()
    );
    for body in &dead {
        same!((body.lane.as_str(), body.attempts, body.last_error.as_str()), ("lane", 1, "trap"));
        same!(body.died_at, make.now.plus(1));
        let rest = store.dead_jobs(&Page::after(body.sequence, 9)).await?;
        same!(
            rest.iter().map(|d| &d.job).collect::<Vec<_>>(),
            jobs.iter().take(1).map(|j| &j.job).collect::<Vec<_>>()
        );
    }
    Ok(())
}

pub(super) async fn a_dead_job_is_taken_away_once(store: &Store) -> Verdict {
    let make = Sample::default();
    store.commit(Commit::of(vec![Fact::Enqueue(make.job("lane"))])).await?;
    let lease = one(store, &make, HELD_MS).await?;
    let bury = Fact::BuryJob {
        lane: lease.lane.clone(),
        fence: lease.fence,
        sequence: lease.sequence,
        error: "no".to_owned(),
        at: make.now,
    };
    store.commit(Commit::of(vec![bury])).await?;
    let body = store.dead_job(&lease.lane, lease.sequence).await?;
    same!(body.map(|d| (d.job, d.last_error)), Some((lease.job.clone(), "no".to_owned())));
    holds!(store.dead_job("other", lease.sequence).await?.is_none());
    holds!(store.dead_job(&lease.lane, lease.sequence + 1).await?.is_none());
    let again = vec![
        Fact::RemoveDead { lane: lease.lane, sequence: lease.sequence },
        Fact::Enqueue(make.job("lane")),
    ];
    store.commit(Commit { facts: again.clone() }).await?;
    same!(store.commit(Commit { facts: again }).await, Err(StoreError::Stale("dead_job")));
    holds!(store.dead_jobs(&Page::default()).await?.is_empty());
    let lease = one(store, &make, HELD_MS).await?;
    store.commit(finish(&lease)).await?;
    holds!(store.claim("w", 9, make.now, HELD_MS).await?.is_empty());
    Ok(())
}

pub(super) async fn a_cleared_lane_is_empty_and_its_holder_is_stale(store: &Store) -> Verdict {
    let make = Sample::default();
    let facts = ["lane", "lane", "other"].map(|lane| Fact::Enqueue(make.job(lane))).to_vec();
    store.commit(Commit { facts }).await?;
    let old = one(store, &make, HELD_MS).await?;
    same!(old.lane, "lane");
    let fresh = make.job("lane");
    let facts = vec![Fact::ClearLane { lane: "lane".to_owned() }, Fact::Enqueue(fresh.clone())];
    store.commit(Commit { facts }).await?;
    same!(store.commit(finish(&old)).await, STALE);
    let leases = store.claim("w", 9, make.now, HELD_MS).await?;
    same!(leases.iter().map(|l| l.lane.as_str()).collect::<Vec<_>>(), ["lane", "other"]);
    same!(leases.first().map(|l| l.job.clone()), Some(fresh.job));
    same!(store.commit(finish(&old)).await, STALE);
    for lease in &leases {
        store.commit(finish(lease)).await?;
    }
    Ok(())
}

pub(super) async fn a_lease_is_prolonged_only_by_its_holder(store: &Store) -> Verdict {
    let make = Sample::default();
    store.commit(Commit::of(vec![Fact::Enqueue(make.job("lane"))])).await?;
    let lease = one(store, &make, HELD_MS).await?;
    holds!(store.extend("lane", lease.fence, make.now, 2 * HELD_MS).await?);
    holds!(!store.extend("lane", lease.fence + 1, make.now, HELD_MS).await?);
    holds!(!store.extend("other", lease.fence, make.now, HELD_MS).await?);
    // It ran out, and nobody took the lane meanwhile.
    holds!(store.extend("lane", lease.fence, make.now, 0).await?);
    holds!(store.extend("lane", lease.fence, make.now, HELD_MS).await?);
    holds!(store.claim("other", 9, make.now, HELD_MS).await?.is_empty());
    holds!(store.extend("lane", lease.fence, make.now, 0).await?);
    let next = one(store, &make, HELD_MS).await?;
    holds!(next.fence > lease.fence);
    holds!(!store.extend("lane", lease.fence, make.now, HELD_MS).await?);
    let retry = Fact::retry(&next, make.now, String::new());
    store.commit(Commit::of(vec![retry])).await?;
    holds!(!store.extend("lane", next.fence, make.now, HELD_MS).await?);
    Ok(())
}

pub(super) async fn a_finished_job_is_not_finished_twice(store: &Store) -> Verdict {
    let make = Sample::default();
    let facts = vec![Fact::Enqueue(make.job("lane")), Fact::Enqueue(make.job("lane"))];
    store.commit(Commit { facts }).await?;
    let lease = one(store, &make, HELD_MS).await?;
    store.commit(finish(&lease)).await?;
    same!(store.commit(finish(&lease)).await, STALE);
    let next = one(store, &make, HELD_MS).await?;
    let wrong = Lease { sequence: lease.sequence, ..next.clone() };
    same!(store.commit(finish(&wrong)).await, STALE);
    store.commit(finish(&next)).await?;
    Ok(())
}

pub(super) async fn a_stale_end_among_other_commits_leaves_the_lane_to_its_holder(store: &Store) -> Verdict {
    let make = Sample::default();
    let facts = vec![Fact::Enqueue(make.job("lane")), Fact::Enqueue(make.job("lane"))];
    store.commit(Commit { facts }).await?;
    let old = one(store, &make, 0).await?;
    let held = one(store, &make, HELD_MS).await?;
    let gone = Lease { sequence: held.sequence - 1, ..held.clone() };
    let commits = [
        vec![Fact::Enqueue(make.job("other"))],
        vec![Fact::finish(&old)],
        vec![Fact::Enqueue(make.job("lane")), Fact::finish(&gone)],
        vec![Fact::Enqueue(make.job("other"))],
    ];
    let results = futures::future::join_all(commits.map(|facts| store.commit(Commit { facts }))).await;
    same!(results, vec![Ok(()), STALE, STALE, Ok(())]);
    let leases = store.claim("w", 9, make.now, HELD_MS).await?;
    same!(leases.iter().map(|lease| lease.lane.as_str()).collect::<Vec<_>>(), ["other"]);
    store.commit(finish(&held)).await?;
    let next = one(store, &make, HELD_MS).await?;
    holds!(next.lane == "lane" && next.sequence > held.sequence);
    store.commit(finish(&next)).await?;
    holds!(store.claim("w", 9, make.now, HELD_MS).await?.is_empty());
    Ok(())
}

pub(super) async fn the_state_of_the_queue_adds_up(store: &Store) -> Verdict {
    let make = Sample::default();
    same!(store.queue(make.now).await?, crate::QueueState::default());
    let mut old = make.job("old");
    old.ready_at = make.now.plus(-500);
    let mut late = make.job("late");
    late.ready_at = make.now.plus(500);
    let facts = vec![
        Fact::Enqueue(old),
        Fact::Enqueue(late),
        Fact::Enqueue(make.job("a")),
        Fact::Enqueue(make.job("b")),
        Fact::Enqueue(make.job("b")),
    ];
    store.commit(Commit { facts }).await?;
    let state = store.queue(make.now).await?;
    same!((state.ready, state.waiting, state.leased, state.dead, state.oldest_ready_ms), (3, 1, 0, 0, 500));
    let lease = one(store, &make, HELD_MS).await?;
    let bury = Fact::BuryJob {
        lane: lease.lane,
        fence: lease.fence,
        sequence: lease.sequence,
        error: "no".to_owned(),
        at: make.now,
    };
    store.commit(Commit::of(vec![bury])).await?;
    one(store, &make, HELD_MS).await?;
    let state = store.queue(make.now).await?;
    same!((state.ready, state.waiting, state.leased, state.dead, state.oldest_ready_ms), (1, 1, 1, 1, 0));
    Ok(())
}

pub(super) async fn work_wakes_those_who_wait(store: &Store) -> Verdict {
    let make = Sample::default();
    let mut wakeups = store.wakeups();
    let before = *wakeups.borrow_and_update();
    store.commit(Commit::of(vec![Fact::Enqueue(make.job("lane"))])).await?;
    holds!(*wakeups.borrow_and_update() != before);
    Ok(())
}

pub(super) async fn many_workers_never_hold_the_same_lane(store: &Store) -> Verdict {
    let make = Sample::default();
    let lanes = 40;
    let facts = (0..lanes * 3).map(|n| Fact::Enqueue(make.job(&format!("lane{}", n % lanes)))).collect();
    store.commit(Commit { facts }).await?;
    let held = std::sync::Mutex::new(std::collections::HashSet::new());
    let worker = |name: String| {
        let (held, make) = (&held, &make);
        async move {
            let mut done = 0;
            loop {
                let leases = store.claim(&name, 3, make.now, HELD_MS).await?;
                if leases.is_empty() {
                    return Ok::<usize, Broken>(done);
                }
                for lease in &leases {
                    let first = held.lock().is_ok_and(|mut set| set.insert(lease.lane.clone()));
                    if !first {
                        return Err(Broken(format!("{} is held twice", lease.lane)));
                    }
                }
                for lease in &leases {
                    if let Ok(mut set) = held.lock() {
                        set.remove(&lease.lane);
                    }
                    store.commit(finish(lease)).await?;
                    done += 1;
                }
            }
        }
    };
    let done = futures::future::try_join_all((0..6).map(|n| worker(format!("w{n}")))).await?;
    let mut total: usize = done.iter().sum();
    // A worker that found every lane held went home early; whoever is last finds the rest.
    total += worker("last".to_owned()).await?;
    same!(total, lanes * 3);
    Ok(())
}
