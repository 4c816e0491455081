//! Addresses behind which no person reads, told by their local part. A hint: it suppresses the answer, never
//! the ticket.

/// Words that make a local part one behind which no person reads, alone or among others
/// (`shop-noreply`, `bounces+77`).
const ROBOT_WORDS: &[&str] = &[
    "noreply",
    "noreplay",
    "donotreply",
    "dontreply",
    "noresponse",
    "donotrespond",
    "noanswer",
    "keineantwort",
    "nichtantworten",
    "nepasrepondre",
    "noresponder",
    "noresponda",
    "nonrispondere",
    "naoresponda",
    "bounce",
    "bounces",
    "daemon",
    "mdaemon",
    "autoreply",
    "autoresponder",
    "autoresponse",
    "automailer",
    "newsletter",
    "newsletters",
    "notification",
    "notifications",
    "notify",
    "notifier",
    "benachrichtigung",
    "benachrichtigungen",
    "notificacion",
    "notificaciones",
    "notificacao",
    "notificacoes",
    "notifiche",
    "powiadomienia",
    "autoconfirm",
    "automail",
    "autonotify",
    "jobalert",
    "jobalerts",
    "mailbot",
    "listserv",
    "majordomo",
    "mailman",
    "nobody",
    "devnull",
];

/// Whole local parts of machines; among other words they may belong to people.
const ROBOT_LOCAL_PARTS: &[&str] = &[
    "postmaster",
    "mailer",
    "news",
    "alert",
    "alerts",
    "update",
    "updates",
    "digest",
    "robot",
    "bot",
    "system",
    "root",
    "cron",
    "www-data",
    "wwwrun",
    "apache",
    "httpd",
    "nginx",
    "wordpress",
    "jenkins",
    "jira",
    "gitlab",
    "bugzilla",
    "nagios",
    "icinga",
    "zabbix",
    "monitor",
    "monitoring",
    "automated",
    "automatic",
    "reminder",
    "reminders",
    "invitations",
    "receipts",
    "promo",
    "promotions",
    "deals",
    "offers",
    "mailing",
    "mailings",
    "unsubscribe",
];

/// Whether no person reads mail to this address, going by its local part. A hint: it suppresses the
/// answer, never the ticket.
#[must_use]
pub fn is_robot_address(address: &str) -> bool {
    let local = crate::address::name_of(address).to_lowercase();
    let stem = local.split('+').next().unwrap_or("");
    let is_separator = |c: char| matches!(c, '.' | '-' | '_' | '+' | '=');
    // `no-reply`, `do_not_reply`: words that only together say it.
    let joined: String = stem.chars().filter(|c| !is_separator(*c)).collect();
    let is_word = |word: &str| ROBOT_WORDS.contains(&word);
    ROBOT_LOCAL_PARTS.contains(&stem)
        || is_word(&joined)
        || local.split(is_separator).any(is_word)
        || ["no-reply", "no_reply", "no.reply", "do-not-reply", "do_not_reply", "donotreply", "noreply"]
            .iter()
            .any(|words| {
                stem.starts_with(words)
                    || stem.ends_with(&format!("-{words}"))
                    || stem.ends_with(&format!("_{words}"))
                    || stem.ends_with(&format!(".{words}"))
            })
        || stem.starts_with("owner-")
        || stem.ends_with("-request")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_told_by_their_local_part_and_people_are_not() {
        for address in [
            "noreply@x.example",
            "shop-noreply@x.example",
            "do.not.reply@x.example",
            "bounces+77=a@x.example",
            "calendar-notification@x.example",
            "newsletter@x.example",
            "root@srv.example",
            "list-request@x.example",
            "nicht-antworten@x.example",
            "no_reply_shop@x.example",
            "root@srv1@x.example",
            "notifications@shop.example@relay.example",
        ] {
            assert!(is_robot_address(address), "{address}");
        }
        for address in [
            "anna.noreplyer@x.example",
            "info@x.example",
            "support@x.example",
            "auto@haus.example",
            "newsome@x.example",
            "r.root@x.example",
            "marketing@x.example",
            "system.admin@x.example",
            "r.root@srv1@x.example",
        ] {
            assert!(!is_robot_address(address), "{address}");
        }
    }
}
