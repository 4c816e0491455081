//! A weight file: the list at its head checked against the length of the file, then tensor by tensor into
//! single precision. Knows no model; takes no memory before a tensor's size is known to fit the file.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use crate::{Error, limits, maths};

/// An open weight file.
pub(crate) struct Tensors {
    path: PathBuf,
    file: File,
    start: u64,
    infos: HashMap<String, TensorInfo>,
}

/// Tensors that are published along with the weights and carry none.
const IGNORED: [&str; 2] = ["position_ids", "token_type_ids"];

impl Tensors {
    /// Reads the list of tensors and checks every entry of it.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let mut file = File::open(path).map_err(Error::read(path))?;
        let bytes = file.metadata().map_err(Error::read(path))?.len();
        if bytes > limits::WEIGHTS_BYTES_MAX {
            return Err(Error::TooLarge { file: path.to_owned(), limit_bytes: limits::WEIGHTS_BYTES_MAX });
        }
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(|_| Error::weights(path, "it is shorter than 8 bytes"))?;
        let length = u64::from_le_bytes(length);
        if length > limits::TENSOR_LIST_BYTES_MAX || length.saturating_add(8) > bytes {
            return Err(Error::weights(path, format!("its list of tensors would have {length} bytes")));
        }
        let mut list = Vec::new();
        Read::by_ref(&mut file).take(length).read_to_end(&mut list).map_err(Error::read(path))?;
        let list: Metadata =
            serde_json::from_slice(&list).map_err(|error| Error::weights(path, error.to_string()))?;
        let start = 8 + length;
        let infos: HashMap<String, TensorInfo> =
            list.tensors().into_iter().map(|(name, info)| (name, info.clone())).collect();
        for (name, info) in &infos {
            fits(path, name, info, bytes - start)?;
        }
        Ok(Self { path: path.to_owned(), file, start, infos })
    }

    /// Which file this is, for errors.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Names and shapes of all tensors that carry weights, by name.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .infos
            .keys()
            .map(String::as_str)
            .filter(|name| !IGNORED.iter().any(|ignored| name.ends_with(ignored)))
            .collect();
        names.sort_unstable();
        names
    }

    /// A tensor's shape, if there is such a tensor.
    pub(crate) fn shape(&self, name: &str) -> Option<&[usize]> {
        self.infos.get(name).map(|info| info.shape.as_slice())
    }

    /// A tensor of exactly this shape, row by row.
    pub(crate) fn read(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, Error> {
        let Some(info) = self.infos.get(name) else {
            return Err(Error::tensor(&self.path, name, "is missing; the weights belong to another model"));
        };
        if info.shape != shape {
            let why = format!("has shape {:?} where the configuration asks for {shape:?}", info.shape);
            return Err(Error::tensor(&self.path, name, why));
        }
        let (from, to) = info.data_offsets;
        let (dtype, mut left) = (info.dtype, to - from);
        self.file.seek(SeekFrom::Start(self.start + from as u64)).map_err(Error::read(&self.path))?;
        // Piece by piece, so that a large matrix is not in memory twice.
        let mut piece = vec![0; left.min(limits::PIECE_BYTES)];
        let mut all = Vec::with_capacity(shape.iter().product());
        while left > 0 {
            piece.truncate(left);
            self.file.read_exact(&mut piece).map_err(Error::read(&self.path))?;
            left -= piece.len();
            if !append(&mut all, dtype, &piece) {
                let why = format!("is stored as {dtype:?}; only F32, F16 and BF16 can be read");
                return Err(Error::tensor(&self.path, name, why));
            }
        }
        Ok(all)
    }
}

fn fits(path: &Path, name: &str, info: &TensorInfo, data_bytes: u64) -> Result<(), Error> {
    let (from, to) = info.data_offsets;
    let size = info
        .shape
        .iter()
        .try_fold(1_usize, |product, side| product.checked_mul(*side))
        .and_then(|numbers| numbers.checked_mul(info.dtype.bitsize()))
        .map(|bits| bits / 8);
    if to as u64 > data_bytes || to.checked_sub(from).is_none() || to.checked_sub(from) != size {
        return Err(Error::tensor(path, name, "does not fit into the file; it is cut off or damaged"));
    }
    Ok(())
}

/// Appends the numbers of whole bytes; false for a kind of number that is not read.
fn append(all: &mut Vec<f32>, dtype: Dtype, bytes: &[u8]) -> bool {
    let (pairs, _) = bytes.as_chunks::<2>();
    let (fours, _) = bytes.as_chunks::<4>();
    match dtype {
        Dtype::F32 => all.extend(fours.iter().map(|four| f32::from_le_bytes(*four))),
        Dtype::F16 => all.extend(pairs.iter().map(|pair| maths::from_f16(u16::from_le_bytes(*pair)))),
        Dtype::BF16 => {
            all.extend(pairs.iter().map(|pair| f32::from_bits(u32::from(u16::from_le_bytes(*pair)) << 16)));
        }
        _ => return false,
    }
    true
}
