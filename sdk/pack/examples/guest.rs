fn main() {
    let b = pack::build_guest_example(
        std::path::Path::new("tests/guests"),
        "whole_contract",
        &pack::BuildOptions { target_dir: Some("target/plugins".into()), quiet: true, ..Default::default() },
    )
    .unwrap();
    println!("{}", b.bytes.len());
}
