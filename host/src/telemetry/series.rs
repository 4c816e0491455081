//! All metrics of the house in one list: what each tells, its labels, and what stands at 0 from the start. The table in
//! `docs/operations.md` is this list; who counts what is the floors' business.

use metrics::{Label, describe_counter, describe_gauge, describe_histogram};

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Only ever grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How values are spread.
    Histogram,
}

/// A label with its values; none where they are not known before they come.
type Labels = &'static [(&'static str, &'static [&'static str])];

/// One metric.
struct Series {
    name: &'static str,
    kind: Kind,
    labels: Labels,
    tells: &'static str,
}

const fn counter(name: &'static str, labels: Labels, tells: &'static str) -> Series {
    Series { name, kind: Kind::Counter, labels, tells }
}

const fn gauge(name: &'static str, labels: Labels, tells: &'static str) -> Series {
    Series { name, kind: Kind::Gauge, labels, tells }
}

const fn histogram(name: &'static str, labels: Labels, tells: &'static str) -> Series {
    Series { name, kind: Kind::Histogram, labels, tells }
}

/// Any plugin.
const PLUGIN: (&str, &[&str]) = ("plugin", &[]);
/// Any mailbox.
const MAILBOX: (&str, &[&str]) = ("mailbox", &[]);

/// In the order of the table.
const SERIES: &[Series] = &[
    counter(
        "kulanz_intake_held_total",
        &[],
        "requests that could not be redacted and are held: should stay still",
    ),
    counter(
        "kulanz_redaction_leftover_total",
        &[("class", &["CREDIT_CARD", "DE_TAX_ID", "IBAN"])],
        "texts in which a number was left after redaction: a rule is missing",
    ),
    counter(
        "kulanz_leases_lost_total",
        &[],
        "jobs whose lease ran out while they were worked: should stay 0",
    ),
    counter(
        "kulanz_jobs_total",
        &[("kind", &["intake", "turn", "deliver", "webhook", "timer"]), ("outcome", &["ok", "failed"])],
        "jobs worked",
    ),
    counter(
        "kulanz_commits_stale_total",
        &[("what", &[])],
        "commits that found something changed meanwhile and were tried anew",
    ),
    gauge(
        "kulanz_queue",
        &[("state", &["ready", "waiting", "leased", "dead"])],
        "lanes that are `ready`, `waiting`, `leased` or `dead`",
    ),
    gauge(
        "kulanz_queue_oldest_ready_seconds",
        &[],
        "how long the oldest ready job has waited: the first sign that the house is too slow",
    ),
    gauge(
        "kulanz_clock_difference_seconds",
        &[],
        "how far PostgreSQL's clock is ahead of this host's (negative: behind); not with SQLite",
    ),
    counter("kulanz_runs_total", &[PLUGIN, ("hook", &[]), ("outcome", &[])], "runs of plugins"),
    histogram("kulanz_run_seconds", &[PLUGIN], "how long runs took"),
    counter("kulanz_run_fuel_total", &[PLUGIN], "what they cost in fuel"),
    counter("kulanz_plugin_cpu_microseconds_total", &[PLUGIN], "what they cost in processor time"),
    histogram("kulanz_plugin_memory_bytes", &[PLUGIN], "how much memory they took at most"),
    counter("kulanz_plugin_reads_total", &[PLUGIN, ("class", &[])], "classes of fields that plugins read"),
    counter(
        "kulanz_plugin_http_bytes_total",
        &[PLUGIN, ("host", &[]), ("direction", &["out", "in"])],
        "what plugins sent (`out`) and received (`in`)",
    ),
    counter("kulanz_plugin_corrected_total", &[PLUGIN], "effects that people took back"),
    counter("kulanz_plugin_quarantined_total", &[], "plugins that were put into quarantine"),
    counter("kulanz_plugin_rolled_back_total", &[], "new versions that were put back by themselves"),
    counter("kulanz_schedule_firings_total", &[], "firings of schedules"),
    counter("kulanz_mail_sent_total", &[], "mails handed over"),
    counter(
        "kulanz_mail_failures_total",
        &[("kind", &["transient", "unknown", "permanent", "credentials"])],
        "mails that could not be: tried again (`transient`; a person's of which nobody knows whether it arrived: `unknown`), refused for good (`permanent`), or the login was refused",
    ),
    counter(
        "kulanz_mail_unknown_total",
        &[],
        "mails of which nobody knows whether they arrived, and which are not sent again",
    ),
    counter(
        "kulanz_mail_kept_back_total",
        &[("state", &["held", "suppressed"])],
        "automatic mails that the gate kept back: until a person decides (`held`), or for good (`suppressed`)",
    ),
    gauge("kulanz_mailbox_open", &[MAILBOX], "whether a mailbox is connected (1) or not (0)"),
    counter(
        "kulanz_mailbox_mails_total",
        &[MAILBOX, ("outcome", &["kept", "known", "refused", "stuck"])],
        "mails taken from mailboxes",
    ),
    counter("kulanz_mailbox_failures_total", &[MAILBOX], "connections to mailboxes that broke"),
    counter("kulanz_webhook_failures_total", &[], "calls of webhooks that failed"),
    counter("kulanz_http_requests_total", &[("method", &[]), ("route", &[]), ("status", &[])], "requests"),
    histogram("kulanz_http_request_seconds", &[("method", &[]), ("route", &[])], "how long they took"),
    counter(
        "kulanz_api_too_many_total",
        &[("whose", &["token", "network"])],
        "requests to the API that were refused because they came too often: of a token, or without a valid one from a network",
    ),
    counter(
        "kulanz_http_panics_total",
        &[],
        "requests that ended in a panic: should stay 0, and each is worth a report",
    ),
];

