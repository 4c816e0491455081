//! Plugins through a registry: published by their author, installed by an admin, refused when something is
//! wrong. Against a real registry; what a real one does not do is done by one of our own.

mod tokens;

use std::path::Path;

use serde_json::{Value, json};
use tests::binary::Ground;
use tests::plugins;
use tests::registry::{Door, PASSWORD, Registry, USER};

/// Who uses the command line, with files of one plugin and nobody's credentials.
struct Author {
    dir: tempfile::TempDir,
    ground: Ground,
    public: String,
}

impl Author {
    /// With `0.1.0.wasm` and `other.wasm`: the same version, signed, over different bytes.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}", dir.path().join("data/kulanz.db").display());
        let variables = vec![("DOCKER_CONFIG", dir.path().display().to_string())];
        let ground = Ground { data: dir.path().join("data"), database, variables };
        let mut author = Self { dir, ground, public: String::new() };
        author.public = author.ground.run(&["plugin", "keygen", &author.path("key")]).trim().to_owned();
        let plugin = plugins::guest("good_triage");
        author.pack("0.1.0.wasm", &plugin);
        author.pack("other.wasm", &plugins::altered(&plugin, &[("Good triage", "Better triage")]));
        author
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    fn pack(&self, name: &str, component: &[u8]) {
        std::fs::write(self.path("plain.wasm"), component).unwrap();
        let key = self.path("key");
        self.ground.run(&["plugin", "pack", &self.path("plain.wasm"), "--key", &key, "-o", &self.path(name)]);
    }

