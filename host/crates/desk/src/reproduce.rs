//! A failed run as one file for the plugin's author.

use domain::Refusal;
use domain::id::RunId;
use domain::reproducer::{REPRODUCER_FORMAT, Reproducer, blanked_answers};

use crate::{Desk, DeskError};

impl Desk {
    /// What the author needs to see the fault again: `kulanz plugin run --replay`.
    ///
    /// # Errors
    /// When there is no such run, it did not fail, or its input was not kept (redaction).
    pub async fn reproducer(&self, id: RunId) -> Result<Reproducer, DeskError> {
        let run = self.0.store.run(id).await?.ok_or_else(|| DeskError::missing("run", id))?;
        let Some(fault) = run.fault else {
            return Err(Refusal::new("no_fault", "The run ended well: there is nothing to reproduce.").into());
        };
        let Some(case) = run.case else {
            let sentence = "What this run was given was not kept: a text before redaction never is, and a run that could not be started was given nothing.";
            return Err(Refusal::new("no_case", sentence).into());
        };
        Ok(Reproducer {
            kulanz_reproducer: REPRODUCER_FORMAT,
            plugin_id: run.plugin_id,
            plugin_version: run.plugin_version,
            digest: run.digest,
            hook: run.hook,
            now: run.started_at,
            seed: run.seed,
            answers: blanked_answers(run.answers, &case.grants),
            case: *case,
            fault,
            fuel: run.fuel,
            log: run.log,
        })
    }
}
