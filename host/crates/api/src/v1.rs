//! Version 1: the list of resources. Each has a file with its shapes, its handlers and its routes.

mod articles;
mod attachments;
mod audit;
mod automation;
mod contacts;
mod curve;
mod decisions;
mod events;
mod gate;
mod inbound;
mod installations;
mod intakes;
mod ledger;
mod marks;
mod merges;
mod messages;
mod plugins;
mod queue;
mod redactions;
mod runs;
mod schedules;
mod stories;
mod suppressions;
mod tickets;
mod tokens;
mod values;
mod vault;
mod versions;
mod webhooks;

use utoipa_axum::router::OpenApiRouter;

use crate::Api;
use crate::extract::{JSON_BYTES_MAX, up_to};

/// Groups of routes in the document, in reading order.
pub(crate) const TAGS: [(&str, &str); 16] = [
    ("tickets", "Cases, with their messages, their history and the reason for every automatic step."),
    ("messages", "Single messages."),
    ("vault", "Seeing values again that were replaced by placeholders: with a right, a reason and an end."),
    ("contacts", "Who asks; handing out and erasing what is kept of them."),
    ("events", "Everything that happened, as one feed."),
    ("runs", "Calls of plugins."),
    ("decisions", "What became of each effect that a plugin proposed; accepting and declining suggestions."),
    ("inbound", "Handing in raw mail."),
    ("articles", "The knowledge base."),
    ("plugins", "Looking at a plugin before it is installed."),
    (
        "installations",
        "Installed plugins: mode, grants, settings, limits, quarantine, versions, ledger, values.",
    ),
    ("schedules", "Cron schedules of installations."),
    ("webhooks", "Endpoints that are told of events."),
    ("tokens", "API tokens."),
    ("suppressions", "Addresses that get no automatic mail."),
    (
        "operations",
        "The queue, what is held, the gate of automatic mail, the switch for all automation, the audit trail.",
    ),
];

/// All routes of version 1.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .merge(tickets::routes())
        .merge(merges::routes())
        .merge(messages::routes())
        .merge(attachments::routes())
        .merge(events::routes())
        .merge(runs::routes())
        .merge(decisions::routes())
        .merge(redactions::routes())
        .merge(vault::routes())
        .merge(marks::routes())
        .merge(stories::routes())
        .merge(contacts::routes())
        .merge(inbound::routes())
        .merge(articles::routes())
        .merge(plugins::routes())
        .merge(installations::routes())
        .merge(versions::routes())
        .merge(ledger::routes())
        .merge(values::routes())
        .merge(curve::routes())
        .merge(schedules::routes())
        .merge(webhooks::routes())
        .merge(tokens::routes())
        .merge(suppressions::routes())
        .merge(intakes::routes())
        .merge(queue::routes())
        .merge(automation::routes())
        .merge(gate::routes())
        .merge(audit::routes())
        .layer(up_to(JSON_BYTES_MAX))
}
