//! Schedules: what is due becomes an event under a key (schedule, due time), so a firing happens once
//! however many hosts look. The plan is `domain::schedule`'s; this executes it.

use std::collections::BTreeMap;

use domain::event::{Event, EventType};
use domain::id::ScheduleId;
use domain::job::NewJob;
use domain::plugin::{Installation, Schedule};
use domain::schedule::{Admission, Cron, Plan, admit, due};
use domain::snapshot::Firing;
use domain::{Actor, Refusal, Timestamp};
use store::{Commit, Fact, StoreError};

use crate::{Desk, DeskError};

/// Key, among the settings, of the time zone rules that firings were planned with.
const ZONE_RULES: &str = "zone_rules";

/// Firings to be committed.
struct Firings {
    facts: Vec<Fact>,
    /// How many of them run; the others are skipped.
    started: u32,
}

impl Desk {
    /// Plans every next firing anew after a build with other time zone rules has come: the firing that
    /// stood there moves with its zone, and none is lost or doubled.
    pub(crate) async fn follow_zone_rules(&self) -> Result<(), DeskError> {
        use domain::schedule::ZONE_RULES as RULES;
        if self.0.store.setting(ZONE_RULES).await?.as_deref() == Some(RULES) {
            return Ok(());
        }
        for schedule in self.0.store.schedules().await? {
            let Ok(cron) = Cron::parse(&schedule.declaration.cron, &schedule.declaration.zone) else {
                continue;
            };
            let moved = schedule.next_at.and_then(|at| cron.nearest(at, schedule.last_for));
            if moved == schedule.next_at {
                continue;
            }
            tracing::info!(schedule = %schedule.id, rules = RULES, "its zone's rules changed: its next firing moves");
            let step = Fact::SetScheduleNext {
                schedule_id: schedule.id,
                next_at: moved,
                last_for: None,
                expect_next: schedule.next_at,
            };
            match self.0.store.commit(Commit { facts: vec![step] }).await {
                // Another host was faster.
                Ok(()) | Err(StoreError::Stale(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let rules = Fact::PutSetting { key: ZONE_RULES.to_owned(), value: RULES.to_owned() };
        Ok(self.0.store.commit(Commit { facts: vec![rules] }).await?)
    }

    /// Fires every schedule that is due; answers how many firings were made.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn fire_due_schedules(&self) -> Result<u32, DeskError> {
        let mut fired = 0;
        for schedule in self.0.store.due_schedules(self.now()).await? {
            match self.fire(&schedule).await {
                Ok(count) => fired += count,
                // Another host was faster: the key has decided.
                Err(DeskError::Store(StoreError::Stale(_) | StoreError::Conflict(_))) => {}
                // One that cannot be planned must not keep the others from firing.
                Err(DeskError::Refused(refusal)) => {
                    tracing::error!(schedule = %schedule.id, %refusal, "a schedule cannot be fired");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(fired)
    }

    /// The schedules that an installation's manifest declares. One that was there under the same name goes
    /// on: an upgrade neither switches it on again nor forgets what it fired.
    pub(crate) async fn schedules_of(&self, installation: &Installation) -> Result<Vec<Schedule>, DeskError> {
        let now = self.now();
        let standing = self.0.store.schedules().await?.into_iter();
        let mut standing: BTreeMap<String, Schedule> = standing
            .filter(|s| s.installation_id == installation.id)
            .map(|s| (s.declaration.name.clone(), s))
            .collect();
        let mut schedules = Vec::new();
        for declaration in &installation.manifest.schedules {
            let cron = Cron::parse(&declaration.cron, &declaration.zone)?;
            let before = standing.remove(&declaration.name);
            let same_times = before.as_ref().is_some_and(|b| {
                (&b.declaration.cron, &b.declaration.zone) == (&declaration.cron, &declaration.zone)
            });
            schedules.push(Schedule {
                id: before.as_ref().map_or_else(|| ScheduleId::mint(self.0.ids.as_ref(), now), |b| b.id),
                installation_id: installation.id,
                declaration: declaration.clone(),
                enabled: before.as_ref().is_none_or(|b| b.enabled),
                next_at: match &before {
                    Some(before) if same_times => before.next_at,
                    _ => cron.next_after(now),
                },
                last_for: before.and_then(|b| b.last_for),
            });
        }
        Ok(schedules)
    }

    /// Fires a schedule now, beside its times: those stay as they are.
    ///
    /// # Errors
    /// When there is none of that id, or it may not run again before its last firing has ended.
    pub async fn fire_now(&self, id: ScheduleId, actor: Actor) -> Result<(), DeskError> {
        let now = self.now();
        let all = self.0.store.schedules().await?;
        let schedule =
            all.into_iter().find(|s| s.id == id).ok_or_else(|| DeskError::missing("schedule", id))?;
        let plan = Plan { fire: vec![now], next: schedule.next_at, missed: 0 };
        let Firings { mut facts, started } = self.firings(&schedule, &plan).await?;
        if started == 0 {
            let sentence =
                "Its last firing is still being worked, and it may not run twice at a time: wait for it.";
            return Err(Refusal::new("still_running", sentence).into());
        }
        facts.push(self.audit(&actor, "schedule.fired", id, serde_json::Value::Null));
        match self.0.store.commit(Commit { facts }).await {
            // Somebody else fired it in the same millisecond.
            Err(StoreError::Conflict("schedule_fire")) => Ok(()),
            committed => Ok(committed?),
        }
    }

    async fn fire(&self, schedule: &Schedule) -> Result<u32, DeskError> {
        let declaration = &schedule.declaration;
        let cron = Cron::parse(&declaration.cron, &declaration.zone)?;
        let plan = due(&cron, schedule.last_for, schedule.next_at, self.now(), declaration.missed);
        let Firings { mut facts, started } = self.firings(schedule, &plan).await?;
        facts.push(Fact::SetScheduleNext {
            schedule_id: schedule.id,
            next_at: plan.next,
            last_for: plan.fire.last().copied(),
            expect_next: schedule.next_at,
        });
        match self.0.store.commit(Commit { facts }).await {
            Err(StoreError::Conflict("schedule_fire")) => return self.step_over(schedule, &plan).await,
            committed => committed?,
        }
        metrics::counter!("kulanz_schedule_firings_total").increment(u64::from(started));
        Ok(started)
    }

    /// The firings of a plan, as far as its earlier ones let them run.
    async fn firings(&self, schedule: &Schedule, plan: &Plan) -> Result<Firings, DeskError> {
        let now = self.now();
        let lane = schedule.id.to_string();
        let mut runs = self.0.store.schedule_busy(schedule.id).await?;
        let mut waiting =
            u32::try_from(self.0.store.schedule_waiting(schedule.id).await?).unwrap_or(u32::MAX);
        let mut facts = Vec::new();
        let mut started = 0;
        for at in &plan.fire {
            let admission = admit(schedule.declaration.overlap, runs, waiting);
            let event = self.firing_event(schedule, *at, plan, now, admission);
            facts.push(Fact::FireSchedule {
                schedule_id: schedule.id,
                scheduled_for: *at,
                event_id: event.id,
            });
            match admission {
                Admission::Skip(_) => {}
                Admission::StartBeside => {
                    facts.push(Fact::Enqueue(NewJob::turn(format!("{lane}/{}", at.0), event.id, now)));
                    started += 1;
                }
                Admission::CancelAndStart => {
                    facts.push(Fact::ClearLane { lane: lane.clone() });
                    facts.push(Fact::Enqueue(NewJob::turn(&lane, event.id, now)));
                    started += 1;
                }
                Admission::Start | Admission::Wait => {
                    facts.push(Fact::Enqueue(NewJob::turn(&lane, event.id, now)));
                    started += 1;
                    waiting += u32::from(runs);
                    runs = true;
                }
            }
            facts.extend(self.house_facts(event).await);
        }
        Ok(Firings { facts, started })
    }

    /// The oldest firing of a plan has been made already. When another host was faster it has moved the
    /// schedule on, and this comes too late; else nobody has, and the schedule would stand still for ever.
    async fn step_over(&self, schedule: &Schedule, plan: &Plan) -> Result<u32, DeskError> {
        let step = Fact::SetScheduleNext {
            schedule_id: schedule.id,
            next_at: plan.fire.get(1).copied().or(plan.next),
            last_for: plan.fire.first().copied(),
            expect_next: schedule.next_at,
        };
        self.0.store.commit(Commit { facts: vec![step] }).await?;
        Ok(0)
    }

    fn firing_event(
        &self,
        schedule: &Schedule,
        at: Timestamp,
        plan: &Plan,
        now: Timestamp,
        admission: Admission,
    ) -> Event {
        let firing = Firing {
            schedule: schedule.declaration.name.clone(),
            scheduled_for: at,
            fired_at: now,
            missed: plan.missed,
        };
        let (kind, skipped) = match admission {
            Admission::Skip(why) => (EventType::ScheduleSkipped, Some(why)),
            Admission::Start | Admission::Wait | Admission::StartBeside | Admission::CancelAndStart => {
                (EventType::ScheduleFired, None)
            }
        };
        self.house_event(
            kind,
            serde_json::json!({
                "schedule": schedule.declaration.name, "schedule_id": schedule.id,
                "installation_id": schedule.installation_id, "firing": firing, "skipped": skipped,
            }),
        )
    }
}

#[cfg(test)]
mod tests;