    fn file(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// What is printed: the reference with its digest.
    fn publish(&self, name: &str, reference: &str) -> String {
        self.ground.run(&["plugin", "publish", &self.path(name), reference]).trim().to_owned()
    }

    fn not_published(&self, name: &str, reference: &str) -> String {
        self.ground.refused(&["plugin", "publish", &self.path(name), reference])
    }

    fn verified(&self, reference: &str) -> String {
        self.ground.run(&["plugin", "verify", &format!("oci://{reference}"), "--publisher", &self.public])
    }

    fn not_verified(&self, reference: &str) -> String {
        self.ground.refused(&["plugin", "verify", &format!("oci://{reference}")])
    }
}

fn digest_in(reference: &str) -> &str {
    reference.split_once('@').unwrap().1
}

fn json_of(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[tokio::test]
async fn a_plugin_is_published_and_installed_by_tag_and_by_digest() {
    let Some(registry) = Registry::start(Door::Open).await else { return };
    let author = Author::new();
    let name = format!("{}/acme/good-triage", registry.address);
    let published = author.publish("0.1.0.wasm", &name);
    assert!(published.starts_with(&format!("{name}:0.1.0@sha256:")), "the version is the tag: {published}");
    assert!(author.verified(&format!("{name}:0.1.0")).contains("signed by ed25519:"));

    let file = author.path("0.1.0.wasm");
    let again = author.ground.run(&["plugin", "publish", &file, &format!("oci://{name}"), "--json"]);
    let again = json_of(again.as_bytes());
    assert_eq!((&again["published"], &again["reference"]), (&json!(false), &json!(published)));

    let by_tag = format!("oci://{name}:0.1.0");
    let said = author.ground.refused(&["plugin", "install", &by_tag, "--yes"]);
    assert!(said.contains(&format!("kulanz plugin install {by_tag} --yes --grant read:text,")), "{said}");
    author.ground.run(&["plugin", "install", &by_tag, "--yes", "--grant", "read:text,effect:add-tag"]);
    let shown = author.ground.run(&["plugin", "show", "guest.good_triage"]);
    assert!(shown.contains(&format!("signed by {}", author.public)), "{shown}");
    author.ground.run(&["plugin", "remove", "guest.good_triage", "--yes"]);
    let by_digest = format!("oci://{name}@{}", digest_in(&published));
    author.ground.run(&["plugin", "install", &by_digest, "--yes", "--grant", "read:text"]);
    assert!(author.ground.run(&["plugin", "list"]).contains("guest.good_triage"));
    for command in ["check", "conform"] {
        author.ground.run(&["plugin", command, &format!("oci://{published}"), "--json"]);
    }
}

#[tokio::test]
async fn what_lies_in_the_registry_is_what_wasm_tools_expect() {
    let Some(registry) = Registry::start(Door::Open).await else { return };
    let author = Author::new();
    let published = author.publish("0.1.0.wasm", &format!("{}/acme/good-triage:stable", registry.address));
    let bytes = registry.manifest("acme/good-triage", "stable").await;
    assert_eq!(pack::Digest::of(&bytes).as_str(), digest_in(&published));
    let manifest = json_of(&bytes);
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.wasm.config.v0+json");
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 1);
    assert_eq!(manifest["layers"][0]["mediaType"], "application/wasm");
    assert_eq!(manifest["annotations"]["org.opencontainers.image.version"], "0.1.0");
    let blob = |place: &Value| place["digest"].as_str().unwrap().to_owned();
    let layer = registry.blob("acme/good-triage", &blob(&manifest["layers"][0])).await;
    assert!(layer == author.file("0.1.0.wasm"), "the layer is the file as it is");
    let config = json_of(&registry.blob("acme/good-triage", &blob(&manifest["config"])).await);
    assert_eq!((&config["architecture"], &config["os"]), (&json!("wasm"), &json!("wasip2")));
    assert_eq!(config["layerDigests"], json!([manifest["layers"][0]["digest"]]));
    assert_eq!(config["component"]["exports"], json!(["kulanz:plugin/triage@0.1.0"]));
    let imports = config["component"]["imports"].to_string();
    assert!(imports.contains("kulanz:plugin/effects@0.1.0"), "{imports}");
}

#[tokio::test]
async fn a_tag_keeps_its_bytes_unless_somebody_insists() {
    let Some(registry) = Registry::start(Door::Open).await else { return };
    let author = Author::new();
    let name = format!("{}/acme/good-triage", registry.address);
    let first = author.publish("0.1.0.wasm", &name);
    let said = author.not_published("other.wasm", &name);
    assert!(said.contains(digest_in(&first)) && said.contains("--force"), "{said}");
    assert_eq!(author.publish("0.1.0.wasm", &name), first);
    let second = author
        .ground
        .run(&["plugin", "publish", &author.path("other.wasm"), &name, "--force"])
        .trim()
        .to_owned();
    assert_ne!(digest_in(&first), digest_in(&second));
    assert_eq!(author.publish("other.wasm", &name), second);
    author.verified(&first);
    let said = author.not_published("0.1.0.wasm", &first);
    assert!(said.contains("name a tag"), "a digest cannot be chosen: {said}");
}

/// A container image with nothing in it, pointing to two blobs that are there.
fn image(manifest: &Value) -> Value {
    let mut image = manifest.clone();
    image["config"]["mediaType"] = json!("application/vnd.oci.image.config.v1+json");
    image["layers"][0]["mediaType"] = json!("application/vnd.oci.image.layer.v1.tar");
    image
}

#[tokio::test]
async fn what_is_no_plugin_is_neither_installed_nor_overwritten() {
    let Some(registry) = Registry::start(Door::Open).await else { return };
    let author = Author::new();
    let name = format!("{}/acme/good-triage", registry.address);
    let published = author.publish("0.1.0.wasm", &name);
    let bytes = registry.manifest("acme/good-triage", "0.1.0").await;
    let manifest = json_of(&bytes);
    registry.tag("acme/good-triage", "image", pack::MANIFEST_TYPE, &image(&manifest)).await;
    let index = "application/vnd.oci.image.index.v1+json";
    let entry =
        json!({ "mediaType": pack::MANIFEST_TYPE, "digest": digest_in(&published), "size": bytes.len() });
    let all = json!({ "schemaVersion": 2, "mediaType": index, "manifests": [entry] });
    registry.tag("acme/good-triage", "index", index, &all).await;
    for (tag, word) in [("image", "oci.image.config"), ("index", "an index")] {
        let said = author.not_verified(&format!("{name}:{tag}"));
        assert!(said.contains("no WebAssembly plugin") && said.contains(word), "{said}");
        let said = author.not_published("0.1.0.wasm", &format!("{name}:{tag}"));
        assert!(said.contains("--force"), "{said}");
    }
    std::fs::write(author.path("text.wasm"), "no component").unwrap();
    author.not_published("text.wasm", &name);
}

#[tokio::test]
async fn what_is_not_there_or_not_as_promised_is_told_with_the_next_step() {
    let Some(registry) = Registry::start(Door::Open).await else { return };
    let author = Author::new();
    let name = format!("{}/acme/good-triage", registry.address);
    author.publish("0.1.0.wasm", &name);
    let missing = format!("{name}@sha256:{}", "0".repeat(64));
    for reference in [&format!("{name}:9.9.9"), &missing, &format!("{}/nobody/nothing:1", registry.address)] {
        let said = author.not_verified(reference);
        assert!(said.contains(&format!("{reference} is not in the registry")), "{said}");
    }
    let said = author.not_verified(&name);
    assert!(said.contains(&format!("{name}:0.1.0")), "a version has to be named: {said}");
    author.ground.ended(&["plugin", "verify", "oci://good-triage:0.1.0"], 2);

    let file = author.file("0.1.0.wasm");
    damage(&registry.file(pack::Digest::of(&file).as_str()), &file);
    let said = author.not_verified(&format!("{name}:0.1.0"));
    assert!(said.contains("instead of sha256:") && said.contains("nothing was used"), "{said}");

    drop(registry);
    let said = author.ground.ended(&["plugin", "verify", &format!("oci://{name}:0.1.0")], 1);
    assert!(said.contains("cannot be reached by http") && said.contains("look at its name"), "{said}");
}

/// One bit of a file on the registry's disk is another one.
fn damage(path: &Path, file: &[u8]) {
    let mut other = file.to_vec();
    other[100] ^= 1;
    std::fs::write(path, other).unwrap();
}

#[tokio::test]
async fn a_guarded_registry_is_entered_with_variables_or_with_the_file_of_docker_login() {
    let Some(registry) = Registry::start(Door::Guarded).await else { return };
    let mut author = Author::new();
    let name = format!("{}/acme/good-triage:0.1.0", registry.address);
    let said = author.not_published("0.1.0.wasm", &name);
    assert!(said.contains("KULANZ_REGISTRY_USER") && said.contains("docker login"), "{said}");

    author.ground.variables.push(("KULANZ_REGISTRY_USER", USER.to_owned()));
    let said = author.not_published("0.1.0.wasm", &name);
    assert!(said.contains("KULANZ_REGISTRY_PASSWORD: set both or none"), "{said}");
    author.ground.variables.push(("KULANZ_REGISTRY_PASSWORD", "wrong".to_owned()));
    let said = author.not_published("0.1.0.wasm", &name);
    assert!(said.contains("credentials from KULANZ_REGISTRY_USER") && !said.contains("wrong"), "{said}");
    author.ground.variables.pop();
    author.ground.variables.push(("KULANZ_REGISTRY_PASSWORD", PASSWORD.to_owned()));
    author.publish("0.1.0.wasm", &name);

    author.ground.variables.truncate(1);
    assert!(author.not_verified(&name).contains("wants to know who asks"));
    let auth = "YWNtZTpsb3N0IHBhcmNlbA==";
    let config = json!({ "auths": { registry.address.clone(): { "auth": auth } } });
    std::fs::write(author.path("config.json"), config.to_string()).unwrap();
    author.verified(&name);
}
