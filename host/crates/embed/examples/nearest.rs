//! How good a model's vectors are for sorting texts: the share of test texts whose nearest mean of a label's
//! training texts is their own label's. `cargo run --release -p embed --example nearest -- FOLDER TRAIN TEST`
//! with JSON lines `{text, label}`. Owns the counting.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

type Texts = Vec<(String, String)>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, train, test] = arguments.as_slice() else {
        return Err("name the folder of a model, the training texts and the test texts".into());
    };
    let model = embed::Model::open(Path::new(folder))?;
    let (train, test) = (texts(train)?, texts(test)?);
    let mut means: BTreeMap<&str, Vec<f32>> = BTreeMap::new();
    for ((_, label), vector) in train.iter().zip(vectors(&model, &train)?) {
        let mean = means.entry(label).or_insert_with(|| vec![0.0; model.dimension()]);
        mean.iter_mut().zip(vector).for_each(|(sum, number)| *sum += number);
    }
    for mean in means.values_mut() {
        let length = dot(mean, mean).sqrt();
        mean.iter_mut().for_each(|number| *number /= length);
    }
    let right = test
        .iter()
        .zip(vectors(&model, &test)?)
        .filter(|((_, label), vector)| {
            let nearest = means.iter().max_by(|(_, a), (_, b)| dot(a, vector).total_cmp(&dot(b, vector)));
            nearest.is_some_and(|(nearest, _)| nearest == label)
        })
        .count();
    println!(
        "{}: {} labels, {} training texts, {right} of {} right: {:.3}",
        model.name(),
        means.len(),
        train.len(),
        test.len(),
        right as f64 / test.len() as f64
    );
    Ok(())
}

fn texts(path: &str) -> Result<Texts, Box<dyn std::error::Error>> {
    let mut texts = Vec::new();
    for line in std::fs::read_to_string(path)?.lines() {
        let value: Value = serde_json::from_str(line)?;
        let field = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        texts.push((
            field("text").ok_or("a line without text")?,
            field("label").ok_or("a line without label")?,
        ));
    }
    Ok(texts)
}

fn vectors(model: &embed::Model, texts: &Texts) -> Result<Vec<Vec<f32>>, embed::Error> {
    model.embed(&texts.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>())
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
