//! A Python plugin to a component: its modules, the SDK and a module that joins both are put into an
//! interpreter by componentize-py. Knows the SDK for Python; nothing of the plugin.

use std::path::{Path, PathBuf};

use domain::plugin::{Hook, Manifest};

use crate::stage::Stage;
use crate::{BuildOptions, PackError, inputs, language, tools};

/// The SDK for Python, file by file.
pub(crate) const SDK: &[(&str, &str)] = &[
    ("__init__.py", include_str!("../../python/kulanz/__init__.py")),
    ("clock.py", include_str!("../../python/kulanz/clock.py")),
    ("effects.py", include_str!("../../python/kulanz/effects.py")),
    ("errors.py", include_str!("../../python/kulanz/errors.py")),
    ("glue.py", include_str!("../../python/kulanz/glue.py")),
    ("embed.py", include_str!("../../python/kulanz/embed.py")),
    ("hooks.py", include_str!("../../python/kulanz/hooks.py")),
    ("host.py", include_str!("../../python/kulanz/host.py")),
    ("http.py", include_str!("../../python/kulanz/http.py")),
    ("knowledge.py", include_str!("../../python/kulanz/knowledge.py")),
    ("kv.py", include_str!("../../python/kulanz/kv.py")),
    ("log.py", include_str!("../../python/kulanz/log.py")),
    ("py.typed", ""),
    ("random.py", include_str!("../../python/kulanz/random.py")),
    ("settings.py", include_str!("../../python/kulanz/settings.py")),
    ("tickets.py", include_str!("../../python/kulanz/tickets.py")),
    ("views.py", include_str!("../../python/kulanz/views.py")),
];

/// The module that componentize-py starts from.
const APP: &str = "kulanz_app";
/// Where packages that pip installed for the plugin may lie: pure Python only.
const VENDOR: &str = "vendor";

/// Builds the component, without its manifest.
pub(crate) fn build(
    dir: &Path,
    manifest: &Manifest,
    stage: &Stage,
    options: &BuildOptions,
) -> Result<Vec<u8>, PackError> {
    let main = language::python_main(dir)?;
    let mut python = tools::python(dir, options)?;
    for (name, text) in SDK {
        stage.write(&format!("kulanz/{name}"), text)?;
    }
    let module = main.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    stage.write(&format!("{APP}.py"), &app(&module, manifest))?;
    options.say(&format!("building {} with componentize-py; this takes half a minute", manifest.id));
    let out = stage.path().join("plugin.wasm");
    python.args(["-c", "import componentize_py; componentize_py.script()"]);
    python.arg("--wit-path").arg(stage.path().join("plugin.wit")).args(["--world", "plugin", "componentize"]);
    python.arg("--stub-wasi").arg("--python-path").arg(stage.path());
    python.arg("--python-path").arg(copy(dir, main.parent().unwrap_or(dir), stage)?);
    if dir.join(VENDOR).is_dir() {
        python.arg("--python-path").arg(dir.join(VENDOR));
    }
    python.arg("--output").arg(&out).arg(APP).current_dir(stage.path());
    tools::run("componentize-py", &mut python, options)?;
    stage.read("plugin.wasm")
}

/// Copies the author's files: the interpreter writes compiled modules beside what it reads.
fn copy(dir: &Path, root: &Path, stage: &Stage) -> Result<PathBuf, PackError> {
    let app = stage.path().join("app");
    for file in inputs::files(dir)? {
        let Ok(inside) = file.strip_prefix(root) else { continue };
        if inside.starts_with(VENDOR) {
            continue;
        }
        let to = app.join(inside);
        if let Some(above) = to.parent() {
            std::fs::create_dir_all(above).map_err(|e| PackError::write(above, &e))?;
        }
        std::fs::copy(&file, &to).map_err(|e| PackError::write(&to, &e))?;
    }
    Ok(app)
}

/// Joins the author's module with the classes that the component exports, one for each hook.
fn app(module: &str, manifest: &Manifest) -> String {
    let mut out =
        format!("import {module} as _plugin\nfrom kulanz import glue\nfrom wit_world import exports\n");
    for hook in &manifest.hooks {
        out.push('\n');
        out.push_str(class(hook.kind));
    }
    out
}

const fn class(hook: Hook) -> &'static str {
    match hook {
        Hook::Redaction => {
            "from wit_world.exports.redaction import Finding as _Finding
_redact = glue.on_document(_Finding)
class Redaction(exports.Redaction):
    def redact(self, document):
        return _redact(document)
"
        }
        Hook::Triage => {
            "from wit_world.exports import triage as _t
_triage = glue.on_ticket('triage', glue.lifted(glue.Outcome, {'done': _t.Outcome_Done, 'abstained': _t.Outcome_Abstained}))
class Triage(exports.Triage):
    def triage(self, event, ticket):
        return _triage(event, ticket)
"
        }
        Hook::Answering => {
            "from wit_world.exports import answering as _a
_answer = glue.on_ticket('answering', glue.lifted(glue.Answer, {'answered': _a.Outcome_Answered, 'held': _a.Outcome_Held, 'abstained': _a.Outcome_Abstained}))
class Answering(exports.Answering):
    def answer(self, event, ticket):
        return _answer(event, ticket)
"
        }
        Hook::Notification => {
            "_notify = glue.on_ticket('notification')
class Notification(exports.Notification):
    def notify(self, event, ticket):
        return _notify(event, ticket)
"
        }
        Hook::Events => {
            "_handle = glue.on_ticket('events')
class Events(exports.Events):
    def handle(self, event, ticket):
        return _handle(event, ticket)
"
        }
        Hook::Schedule => {
            "_fire = glue.on_firing()
class Schedule(exports.Schedule):
    def fire(self, firing):
        return _fire(firing)
"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_joining_module_has_a_class_for_each_declared_hook_only() {
        let manifest = Manifest::parse(
            "id='a.b'\nname='n'\nversion='0.1.0'\ncontract='0.1'\ndescription='d'\n[[hook]]\nkind='redaction'\n[[hook]]\nkind='schedule'\n",
        )
        .unwrap();
        let module = app("plugin", &manifest);
        assert!(module.contains("class Redaction(") && module.contains("class Schedule("), "{module}");
        assert!(!module.contains("class Triage("), "{module}");
        assert!(module.starts_with("import plugin as _plugin\n"));
    }

    #[test]
    fn every_file_of_the_sdk_is_embedded() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../python/kulanz");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "__pycache__")
            .collect();
        files.sort();
        let mut embedded: Vec<&str> = SDK.iter().map(|(name, _)| *name).collect();
        embedded.sort_unstable();
        assert_eq!(files, embedded);
    }
}
