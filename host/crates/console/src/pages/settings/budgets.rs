//! The budgets of automatic mail: what holds now beside what the configuration says, and a form for each.

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use desk::DeskError;
use domain::gate::Budgets;
use domain::{Actor, Refusal};
use maud::{Markup, html};
use serde::Deserialize;

use crate::Console;
use crate::pages::Visit;
use crate::session::Administrator;

/// Where they are changed.
pub(super) const PATH: &str = "/settings/budgets";
/// The budget that counts the whole house.
const OF_THE_HOUSE: &str = "total_hour";
/// The button that puts a budget back.
const CONFIGURED: &str = "configured";

/// What the form of a budget sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Changed {
    /// Its name.
    name: String,
    /// How much it shall be.
    value: String,
    /// Which button: `configured` puts it back, anything else sets the value.
    to: String,
}

/// How they stand.
pub(super) struct Standing {
    now: Budgets,
    /// What the configuration says.
    configured: Budgets,
    /// Automatic messages of the last hour.
    used: i64,
}

/// Changes one from now on, or puts it back to what the configuration says.
pub(crate) async fn change(
    State(console): State<Console>,
    admin: Administrator,
    visit: Visit,
    sent: Result<Form<Changed>, FormRejection>,
) -> Response {
    let done = match sent {
        Ok(Form(changed)) => set(&console, changed, admin.0).await,
        Err(_) => Err(visit.unreadable().into()),
    };
    match done {
        Ok(()) => Redirect::to(&visit.spoken.link(super::PATH, &[("saved", "yes")])).into_response(),
        Err(DeskError::Refused(refusal)) => {
            let why = visit.tell(&refusal.sentence);
            super::page(&console, &visit, Some(&why)).await
        }
        Err(error) => visit.failed(error),
    }
}

async fn set(console: &Console, changed: Changed, actor: Actor) -> Result<(), DeskError> {
    let value = match changed.to.as_str() {
        CONFIGURED => None,
        _ => Some(count(&changed.value)?),
    };
    console.desk.change_budgets(&[(changed.name, value)], actor).await.map(drop)
}

fn count(typed: &str) -> Result<i64, Refusal> {
    let sentence = "Write a budget as a whole number: 0 (none leave) or more.";
    typed.trim().parse().map_err(|_| Refusal::new("bad_request", sentence).at("value"))
}

/// Asks how they stand.
pub(super) async fn standing(console: &Console) -> Result<Standing, DeskError> {
    Ok(Standing {
        now: console.desk.budgets().await?,
        configured: console.desk.config().gate.clone(),
        used: console.desk.automatic_this_hour().await?,
    })
}

/// All of them.
pub(super) fn table(visit: &Visit, standing: &Standing) -> Markup {
    let (texts, words) = (visit.setting_texts(), visit.texts());
    let heads = [words.name, texts.holds_now, texts.configured, texts.used, texts.change];
    let pairs = standing.now.named().into_iter().zip(standing.configured.named());
    html! {
        table {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody {
                @for ((name, value), (_, configured)) in pairs {
                    tr {
                        th scope="row" data-name=(words.name) { code { (name) } }
                        td data-name=(texts.holds_now) { (value) }
                        td data-name=(texts.configured) { (configured) }
                        td data-name=(texts.used) { @if name == OF_THE_HOUSE { (standing.used) } @else { (texts.counted_each) } }
                        td data-name=(texts.change) { (form(visit, name, value, value != configured)) }
                    }
                }
            }
        }
    }
}

/// Enter takes the first button.
fn form(visit: &Visit, name: &str, value: i64, is_changed: bool) -> Markup {
    let (texts, words) = (visit.setting_texts(), visit.texts());
    html! {
        form.buttons method="post" action=(visit.spoken.link(PATH, &[])) {
            input type="hidden" name="name" value=(name);
            input name="value" type="number" min="0" required aria-label=(name) value=(value);
            button type="submit" { (words.save) }
            @if is_changed { button type="submit" name="to" value=(CONFIGURED) { (texts.as_configured) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_a_whole_number() {
        assert_eq!((count(" 12 ").unwrap(), count("0").unwrap()), (12, 0));
        for typed in ["", "many", "1.5", "1e3", "99999999999999999999"] {
            assert_eq!(count(typed).unwrap_err().field.as_deref(), Some("value"), "{typed}");
        }
    }
}
