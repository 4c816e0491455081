//! What is said between a mail server and us, line by line (RFC 5321, RFC 2033, RFC 1870, RFC 2034). Pure:
//! reads nothing, stores nothing.

/// Recipients of one mail at most (RFC 5321 §4.5.3.1.8).
const RECIPIENTS_MAX: usize = 100;
/// Slips of one connection until it is ended.
const SLIPS_MAX: u32 = 20;
/// Longest address (RFC 5321 §4.5.3.1.3).
const PATH_BYTES_MAX: usize = 256;

/// How the other side wants its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// One answer for a mail.
    Smtp,
    /// One answer for each recipient.
    Lmtp,
}

/// One connection.
pub(super) struct Session<'s> {
    /// Our name.
    host: &'s str,
    /// Largest mail, bytes.
    bytes_max: usize,
    /// Whether we take mail for an address.
    takes: &'s (dyn Fn(&str) -> bool + Sync),
    dialect: Option<Dialect>,
    /// The envelope's sender; empty for notices.
    sender: Option<String>,
    recipients: Vec<String>,
    slips: u32,
}

/// What follows a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Say this and go on.
    Say(String),
    /// Say this and read the mail.
    Read(String),
    /// Say this and end.
    End(String),
}

impl<'s> Session<'s> {
    pub(super) const fn new(
        host: &'s str,
        bytes_max: usize,
        takes: &'s (dyn Fn(&str) -> bool + Sync),
    ) -> Self {
        Self { host, bytes_max, takes, dialect: None, sender: None, recipients: Vec::new(), slips: 0 }
    }

    pub(super) fn greeting(&self) -> String {
        format!("220 {} ready\r\n", self.host)
    }

    /// The envelope's sender, when a mail is under way.
    pub(super) fn sender(&self) -> &str {
        self.sender.as_deref().unwrap_or_default()
    }

    /// Answers one line, without its end.
    pub(super) fn line(&mut self, line: &str) -> Step {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        match verb.to_ascii_uppercase().as_str() {
            "LHLO" => self.hello(Dialect::Lmtp, rest),
            "EHLO" => self.hello(Dialect::Smtp, rest),
            "HELO" if !rest.is_empty() => {
                self.dialect = Some(Dialect::Smtp);
                self.clear();
                Step::Say(format!("250 {}\r\n", self.host))
            }
            "MAIL" => self.mail(rest),
            "RCPT" => self.rcpt(rest),
            "DATA" => self.data(rest),
            "RSET" => {
                self.clear();
                say("250 2.0.0 forgotten")
            }
            "NOOP" => say("250 2.0.0 nothing done"),
            "VRFY" => say("252 2.1.5 send mail and see"),
            "QUIT" => Step::End("221 2.0.0 goodbye\r\n".to_owned()),
            _ => self.slip("500 5.5.2 not understood"),
        }
    }

    /// The answers to a mail that was read, and an empty envelope for the next one.
    pub(super) fn after_mail(&mut self, verdict: &str) -> String {
        let times = if self.dialect == Some(Dialect::Lmtp) { self.recipients.len() } else { 1 };
        self.clear();
        format!("{verdict}\r\n").repeat(times)
    }

    fn hello(&mut self, dialect: Dialect, name: &str) -> Step {
        if name.is_empty() {
            return self.slip("501 5.5.4 say your name behind it");
        }
        self.dialect = Some(dialect);
        self.clear();
        let (host, size) = (self.host, self.bytes_max);
        Step::Say(format!(
            "250-{host}\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE {size}\r\n"
        ))
    }

    fn mail(&mut self, rest: &str) -> Step {
        if self.dialect.is_none() {
            return self.slip("503 5.5.1 say EHLO or LHLO first");
        }
        if self.sender.is_some() {
            return self.slip("503 5.5.1 one mail after the other");
        }
        let Some((sender, parameters)) = path(rest, "FROM:") else {
            return self.slip("501 5.1.7 write MAIL FROM:<address>");
        };
        let size = parameters.split_whitespace().find_map(|p| {
            let (key, value) = p.split_once('=')?;
            key.eq_ignore_ascii_case("SIZE").then(|| value.parse::<u64>().unwrap_or(u64::MAX))
        });
        if size.is_some_and(|size| size > self.bytes_max as u64) {
            return say("552 5.3.4 too large");
        }
        self.sender = Some(sender);
        say("250 2.1.0 go on")
    }

    fn rcpt(&mut self, rest: &str) -> Step {
        if self.sender.is_none() {
            return self.slip("503 5.5.1 say MAIL FROM first");
        }
        let Some((recipient, _)) = path(rest, "TO:").filter(|(address, _)| !address.is_empty()) else {
            return self.slip("501 5.1.3 write RCPT TO:<address>");
        };
        if self.recipients.len() == RECIPIENTS_MAX {
            return say("452 4.5.3 enough recipients for one mail");
        }
        if !(self.takes)(&recipient) {
            return self.slip("550 5.1.1 not an address of this desk");
        }
        self.recipients.push(recipient);
        say("250 2.1.5 go on")
    }

