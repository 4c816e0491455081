//! A static model: one vector per token, a text is the mean of its tokens. Knows no tokenizer.

use std::path::Path;

use crate::tensors::Tensors;
use crate::{Error, files, limits};

/// The table in memory, row after row.
pub(crate) struct Table {
    numbers: Vec<f32>,
    rows: usize,
    dimension: usize,
}

impl Table {
    /// Loads the one matrix of the weight file.
    pub(crate) fn load(dir: &Path) -> Result<Self, Error> {
        let file = dir.join(files::WEIGHTS);
        let mut tensors = Tensors::open(&file)?;
        let name = match tensors.names().as_slice() {
            [name] => (*name).to_owned(),
            [] => return Err(Error::weights(&file, "it holds no tensor")),
            [first, others @ ..] => {
                let why = format!("stands beside {} others; a static model is one matrix", others.len());
                return Err(Error::tensor(&file, first, why));
            }
        };
        let (rows, dimension) = match tensors.shape(&name) {
            Some([rows, dimension]) if *rows > 0 && (1..=limits::DIMENSION_MAX).contains(dimension) => {
                (*rows, *dimension)
            }
            shape => {
                let why =
                    format!("has shape {:?} where tokens × numbers is expected", shape.unwrap_or_default());
                return Err(Error::tensor(&file, &name, why));
            }
        };
        let numbers = tensors.read(&name, &[rows, dimension])?;
        Ok(Self { numbers, rows, dimension })
    }

    /// How many tokens the table knows.
    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    /// How many numbers a vector has.
    pub(crate) const fn dimension(&self) -> usize {
        self.dimension
    }

    /// The mean of each text's rows.
    pub(crate) fn vectors(&self, texts: &[Vec<u32>]) -> Vec<Vec<f32>> {
        texts.iter().map(|ids| self.mean(ids)).collect()
    }

    fn mean(&self, ids: &[u32]) -> Vec<f32> {
        let mut sum = vec![0.0; self.dimension];
        for id in ids {
            let start = *id as usize * self.dimension;
            let row = self.numbers.get(start..start + self.dimension).unwrap_or_default();
            for (total, number) in sum.iter_mut().zip(row) {
                *total += number;
            }
        }
        let count = ids.len().max(1) as f32;
        for total in &mut sum {
            *total /= count;
        }
        sum
    }
}
