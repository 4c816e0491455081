//! What to ask a running server instead: the API call for each command that needs the database.

/// `kulanz explain`
pub(super) const STORY: &str = "GET /api/v1/tickets/{number}/story";
/// `kulanz ingest`
pub(super) const INGEST: &str = "POST /api/v1/inbound/mail";
/// `kulanz plugin install`
pub(super) const INSTALL: &str = "POST /api/v1/installations";
/// `kulanz plugin list`, `show`, `settings`
pub(super) const INSTALLATIONS: &str = "GET /api/v1/installations";
/// `kulanz plugin mode`, `allow`, `settings --set`
pub(super) const MODE: &str = "PATCH /api/v1/installations/{id}";
/// `kulanz plugin upgrade`
pub(super) const UPGRADE: &str = "POST /api/v1/installations/{id}/upgrade/consent";
/// `kulanz plugin rollback`
pub(super) const ROLLBACK: &str = "POST /api/v1/installations/{id}/rollback";
/// `kulanz plugin versions`
pub(super) const VERSIONS: &str = "GET /api/v1/installations/{id}/versions";
/// `kulanz plugin ledger`
pub(super) const LEDGER: &str = "GET /api/v1/installations/{id}/ledger";
/// `kulanz plugin curve`
pub(super) const CURVE: &str = "POST /api/v1/installations/{id}/curve";
/// `kulanz redact --try`
pub(super) const TRY: &str = "POST /api/v1/redactions/try";
/// `kulanz plugin reproduce`
pub(super) const REPRODUCE: &str = "GET /api/v1/runs/{id}/reproducer";
/// `kulanz plugin remove`
pub(super) const REMOVE: &str = "DELETE /api/v1/installations/{id}";
/// `kulanz plugin logs`
pub(super) const RUNS: &str = "GET /api/v1/runs";
/// `kulanz token create`
pub(super) const NEW_TOKEN: &str = "POST /api/v1/tokens";
/// `kulanz token list`
pub(super) const TOKENS: &str = "GET /api/v1/tokens";
/// `kulanz token revoke`
pub(super) const REVOKE: &str = "DELETE /api/v1/tokens/{id}";
/// `kulanz article import`
pub(super) const IMPORT_ARTICLES: &str = "POST /api/v1/articles/import";
/// `kulanz article list`
pub(super) const ARTICLES: &str = "GET /api/v1/articles";
/// `kulanz schedule`
pub(super) const SCHEDULES: &str = "GET /api/v1/schedules";
/// `kulanz schedule fire`
pub(super) const FIRE: &str = "POST /api/v1/schedules/{id}/fire";
/// `kulanz queue show`
pub(super) const QUEUE: &str = "GET /api/v1/queue";
/// `kulanz queue dead`
pub(super) const DEAD: &str = "GET /api/v1/queue/dead";
/// `kulanz queue retry`
pub(super) const RETRY: &str = "POST /api/v1/queue/dead/retry";
/// `kulanz audit`
pub(super) const AUDIT: &str = "GET /api/v1/audit";
/// `kulanz automation show`
pub(super) const AUTOMATION: &str = "GET /api/v1/automation";
/// `kulanz automation on`, `off`
pub(super) const SET_AUTOMATION: &str = "PUT /api/v1/automation";
/// `kulanz gate show`
pub(super) const GATE: &str = "GET /api/v1/gate";
/// `kulanz gate set`, `reset`
pub(super) const SET_GATE: &str = "PATCH /api/v1/gate";
/// `kulanz gate held`
pub(super) const HELD: &str = "GET /api/v1/gate/held";
/// `kulanz gate send`
pub(super) const SEND_HELD: &str = "POST /api/v1/gate/held/{id}/send";
/// `kulanz gate discard`
pub(super) const DISCARD_HELD: &str = "POST /api/v1/gate/held/{id}/discard";
/// `kulanz person export`
pub(super) const EXPORT: &str = "GET /api/v1/contacts/{id}/export";
/// `kulanz person erase`
pub(super) const ERASE: &str = "DELETE /api/v1/contacts/{id}";
/// `kulanz redact`
pub(super) const RETRO: &str = "POST /api/v1/redactions/stored";
/// `kulanz retention`
pub(super) const RETENTION: &str = "POST /api/v1/retention";
/// `kulanz plugin values`
pub(super) const VALUES: &str = "GET /api/v1/installations/{id}/values";
/// `kulanz plugin values --import`
pub(super) const PUT_VALUES: &str = "PUT /api/v1/installations/{id}/values";
/// `kulanz plugin values --clear`
pub(super) const CLEAR_VALUES: &str = "DELETE /api/v1/installations/{id}/values";
/// `kulanz db check`
pub(super) const READY: &str = "GET /readyz";

#[cfg(test)]
mod tests {
    #[test]
    fn every_call_named_to_people_is_there() {
        let document: serde_json::Value = serde_json::from_str(&api::openapi()).unwrap();
        let source = include_str!("instead.rs");
        let calls: Vec<&str> =
            source.lines().filter_map(|l| l.split("&str = \"").nth(1)?.split('"').next()).collect();
        assert!(calls.len() > 15);
        for call in calls.into_iter().filter(|c| c.contains("/api/")) {
            let (method, path) = call.split_once(' ').unwrap();
            let operation = &document["paths"][path][method.to_lowercase()];
            assert!(operation.is_object(), "{call} is not in the API");
        }
    }
}
