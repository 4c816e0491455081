//! An encoder gives what a slow, plain calculation in double precision gives.

use std::collections::BTreeMap;
use std::fs;

use embed::{Kind, Model};
use serde_json::json;

use crate::maker::{self, HEADS, HIDDEN, INNER, Tensor};

type Rows = Vec<Vec<f64>>;

struct Slow(BTreeMap<String, Tensor>);

impl Slow {
    fn get(&self, name: &str) -> Vec<f64> {
        self.0[name].1.iter().map(|x| f64::from(*x)).collect()
    }

    fn row(&self, name: &str, row: usize) -> Vec<f64> {
        self.get(name)[row * HIDDEN..(row + 1) * HIDDEN].to_vec()
    }

    fn linear(&self, name: &str, x: &[f64]) -> Vec<f64> {
        let (weights, bias) = (self.get(&format!("{name}.weight")), self.get(&format!("{name}.bias")));
        let row =
            |out: usize| (0..x.len()).map(|i| weights[out * x.len() + i] * x[i]).sum::<f64>() + bias[out];
        (0..bias.len()).map(row).collect()
    }

    fn norm(&self, name: &str, x: &[f64]) -> Vec<f64> {
        let (scale, shift) = (self.get(&format!("{name}.weight")), self.get(&format!("{name}.bias")));
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / x.len() as f64;
        (0..x.len()).map(|i| (x[i] - mean) / (variance + 1e-12).sqrt() * scale[i] + shift[i]).collect()
    }

    /// The rows after the last layer.
    fn rows(&self, ids: &[usize], first_position: usize) -> Rows {
        let start = |(place, id): (usize, &usize)| {
            let word = self.row("embeddings.word_embeddings.weight", *id);
            let position = self.row("embeddings.position_embeddings.weight", first_position + place);
            let kind = self.row("embeddings.token_type_embeddings.weight", 0);
            let sum: Vec<f64> = (0..HIDDEN).map(|i| word[i] + position[i] + kind[i]).collect();
            self.norm("embeddings.LayerNorm", &sum)
        };
        let rows: Rows = ids.iter().enumerate().map(start).collect();
        let layer = "encoder.layer.0.";
        let all = |name: &str| -> Rows {
            rows.iter().map(|x| self.linear(&format!("{layer}attention.self.{name}"), x)).collect()
        };
        let seen = attend(&all("query"), &all("key"), &all("value"));
        let finish = |(x, seen): (&Vec<f64>, &Vec<f64>)| {
            let attention = self.linear(&format!("{layer}attention.output.dense"), seen);
            let sum: Vec<f64> = (0..HIDDEN).map(|i| attention[i] + x[i]).collect();
            let x = self.norm(&format!("{layer}attention.output.LayerNorm"), &sum);
            let inner: Vec<f64> =
                self.linear(&format!("{layer}intermediate.dense"), &x).into_iter().map(gelu).collect();
            assert_eq!(inner.len(), INNER);
            let outer = self.linear(&format!("{layer}output.dense"), &inner);
            let sum: Vec<f64> = (0..HIDDEN).map(|i| outer[i] + x[i]).collect();
            self.norm(&format!("{layer}output.LayerNorm"), &sum)
        };
        rows.iter().zip(&seen).map(finish).collect()
    }

    fn mean(&self, ids: &[usize]) -> Vec<f64> {
        let rows = self.rows(ids, 0);
        unit((0..HIDDEN).map(|i| rows.iter().map(|row| row[i]).sum::<f64>() / rows.len() as f64).collect())
    }
}

fn attend(query: &Rows, key: &Rows, value: &Rows) -> Rows {
    let width = HIDDEN / HEADS;
    let mut seen = vec![vec![0.0; HIDDEN]; query.len()];
    for head in 0..HEADS {
        let part = head * width..(head + 1) * width;
        for (here, q) in query.iter().enumerate() {
            let score = |k: &Vec<f64>| part.clone().map(|i| q[i] * k[i]).sum::<f64>() / (width as f64).sqrt();
            let shares: Vec<f64> = key.iter().map(|k| score(k).exp()).collect();
            let sum: f64 = shares.iter().sum();
            for i in part.clone() {
                seen[here][i] = shares.iter().zip(value).map(|(share, v)| share / sum * v[i]).sum();
            }
        }
    }
    seen
}

