//! The frame of every page, its headers and its one style sheet.

use std::borrow::Cow;

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use domain::Timestamp;
use domain::schedule::Zone;
use domain::token::Scope;
use maud::{DOCTYPE, Markup, html};

use crate::language::{Spoken, Texts};
use crate::session::scope_of;

/// A page may load our own style and send our own form; nothing else, from nowhere.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Where automation is switched.
const PLUGINS: &str = "/plugins";
/// Where the settings begin.
const SETTINGS: &str = "/settings";
/// Longest title or subject that is shown whole, characters.
const SUBJECT_CHARS_SHOWN: usize = 120;
/// How long a browser may keep the style sheet.
const STYLE_CACHE: &str = "public, max-age=300";

/// A page to be framed.
pub(crate) struct Page<'a> {
    /// What stands in the window's title and as heading.
    pub(crate) title: &'a str,
    /// The address without a language, for the link to the other language.
    pub(crate) path: &'a str,
    /// In which language.
    pub(crate) spoken: Spoken,
    /// Whether the menu is shown (not before signing in).
    pub(crate) menu: bool,
    /// Whether there is a session to end.
    pub(crate) signed_in: bool,
    /// Whether the menu leads to what admins alone may see.
    pub(crate) administers: bool,
    /// Whether it has to say that all automation is switched off.
    pub(crate) automation_off: bool,
    /// What stands in the place of the link to the other language, where something may have been begun that it would lose.
    pub(crate) to_other_language: Option<Markup>,
}

impl Page<'_> {
    /// Frames the body.
    pub(crate) fn of(&self, body: &Markup) -> Html<String> {
        let texts = self.spoken.language.texts();
        let (title, whole) = clipped(self.title);
        let page = html! {
            (DOCTYPE)
            html lang=(self.spoken.language.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · Kulanz" }
                    link rel="stylesheet" href="/assets/console.css";
                }
                body {
                    a.skip href="#content" { (texts.skip) }
                    header { (self.header()) }
                    main #content tabindex="-1" {
                        @if self.automation_off { (self.automation_off()) }
                        h1 dir="auto" title=[whole] { (title) }
                        (body)
                    }
                }
            }
        };
        Html(page.into_string())
    }

    /// How a link of the menu says that this page is the one it leads to, or lies behind it.
    fn stands_at(&self, path: &str) -> Option<&'static str> {
        match path {
            path if path == self.path => Some("page"),
            SETTINGS if self.path.starts_with(SETTINGS) => Some("true"),
            _ => None,
        }
    }

    fn automation_off(&self) -> Markup {
        let texts = self.spoken.language.texts();
        html! {
            p.alarm role="status" {
                (texts.automation_off)
                @if self.administers && self.path != PLUGINS { " " a href=(self.spoken.link(PLUGINS, &[])) { (texts.to_plugins) } }
            }
        }
    }

    fn header(&self) -> Markup {
        let texts = self.spoken.language.texts();
        let other = self.spoken.other();
        let links = [
            ("/", texts.tickets),
            ("/articles", texts.articles),
            (PLUGINS, texts.plugins),
            ("/queue", texts.queue),
            (SETTINGS, self.spoken.language.setting_texts().settings),
        ];
        let is_seen = |path: &str| self.administers || scope_of(path) == Scope::Read;
        html! {
            strong { "Kulanz" }
            nav aria-label=(texts.menu) {
                @if self.menu {
                    @for (path, name) in links.into_iter().filter(|link| is_seen(link.0)) {
                        a href=(self.spoken.link(path, &[])) aria-current=[self.stands_at(path)] { (name) }
                    }
                }
                @if let Some(button) = &self.to_other_language { (button) } @else {
                    @let tag = other.language.tag();
                    a href=(other.link(self.path, &[])) lang=(tag) hreflang=(tag) { (texts.other_language) }
                }
            }
            @if self.signed_in {
                form method="post" action="/logout" { button type="submit" { (texts.sign_out) } }
            } @else if self.menu {
                a href=(self.spoken.link("/login", &[])) { (texts.sign_in) }
            }
        }
    }
}

/// Keys that a browser takes to a link or a field, with the keys of its own beside them: there are no scripts here.
pub(crate) mod key {
    /// To the search.
    pub(crate) const SEARCH: &str = "s";
    /// On in the list.
    pub(crate) const BEHIND: &str = "j";
    /// Back in the list.
    pub(crate) const BEFORE: &str = "k";
    /// To the answer.
    pub(crate) const ANSWER: &str = "r";
}

/// What the keys of a page do.
pub(crate) fn keys(texts: &Texts, keys: &[Option<(&str, &str)>]) -> Markup {
    html! {
        p.meta {
            (texts.keys)
            @for (n, (key, what)) in keys.iter().flatten().enumerate() {
                @if n > 0 { "," } " " kbd { (key) } " " (what)
            }
        }
    }
}

/// A title or a subject as it is shown, and the whole where something of it is not.
pub(crate) fn clipped(text: &str) -> (Cow<'_, str>, Option<&str>) {
    match text.char_indices().nth(SUBJECT_CHARS_SHOWN) {
        Some((end, _)) => {
            let shown = text.get(..end).unwrap_or(text).trim_end();
            (Cow::Owned(format!("{shown}…")), Some(text))
        }
        None => (Cow::Borrowed(text), None),
    }
}

/// A subject among other words; where it is very long, the whole stands in its title.
pub(crate) fn subject(text: &str) -> Markup {
    let (shown, whole) = clipped(text);
    html! { bdi title=[whole] { (shown) } }
}

/// An instant for people, by the clocks of a zone; exact for programs.
pub(crate) fn time(at: Timestamp, zone: Zone) -> Markup {
    let (called, name) = (zone.abbreviation(at), zone.name());
    let title = if called == name { called } else { format!("{called} ({name})") };
    html! { time datetime=(at) title=(title) { (zone.wall(at)) } }
}

/// A fact in a list of facts; nothing at all when it is empty.
pub(crate) fn fact(name: &str, value: Option<&str>) -> Markup {
    html! {
        @if let Some(value) = value.filter(|v| !v.is_empty()) {
            div { dt { (name) } dd dir="auto" { (value) } }
        }
    }
}

/// Serves the style sheet.
pub(crate) async fn style() -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, STYLE_CACHE)];
    (headers, include_str!("../assets/console.css"))
}

/// Puts the headers that never vary on every answer.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // A file to be saved comes with a stricter one.
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        // Nothing for other sites; our own forms have to say where they come from.
        (REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_subject_is_cut_and_a_usual_one_is_not() {
        let usual = "ü".repeat(SUBJECT_CHARS_SHOWN);
        assert_eq!(clipped(&usual), (Cow::Borrowed(usual.as_str()), None));
        let long = format!("{usual} and more");
        let (shown, whole) = clipped(&long);
        assert_eq!((shown, whole), (Cow::Owned(format!("{usual}…")), Some(long.as_str())));
    }
}
