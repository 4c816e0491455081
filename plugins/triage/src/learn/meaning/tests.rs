//! Regression on vectors, its sums and its bytes, on tickets of three made-up labels.

use super::*;
use crate::features::{Bag, Words};
use crate::learn::chunk::{self, Sample};
use crate::learn::corpus::BITS;

const SOURCE: usize = 3;

fn source() -> Source {
    Source { digest: "d".into(), dimension: SOURCE }
}

/// Three labels, each with a direction of its own, twenty tickets each that stray a little.
fn corpus() -> (Corpus, Vectors) {
    let (mut bytes, mut vectors) = (Vec::new(), Vec::new());
    for n in 0..60_u32 {
        let label = n % 3;
        let bag = Bag::of(&Words::of(&format!("text {n} of label {label}")), BITS);
        chunk::write(&mut bytes, &Sample { label, requester: n, minute: n, bag });
        let mut vector = [0.1; SOURCE];
        vector[label as usize] = 0.9;
        vector[(n as usize / 3) % SOURCE] += 0.3;
        pack(&mut vectors, &vector);
    }
    let corpus = Corpus::read(&[bytes], 3);
    let vectors = Vectors::of(&source(), vectors, corpus.len()).unwrap();
    (corpus, vectors)
}

fn best(scores: &[f32]) -> usize {
    crate::learn::calibrate::two_best(scores).0
}

#[test]
fn a_regression_tells_labels_apart_by_what_their_tickets_mean() {
    let (corpus, vectors) = corpus();
    let solved = Sums::of(&corpus, &vectors, 0..corpus.len()).solved();
    let right = (0..corpus.len()).filter(|n| best(&solved.says(&vectors, *n)) == corpus.label[*n] as usize);
    assert_eq!(right.count(), 60);
}

#[test]
fn a_regression_solves_its_equations() {
    let (corpus, vectors) = corpus();
    let sums = Sums::of(&corpus, &vectors, 0..corpus.len());
    let solved = sums.solved();
    let n = sums.n;
    let product =
        |i: usize, j: usize| sums.products[i.max(j) * n + i.min(j)] + if i == j { RIDGE } else { 0.0 };
    for label in 0..3 {
        let line = &solved.coefficients[label * n..(label + 1) * n];
        for i in 0..n {
            let left: f32 = (0..n).map(|j| product(i, j) * line[j]).sum();
            assert!((left - sums.labels[label * n + i]).abs() < 1e-3, "label {label}, line {i}");
        }
    }
}

#[test]
fn tickets_are_taken_out_as_if_they_had_never_been_there() {
    let (corpus, vectors) = corpus();
    let mut rest = Sums::of(&corpus, &vectors, 0..corpus.len());
    rest.add(&corpus, &vectors, 0..20, -1.0);
    let never = Sums::of(&corpus, &vectors, 20..60).solved();
    for (a, b) in rest.solved().coefficients.iter().zip(&never.coefficients) {
        assert!((a - b).abs() < 1e-3, "{a} {b}");
    }
}

#[test]
fn sums_come_back_from_their_bytes_and_other_bytes_are_none() {
    let (corpus, vectors) = corpus();
    let sums = Sums::of(&corpus, &vectors, 0..corpus.len());
    assert_eq!(Sums::read(&source(), 3, &sums.bytes()), Some(sums.clone()));
    assert_eq!(Sums::read(&source(), 2, &sums.bytes()), None);
    assert_eq!(Sums::read(&source(), 3, &[]), None);
}

#[test]
fn a_packed_vector_is_near_what_it_was_and_zeros_stay_zeros() {
    let mut bytes = Vec::new();
    pack(&mut bytes, &[0.5, -0.25, 0.001]);
    pack(&mut bytes, &[0.0; 3]);
    let numbers: Vec<f32> = unpack(&bytes[..source().width()]).collect();
    assert!((numbers[0] - 0.5).abs() < 0.003 && (numbers[1] + 0.25).abs() < 0.003, "{numbers:?}");
    assert!(unpack(&bytes[source().width()..]).all(|n| n == 0.0));
}

#[test]
fn vectors_of_tickets_that_were_dropped_for_room_are_skipped() {
    let mut bytes = Vec::new();
    for n in [0.2, 0.4, 0.6] {
        pack(&mut bytes, &[n; 3]);
    }
    let vectors = Vectors::of(&source(), bytes.clone(), 2).unwrap();
    let mut first = Vec::new();
    vectors.read(0, &mut first);
    assert!((first[0] - 0.4).abs() < 0.01);
    assert!(Vectors::of(&source(), bytes, 4).is_none(), "one is missing");
}

#[test]
fn words_alone_stay_where_the_meaning_sorts_no_more() {
    assert_eq!(chosen(&[50, 50, 49, 48], 100), None);
    assert_eq!(chosen(&[50, 60, 49, 48], 100), Some(0));
    // Of shares that are hardly worse than the best, the middle one.
    assert_eq!(chosen(&[500, 700, 701, 699, 400], 1_000), Some(1));
    assert_eq!(chosen(&[], 0), None);
}