/// x times the normal distribution, which is integrated here in small steps.
fn gelu(x: f64) -> f64 {
    let steps = 20_000;
    let (from, width) = (-12.0, (x + 12.0) / f64::from(steps));
    let density = |t: f64| (-t * t / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let area: f64 = (0..steps).map(|step| density(from + (f64::from(step) + 0.5) * width) * width).sum();
    x * area
}

fn unit(vector: Vec<f64>) -> Vec<f64> {
    let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
    vector.into_iter().map(|x| x / length).collect()
}

#[track_caller]
fn check(vector: &[f32], right: &[f64]) {
    assert_eq!(vector.len(), right.len());
    for (is, should) in vector.iter().zip(right) {
        assert!((f64::from(*is) - should).abs() < 2e-6, "{vector:?}\n{right:?}");
    }
}

#[test]
fn a_batch_of_texts_gives_what_slow_arithmetic_gives_for_each() {
    let dir = tempfile::tempdir().unwrap();
    maker::encoder(dir.path());
    let model = Model::open(dir.path()).unwrap();
    assert_eq!((model.dimension(), model.settings().kind), (HIDDEN, Kind::Encoder));
    let slow = Slow(maker::encoder_tensors());
    let vectors = model.embed(&["Order SHIPPED late", "", "late", "order order nonsense"]).unwrap();
    check(&vectors[0], &slow.mean(&[2, 4, 5, 6, 7, 3]));
    check(&vectors[1], &slow.mean(&[2, 3]));
    check(&vectors[2], &slow.mean(&[2, 7, 3]));
    check(&vectors[3], &slow.mean(&[2, 4, 4, 1, 3]));
}

#[test]
fn a_vector_does_not_depend_on_its_neighbours_bit_for_bit() {
    let dir = tempfile::tempdir().unwrap();
    maker::encoder(dir.path());
    let model = Model::open(dir.path()).unwrap();
    let texts: Vec<&str> =
        ["late", "order shipped", "", "late order late"].into_iter().cycle().take(900).collect();
    let together = model.embed(&texts).unwrap();
    for (text, vector) in texts.iter().zip(&together).take(8) {
        assert_eq!(&model.embed(&[text]).unwrap()[0], vector);
    }
    assert_eq!(together, model.embed(&texts).unwrap());
}

#[test]
fn a_long_text_is_cut_and_keeps_its_end_mark() {
    let dir = tempfile::tempdir().unwrap();
    maker::encoder(dir.path());
    let model = Model::open(dir.path()).unwrap();
    assert_eq!(model.settings().max_tokens, maker::POSITIONS);
    let vectors = model.embed(&[&"late ".repeat(500)]).unwrap();
    check(&vectors[0], &Slow(maker::encoder_tensors()).mean(&[2, 7, 7, 7, 7, 7, 7, 7, 7, 3]));
}

#[test]
fn cls_pooling_takes_the_first_row() {
    let dir = tempfile::tempdir().unwrap();
    maker::encoder(dir.path());
    fs::create_dir(dir.path().join("1_Pooling")).unwrap();
    let pooling = json!({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false});
    fs::write(dir.path().join("1_Pooling/config.json"), pooling.to_string()).unwrap();
    let model = Model::open(dir.path()).unwrap();
    let rows = Slow(maker::encoder_tensors()).rows(&[2, 4, 3], 0);
    check(&model.embed(&["order"]).unwrap()[0], &unit(rows[0].clone()));
}

#[test]
fn a_roberta_counts_positions_from_behind_its_padding_token() {
    let dir = tempfile::tempdir().unwrap();
    maker::encoder(dir.path());
    let mut config = maker::encoder_config();
    config["model_type"] = json!("xlm-roberta");
    config["pad_token_id"] = json!(1);
    fs::write(dir.path().join("config.json"), config.to_string()).unwrap();
    let settings = "name = \"tiny\"\nkind = \"encoder\"\npooling = \"cls\"\nmax_tokens = 8\n";
    fs::write(dir.path().join("kulanz-model.toml"), settings).unwrap();
    let renamed =
        maker::encoder_tensors().into_iter().map(|(name, tensor)| (format!("roberta.{name}"), tensor));
    fs::write(dir.path().join("model.safetensors"), maker::weights(&renamed.collect())).unwrap();
    let model = Model::open(dir.path()).unwrap();
    let rows = Slow(maker::encoder_tensors()).rows(&[2, 4, 3], 2);
    check(&model.embed(&["order"]).unwrap()[0], &unit(rows[0].clone()));
}
