//! Texts per second of a model: `cargo run --release -p embed --example speed -- FOLDER [SECONDS]`. Owns the
//! measuring; knows nothing of what the vectors are good for.

use std::path::PathBuf;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next().map(PathBuf::from) else {
        return Err("name the folder of a model".into());
    };
    let seconds: u64 = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let began = Instant::now();
    let model = embed::Model::open(&folder)?;
    println!(
        "{}: {} numbers, opened in {:.2} s",
        model.name(),
        model.dimension(),
        began.elapsed().as_secs_f64()
    );
    for tokens in [16, 128] {
        // Two tokens of an encoder are its marks; each short word is about one token.
        let words = ["my", "order", "is", "late", "and", "no", "one", "can", "say", "where", "it", "went"];
        let text: Vec<&str> = words.iter().copied().cycle().take(tokens - 2).collect();
        let text = text.join(" ");
        let batch = vec![text.as_str(); 16];
        let (mut texts, began) = (0, Instant::now());
        while began.elapsed() < Duration::from_secs(seconds) {
            texts += model.embed(&batch)?.len();
        }
        println!("about {tokens} tokens: {:.1} texts/s", texts as f64 / began.elapsed().as_secs_f64());
    }
    Ok(())
}
