//! `kulanz plugin curve`: what an answering plugin would have been worth on this house's own past questions, and which
//! threshold keeps a promise.

use std::fmt::Write as _;

use clap::Args;
use desk::AnswerCurve;
use domain::article::curve::Point;

use super::manage::find;
use crate::cli::{Ground, instead, operator, screen};

/// Every so many hundredths of the curve is shown on a terminal.
const SHOWN_EVERY: usize = 5;

#[derive(Debug, Args)]
pub(in crate::cli) struct Curve {
    /// Plugin id or installation id
    plugin: String,
    /// Ask the first questions of the newest so many tickets again
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    tickets: u32,
    /// Share of right answers that the threshold has to keep
    #[arg(long, value_name = "SHARE", default_value_t = 0.95)]
    promise: f64,
    /// Put the lowest threshold that keeps it in force
    #[arg(long)]
    set: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Curve {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let house = ground.house(instead::CURVE).await?;
        let id = find(&house.desk, &self.plugin).await?.installation.id;
        let curve = Box::pin(house.desk.answer_curve(id, self.tickets, self.promise)).await?;
        if self.json {
            screen::json(&curve)?;
        } else {
            screen::line(told(&curve).trim_end())?;
        }
        if self.set {
            Box::pin(house.desk.choose_threshold(id, &curve, operator())).await?;
            screen::say("The threshold is in force.");
        }
        house.close().await;
        Ok(())
    }
}

fn told(curve: &AnswerCurve) -> String {
    let mut out = String::new();
    let written = tell(&mut out, curve);
    debug_assert!(written.is_ok());
    out
}

fn tell(out: &mut String, curve: &AnswerCurve) -> std::fmt::Result {
    let questions = curve.questions();
    if questions == 0 {
        return writeln!(
            out,
            "In {} nobody has said yet what was right: let the plugin suggest (mode suggest), and send its suggestions or have answers rated.",
            screen::count(u64::from(curve.tickets), "ticket")
        );
    }
    writeln!(
        out,
        "{} from {}: {} where an article helped, {} where an agent sent one, {} where the answer did not help, {} answered in an agent's own words.",
        screen::count(u64::from(questions), "question"),
        screen::count(u64::from(curve.tickets), "ticket"),
        curve.helped,
        curve.sent,
        curve.not_helped,
        curve.own_words
    )?;
    if curve.faults > 0 {
        writeln!(
            out,
            "{} failed and count as not answered.",
            screen::count(u64::from(curve.faults), "call")
        )?;
    }
    writeln!(out, "\n  threshold   sent   right   precision   at least   of the answerable")?;
    for point in curve.points.iter().step_by(SHOWN_EVERY) {
        row(out, "", point)?;
    }
    curve.now.iter().try_for_each(|now| row(out, "  in force", now))?;
    curve.chosen.iter().try_for_each(|chosen| row(out, "  keeps the promise", chosen))?;
    match &curve.chosen {
        Some(chosen) => writeln!(
            out,
            "\n{:.2} is the lowest threshold that keeps {:.1} %. --set puts it in force.",
            chosen.threshold,
            curve.promise * 100.0
        ),
        None => writeln!(
            out,
            "\nNo threshold keeps {:.1} % on these questions: few answers prove little, so let it suggest until more were rated; or promise less.",
            curve.promise * 100.0
        ),
    }
}

fn row(out: &mut String, what: &str, point: &Point) -> std::fmt::Result {
    let Point { threshold, sent, right, precision, floor, answered } = *point;
    writeln!(
        out,
        "  {threshold:>9.2} {sent:>6} {right:>7} {:>9.1} % {:>8.1} % {:>17.1} %{what}",
        precision * 100.0,
        floor * 100.0,
        answered * 100.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_house_without_rated_answers_is_told_how_to_get_some() {
        let text = told(&AnswerCurve { tickets: 1, ..AnswerCurve::default() });
        assert!(text.starts_with("In 1 ticket nobody has said yet what was right"), "{text}");
    }

    #[test]
    fn a_curve_ends_with_the_threshold_that_keeps_the_promise() {
        let point =
            Point { threshold: 0.62, sent: 40, right: 40, precision: 1.0, floor: 0.983, answered: 0.5 };
        let mut curve = AnswerCurve {
            tickets: 90,
            helped: 60,
            own_words: 20,
            promise: 0.95,
            in_force: 0.8,
            points: vec![point],
            chosen: Some(point),
            ..AnswerCurve::default()
        };
        let text = told(&curve);
        assert!(text.starts_with("80 questions from 90 tickets: 60 where an article helped"), "{text}");
        assert!(
            text.contains(
                "0.62     40      40     100.0 %     98.3 %              50.0 %  keeps the promise"
            ),
            "{text}"
        );
        assert!(text.contains("0.62 is the lowest threshold that keeps 95.0 %"), "{text}");
        curve.chosen = None;
        assert!(told(&curve).contains("No threshold keeps 95.0 %"));
    }
}