/// Says what each metric tells, and lets each counter whose labels are known begin at 0: what never happened is told
/// apart from what nobody counts.
pub(super) fn introduce() {
    for series in SERIES {
        match series.kind {
            Kind::Counter => {
                describe_counter!(series.name, series.tells);
                for labels in series.known() {
                    metrics::counter!(series.name, labels).increment(0);
                }
            }
            Kind::Gauge => describe_gauge!(series.name, series.tells),
            Kind::Histogram => describe_histogram!(series.name, series.tells),
        }
    }
}

impl Series {
    /// Every combination of labels that is known beforehand; one without any where it has none.
    fn known(&self) -> Vec<Vec<Label>> {
        let mut known: Vec<Vec<Label>> = vec![Vec::new()];
        for (label, values) in self.labels {
            let mut longer = Vec::new();
            for labels in &known {
                for value in *values {
                    let mut labels = labels.clone();
                    labels.push(Label::from_static_parts(label, value));
                    longer.push(labels);
                }
            }
            known = longer;
        }
        known
    }
}

#[cfg(test)]
mod tests {
    use channels::ChannelError;
    use domain::Timestamp;
    use domain::id::{CountingIds, EventId, InstallationId, IntakeId, MessageId, TicketId, WebhookId};
    use domain::job::Job;

    use super::*;

    #[test]
    fn the_operators_table_is_this_list() {
        let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operations.md");
        let page = std::fs::read_to_string(page).unwrap();
        let table: Vec<&str> = page.lines().filter(|line| line.starts_with("| `kulanz_")).collect();
        let list: Vec<String> = SERIES
            .iter()
            .map(|series| {
                let labels: Vec<String> =
                    series.labels.iter().map(|(label, _)| format!("`{label}`")).collect();
                format!("| `{}` | {} | {} |", series.name, labels.join(", "), series.tells)
                    .replace("|  |", "| |")
            })
            .collect();
        assert_eq!(table, list);
    }

    #[test]
    fn kinds_of_jobs_and_failures_are_called_as_they_are_counted() {
        let values = |name: &str| {
            let series = SERIES.iter().find(|series| series.name == name).unwrap();
            series.labels.iter().find(|(label, _)| *label == "kind").unwrap().1
        };
        let (ids, at) = (CountingIds::default(), Timestamp(0));
        let (event_id, ticket_id) = (EventId::mint(&ids, at), TicketId::mint(&ids, at));
        let jobs = [
            Job::Intake { intake_id: IntakeId::mint(&ids, at) },
            Job::Turn { event_id, only: None, hook: None },
            Job::Deliver { message_id: MessageId::mint(&ids, at) },
            Job::Webhook { webhook_id: WebhookId::mint(&ids, at), event_id },
            Job::Timer {
                ticket_id,
                installation_id: InstallationId::mint(&ids, at),
                key: String::new(),
                depth: 0,
                cause: None,
            },
        ];
        assert_eq!(values("kulanz_jobs_total"), jobs.map(|job| job.name()));
        let failures = [
            ChannelError::transient(""),
            ChannelError::Unknown { why: String::new() },
            ChannelError::permanent(""),
            ChannelError::Credentials { why: String::new() },
        ];
        assert_eq!(values("kulanz_mail_failures_total"), failures.map(|failure| failure.kind()));
    }

    #[test]
    fn known_labels_stand_at_0_from_the_start_and_unknown_ones_do_not() {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, introduce);
        let text = recorder.handle().render();
        for line in [
            "# HELP kulanz_leases_lost_total jobs whose lease ran out while they were worked: should stay 0",
            "kulanz_leases_lost_total 0",
            "kulanz_jobs_total{kind=\"turn\",outcome=\"failed\"} 0",
            "kulanz_mail_failures_total{kind=\"credentials\"} 0",
            "kulanz_mail_kept_back_total{state=\"suppressed\"} 0",
        ] {
            assert!(text.lines().any(|said| said == line), "{line} is not among\n{text}");
        }
        assert!(!text.contains("kulanz_runs_total"), "{text}");
    }
}
