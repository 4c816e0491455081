//! The WIT a plugin is built against when its language imports a whole world (JavaScript, Python): only
//! the interfaces its grants need, only the effects it may propose, only its hooks.

use domain::effect::EffectKind;
use domain::grant::{Capability, Grant};
use domain::plugin::{Hook, Manifest};

/// The contract, interface by interface.
const INTERFACES: &[(&str, &str)] = &[
    ("types", include_str!("../../../wit/v0_1/types.wit")),
    ("log", include_str!("../../../wit/v0_1/log.wit")),
    ("config", include_str!("../../../wit/v0_1/config.wit")),
    ("clock", include_str!("../../../wit/v0_1/clock.wit")),
    ("random", include_str!("../../../wit/v0_1/random.wit")),
    ("effects", include_str!("../../../wit/v0_1/effects.wit")),
    ("kv", include_str!("../../../wit/v0_1/kv.wit")),
    ("tickets", include_str!("../../../wit/v0_1/tickets.wit")),
    ("knowledge", include_str!("../../../wit/v0_1/knowledge.wit")),
    ("embed", include_str!("../../../wit/v0_1/embed.wit")),
    ("http", include_str!("../../../wit/v0_1/http.wit")),
    ("redaction", include_str!("../../../wit/v0_1/redaction.wit")),
    ("triage", include_str!("../../../wit/v0_1/triage.wit")),
    ("answering", include_str!("../../../wit/v0_1/answering.wit")),
    ("notification", include_str!("../../../wit/v0_1/notification.wit")),
    ("events", include_str!("../../../wit/v0_1/events.wit")),
    ("schedule", include_str!("../../../wit/v0_1/schedule.wit")),
];

/// Interfaces that need no grant.
const FREE: &[&str] = &["types", "log", "config", "clock", "random"];

/// A whole WIT package with one world, `plugin`, made for this manifest.
#[must_use]
pub fn world_for(manifest: &Manifest) -> String {
    let effects: Vec<EffectKind> = EffectKind::ALL
        .iter()
        .copied()
        .filter(|k| manifest.grants.iter().any(|g| matches!(&g.to, Grant::Effect(kind, _) if kind == k)))
        .collect();
    let imports: Vec<&str> = INTERFACES
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| is_imported(name, manifest, &effects))
        .collect();
    let hooks: Vec<&str> =
        Hook::ALL.iter().filter(|h| manifest.hook(**h).is_some()).map(|h| h.as_str()).collect();
    let mut out = String::from("package kulanz:plugin@0.1.0;\n");
    for (name, text) in INTERFACES {
        if imports.contains(name) || hooks.contains(name) {
            out.push('\n');
            out.push_str(&if *name == "effects" {
                only_effects(text, &effects)
            } else {
                without_package(text)
            });
        }
    }
    out.push_str("\nworld plugin {\n");
    for name in imports {
        out.push_str(&format!("    import {name};\n"));
    }
    for name in hooks {
        out.push_str(&format!("    export {name};\n"));
    }
    out.push_str("}\n");
    out
}

fn is_imported(name: &str, manifest: &Manifest, effects: &[EffectKind]) -> bool {
    match name {
        "effects" => !effects.is_empty(),
        "http" => manifest.grants.iter().any(|g| matches!(g.to, Grant::Http(_))),
        _ if FREE.contains(&name) => true,
        _ => name.parse::<Capability>().is_ok_and(|c| manifest.grants.iter().any(|g| g.to == Grant::Use(c))),
    }
}

fn without_package(text: &str) -> String {
    text.lines()
        .filter(|line| !line.starts_with("package "))
        .fold(String::new(), |out, line| out + line + "\n")
}

/// The effects interface with some of its functions only. Each function stands on one line, as a test holds.
fn only_effects(text: &str, kept: &[EffectKind]) -> String {
    let mut out = String::new();
    let mut comment = String::new();
    for line in text.lines().filter(|line| !line.starts_with("package ")) {
        if line.starts_with("    ///") {
            comment.push_str(line);
            comment.push('\n');
            continue;
        }
        let function = line.trim().split_once(": func(").map(|(name, _)| name);
        if function.is_none_or(|name| kept.iter().any(|k| k.as_str() == name)) {
            out.push_str(&comment);
            out.push_str(line);
            out.push('\n');
        }
        comment.clear();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(hooks: &str, grants: &[&str]) -> Manifest {
        let mut text =
            format!("id='a.b'\nname='n'\nversion='0.1.0'\ncontract='0.1'\ndescription='d'\n{hooks}");
        for grant in grants {
            text.push_str(&format!("[[grant]]\nto='{grant}'\nreason='r'\n"));
        }
        Manifest::parse(&text).unwrap()
    }

    const TRIAGE: &str = "[[hook]]\nkind='triage'\nevents=['ticket.created']\n";

    #[test]
    fn a_world_has_what_the_grants_need_and_no_more() {
        let world = world_for(&manifest(TRIAGE, &["effect:add-tag", "effect:set-field:priority", "use:kv"]));
        for part in ["import kv;", "import effects;", "export triage;", "add-tag: func(", "set-field: func("]
        {
            assert!(world.contains(part), "{part} is missing in:\n{world}");
        }
        for part in
            ["import http;", "import tickets;", "export answering;", "reply: func(", "remove-tag: func("]
        {
            assert!(!world.contains(part), "{part} is too much in:\n{world}");
        }
    }

    #[test]
    fn without_an_effect_grant_there_is_no_effects_interface() {
        let world = world_for(&manifest("[[hook]]\nkind='redaction'\n", &[]));
        assert!(!world.contains("effects") && world.contains("export redaction;"), "{world}");
    }

    #[test]
    fn every_effect_of_the_contract_is_a_line_of_its_own_and_known() {
        let all = INTERFACES.iter().find(|(name, _)| *name == "effects").unwrap().1;
        let functions = all.lines().filter(|l| l.contains(": func(")).count();
        assert_eq!(functions, EffectKind::ALL.len());
        assert_eq!(only_effects(all, EffectKind::ALL), without_package(all));
    }

    #[test]
    fn the_world_is_valid_wit_for_every_hook() {
        for hook in Hook::ALL {
            let events = if matches!(hook, Hook::Redaction | Hook::Schedule) {
                ""
            } else {
                "events=['ticket.created']\n"
            };
            let all = [
                "effect:note",
                "use:kv",
                "use:tickets",
                "use:knowledge",
                "use:embed",
                "http:api.example.com",
            ];
            let text = world_for(&manifest(&format!("[[hook]]\nkind='{hook}'\n{events}"), &all));
            let mut resolve = wit_parser::Resolve::default();
            resolve.push_str("plugin.wit", &text).unwrap_or_else(|e| panic!("{hook}: {e:#}\n{text}"));
        }
    }
}
