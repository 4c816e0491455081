//! Within 0.1 the contract only grows: whatever was released is still there, letter for letter. Compared as WIT
//! means it, not as it is written: comments, order and files may change.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wit_parser::{Function, Handle, Resolve, Type, TypeDefKind, TypeId};

fn wit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit")
}

/// What a plugin can rely on: each function and each type by its path, with its shape.
fn promises(resolve: &Resolve) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for (_, interface) in &resolve.interfaces {
        let interface_name = interface.name.clone().unwrap();
        out.insert(interface_name.clone(), "interface".to_owned());
        for (name, function) in &interface.functions {
            out.insert(format!("{interface_name}.{name}"), signature(resolve, function));
        }
        for (name, id) in &interface.types {
            out.insert(format!("{interface_name}.{name}"), definition(resolve, *id));
        }
    }
    for (_, world) in &resolve.worlds {
        let items =
            world.imports.iter().map(|i| ("import", i)).chain(world.exports.iter().map(|e| ("export", e)));
        for (way, (key, _)) in items {
            out.insert(format!("{} {way} {}", world.name, resolve.name_world_key(key)), "world".to_owned());
        }
    }
    out
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let parameters: Vec<String> =
        function.params.iter().map(|p| format!("{}: {}", p.name, shape(resolve, &p.ty))).collect();
    let result =
        function.result.as_ref().map_or_else(String::new, |ty| format!(" -> {}", shape(resolve, ty)));
    format!("{:?}({}){result}", std::mem::discriminant(&function.kind), parameters.join(", "))
}

fn shape(resolve: &Resolve, ty: &Type) -> String {
    match ty {
        Type::Id(id) => resolve.types[*id].name.clone().unwrap_or_else(|| definition(resolve, *id)),
        primitive => format!("{primitive:?}"),
    }
}

fn definition(resolve: &Resolve, id: TypeId) -> String {
    let of = |ty: &Type| shape(resolve, ty);
    let maybe = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "_".to_owned(), of);
    match &resolve.types[id].kind {
        TypeDefKind::Record(record) => {
            let fields: Vec<String> =
                record.fields.iter().map(|f| format!("{}: {}", f.name, of(&f.ty))).collect();
            format!("record {{ {} }}", fields.join(", "))
        }
        TypeDefKind::Variant(variant) => {
            let cases: Vec<String> =
                variant.cases.iter().map(|c| format!("{}({})", c.name, maybe(&c.ty))).collect();
            format!("variant {{ {} }}", cases.join(", "))
        }
        TypeDefKind::Enum(one) => {
            let cases: Vec<&str> = one.cases.iter().map(|c| c.name.as_str()).collect();
            format!("enum {{ {} }}", cases.join(", "))
        }
        TypeDefKind::Tuple(tuple) => {
            let types: Vec<String> = tuple.types.iter().map(of).collect();
            format!("tuple<{}>", types.join(", "))
        }
        TypeDefKind::Option(ty) => format!("option<{}>", of(ty)),
        TypeDefKind::Result(result) => format!("result<{}, {}>", maybe(&result.ok), maybe(&result.err)),
        TypeDefKind::List(ty) => format!("list<{}>", of(ty)),
        TypeDefKind::Handle(Handle::Own(id)) => format!("own<{}>", shape(resolve, &Type::Id(*id))),
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", shape(resolve, &Type::Id(*id))),
        TypeDefKind::Resource => "resource".to_owned(),
        TypeDefKind::Type(ty) => format!("use {}", of(ty)),
        other => panic!("the contract has a {}, which this comparison does not know", other.as_str()),
    }
}

fn parsed(texts: &[String]) -> Resolve {
    let mut resolve = Resolve::default();
    let package = "package kulanz:plugin@0.1.0;";
    let rest: Vec<String> = texts.iter().map(|text| text.replace(package, "")).collect();
    resolve.push_str("contract.wit", &format!("{package}\n{}", rest.join("\n"))).unwrap();
    resolve
}

fn texts(folder: &Path) -> Vec<String> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

/// What was promised and is not kept.
fn broken(released: &Resolve, now: &Resolve) -> Vec<String> {
    let now = promises(now);
    let kept = |path: &String, shape: &String| now.get(path) == Some(shape);
    promises(released)
        .iter()
        .filter(|(path, shape)| !kept(path, shape))
        .map(|(path, shape)| format!("{path}: {shape}; now {}", now.get(path).map_or("gone", String::as_str)))
        .collect()
}

#[test]
fn whatever_was_released_is_still_promised() {
    let now = parsed(&texts(&wit().join("v0_1")));
    let mut compared = 0;
    for text in texts(&wit().join("released")) {
        let released = parsed(&[text]);
        let broken = broken(&released, &now);
        assert!(
            broken.is_empty(),
            "breaking within 0.1: plugins that were built would be refused. Put it into wit/v0_2 (see wit/CHANGES.md):\n{broken:#?}"
        );
        compared += promises(&released).len();
    }
    assert!(compared > 150, "only {compared} promises were compared");
}

fn small(body: &str) -> Resolve {
    parsed(&[format!("interface i {{\n{body}\n}}\nworld w {{ import i; }}")])
}

#[test]
fn growing_is_allowed_and_every_other_change_is_not() {
    let was = "record r { a: u32 } variant v { x, y(string) } resource t { id: func() -> string; } f: func(a: u32, r: r) -> result<option<v>, string>;";
    assert_eq!(broken(&small(was), &small(was)), [""; 0]);
    let grown =
        format!("{was} g: func(); enum e {{ a }}").replace("id: func", "number: func() -> u64; id: func");
    assert_eq!(broken(&small(was), &small(&grown)), [""; 0]);
    for (from, to) in [
        ("a: u32 }", "a: u32, b: u32 }"),
        ("a: u32 }", "a: u64 }"),
        ("{ x,", "{ x, z,"),
        ("y(string)", "y(u32)"),
        ("func(a: u32, r: r)", "func(a: u32)"),
        ("func(a: u32, r: r)", "func(b: u32, r: r)"),
        ("option<v>", "v"),
        ("id: func() -> string;", ""),
        ("id: func() -> string;", "id: func() -> option<string>;"),
    ] {
        let changed = was.replace(from, to);
        assert_ne!(changed, was);
        assert!(!broken(&small(was), &small(&changed)).is_empty(), "{from} to {to} breaks plugins");
    }
}