    fn data(&mut self, rest: &str) -> Step {
        if !rest.is_empty() {
            return self.slip("501 5.5.4 DATA stands alone");
        }
        if self.recipients.is_empty() {
            return self.slip("503 5.5.1 there is no recipient");
        }
        Step::Read("354 end with a dot on a line of its own\r\n".to_owned())
    }

    fn clear(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }

    fn slip(&mut self, answer: &str) -> Step {
        self.slips += 1;
        if self.slips > SLIPS_MAX {
            return Step::End("421 4.7.0 too many mistakes\r\n".to_owned());
        }
        say(answer)
    }
}

fn say(answer: &str) -> Step {
    Step::Say(format!("{answer}\r\n"))
}

/// `FROM:<a@b> SIZE=1` as address and parameters. Source routes (`<@x,@y:a@b>`) are left out, as RFC 5321 says.
fn path<'r>(rest: &'r str, keyword: &str) -> Option<(String, &'r str)> {
    let head = rest.get(..keyword.len()).filter(|head| head.eq_ignore_ascii_case(keyword))?;
    let tail = rest.get(head.len()..)?.trim_start().strip_prefix('<')?;
    let (address, parameters) = tail.split_once('>')?;
    let address = match address.strip_prefix('@') {
        Some(route) => route.split_once(':')?.1,
        None => address,
    };
    let is_fine = address.len() <= PATH_BYTES_MAX
        && !address.contains(|c: char| c.is_control() || c == '<' || c == ' ')
        && (address.is_empty() || address.contains('@'));
    is_fine.then(|| (address.to_owned(), parameters))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAKES: &(dyn Fn(&str) -> bool + Sync) = &|address| address == "help@shop.example";

    fn talk(lines: &[&str]) -> Vec<String> {
        let mut session = Session::new("desk.example", 1_000, TAKES);
        lines
            .iter()
            .map(|line| match session.line(line) {
                Step::Say(said) | Step::Read(said) | Step::End(said) => said.chars().take(3).collect(),
            })
            .collect()
    }

    #[test]
    fn a_mail_is_taken_for_our_addresses_only() {
        let said = talk(&[
            "LHLO mx.example",
            "MAIL FROM:<ana@kunde.example> SIZE=900 BODY=8BITMIME",
            "RCPT TO:<help@shop.example>",
            "RCPT TO:<boss@elsewhere.example>",
            "DATA",
        ]);
        assert_eq!(said, ["250", "250", "250", "550", "354"]);
    }

    #[test]
    fn each_recipient_is_answered_in_lmtp_and_the_mail_once_in_smtp() {
        for (hello, times) in [("LHLO x", 2), ("EHLO x", 1)] {
            let mut session = Session::new("desk.example", 1_000, TAKES);
            for line in [hello, "MAIL FROM:<>", "RCPT TO:<help@shop.example>", "RCPT TO:<help@shop.example>"]
            {
                assert!(matches!(session.line(line), Step::Say(said) if said.starts_with("250")));
            }
            assert!(matches!(session.line("data"), Step::Read(_)));
            assert_eq!(session.sender(), "");
            assert_eq!(session.after_mail("250 2.0.0 stored").lines().count(), times);
            assert!(matches!(session.line("DATA"), Step::Say(said) if said.starts_with("503")));
        }
    }

    #[test]
    fn what_comes_in_the_wrong_order_or_shape_is_refused() {
        assert_eq!(talk(&["MAIL FROM:<a@b.example>"]), ["503"]);
        assert_eq!(
            talk(&["EHLO", "EHLO x", "RCPT TO:<help@shop.example>", "DATA"]),
            ["501", "250", "503", "503"]
        );
        for line in ["MAIL FROM:a@b.example", "MAIL TO:<a@b>", "MAIL FROM:<a\u{7}@b>", "MAIL FROM:<nobody>"] {
            assert_eq!(talk(&["EHLO x", line]), ["250", "501"], "{line}");
        }
        assert_eq!(talk(&["EHLO x", "MAIL FROM:<a@b.example> SIZE=1001"]), ["250", "552"]);
        assert_eq!(
            talk(&["EHLO x", "MAIL FROM:<@r1,@r2:a@b.example>", "MAIL FROM:<>"]),
            ["250", "250", "503"]
        );
        assert_eq!(talk(&["BDAT 5 LAST", "", "ÄÖ"]), ["500", "500", "500"]);
    }

    #[test]
    fn who_makes_many_mistakes_is_shown_the_door() {
        let said = talk(&["FOO"; SLIPS_MAX as usize + 1]);
        assert_eq!(said.last().unwrap(), "421");
    }
}
