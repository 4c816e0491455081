//! A JavaScript or TypeScript plugin to a component: its files and the SDK become one module, and
//! componentize-js puts that into an engine. Knows the SDK for JavaScript; nothing of the plugin.

use std::path::Path;
use std::process::Command;

use domain::plugin::Manifest;

use crate::stage::Stage;
use crate::{BuildOptions, PackError, language, tools};

/// The SDK for JavaScript, file by file. `host.js` is written for each plugin.
pub(crate) const SDK: &[(&str, &str)] = &[
    ("package.json", include_str!("../../js/package.json")),
    ("index.d.ts", include_str!("../../js/index.d.ts")),
    ("index.js", include_str!("../../js/index.js")),
    ("glue.js", include_str!("../../js/glue.js")),
    ("effects.js", include_str!("../../js/effects.js")),
    ("views.js", include_str!("../../js/views.js")),
    ("error.js", include_str!("../../js/error.js")),
    ("host.js", include_str!("../../js/host.js")),
];

/// The script that calls the bundler and the builder.
pub(crate) const SCRIPT: &str = include_str!("javascript/build.mjs");

/// Interfaces that the SDK knows of.
const INTERFACES: [&str; 10] =
    ["effects", "log", "config", "clock", "random", "kv", "tickets", "knowledge", "embed", "http"];

/// Builds the component, without its manifest.
pub(crate) fn build(
    dir: &Path,
    manifest: &Manifest,
    stage: &Stage,
    options: &BuildOptions,
) -> Result<Vec<u8>, PackError> {
    let main = language::javascript_main(dir)?;
    let tools = tools::node(dir, options)?;
    for (name, text) in SDK {
        stage.write(&format!("kulanz/{name}"), text)?;
    }
    stage.write("kulanz/host.js", &host_module(stage.world()))?;
    // Beside the tools, because a module finds what it imports from where it stands.
    let script = tools.join("node_modules").join(".kulanz-build.mjs");
    std::fs::write(&script, SCRIPT).map_err(|e| PackError::write(&script, &e))?;
    let hooks: Vec<&str> = manifest.hooks.iter().map(|hook| hook.kind.as_str()).collect();
    let order = serde_json::json!({ "project": dir, "stage": stage.path(), "main": main, "hooks": hooks });
    options.say(&format!("building {} with componentize-js; this takes half a minute", manifest.id));
    let mut node = Command::new("node");
    node.arg(script).arg(order.to_string()).current_dir(dir);
    tools::run("componentize-js", &mut node, options)?;
    stage.read("plugin.wasm")
}

/// The SDK's view of the host: the interfaces of the plugin's world, and nothing for the others.
fn host_module(world: &str) -> String {
    let has = |name: &str| world.contains(&format!("import {name};"));
    let mut out = String::new();
    for name in INTERFACES {
        out.push_str(&if has(name) {
            format!("import * as {name} from 'kulanz:plugin/{name}@0.1.0';\nexport {{ {name} }};\n")
        } else {
            format!("export const {name} = undefined;\n")
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_interfaces_of_the_world_are_imported() {
        let module = host_module("world plugin {\n    import log;\n    import effects;\n}");
        assert!(module.contains("from 'kulanz:plugin/log@0.1.0'"));
        assert!(module.contains("export const kv = undefined;") && !module.contains("plugin/kv"));
    }

    #[test]
    fn every_host_interface_has_a_place_in_the_sdk() {
        let template = SDK.iter().find(|(name, _)| *name == "host.js").unwrap().1;
        for name in INTERFACES {
            assert!(template.contains(&format!("export const {name} = undefined;")), "{name}");
        }
        assert_eq!(template.matches("export const").count(), INTERFACES.len());
    }

    #[test]
    fn every_file_of_the_sdk_is_embedded() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../js");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.contains("test") && name != "node_modules")
            .collect();
        files.sort();
        let mut embedded: Vec<&str> = SDK.iter().map(|(name, _)| *name).collect();
        embedded.sort_unstable();
        assert_eq!(files, embedded);
    }
}
