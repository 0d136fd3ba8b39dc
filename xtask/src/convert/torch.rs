//! Reads the weights of a legacy PyTorch checkpoint without PyTorch and without running what it says.
//!
//! Such a file is five pickles (a magic number, the format version, facts about the writer, the state dictionary, the
//! list of storage keys) and then the storages themselves. A pickle is a program; this module interprets only the
//! opcodes those five use, knows only the few globals of a state dictionary, and bounds every stack and table.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};

use pickle::{Object, Value};

mod pickle;
#[cfg(test)]
pub(super) mod tests;

/// The first pickle of the format.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
/// The format version in the second pickle.
const PROTOCOL_VERSION: i64 = 1001;

/// The element type of a storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    /// `torch.FloatStorage`.
    Float32,
    /// `torch.LongStorage`: counters of batch normalisation, which inference does not use.
    Int64,
}

impl Element {
    fn size(self) -> usize {
        match self {
            Self::Float32 => 4,
            Self::Int64 => 8,
        }
    }
}

/// One float tensor of a state dictionary, in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tensor {
    /// Its dimensions.
    pub(super) shape: Vec<usize>,
    /// Its values.
    pub(super) values: Vec<f32>,
}

/// The float tensors of a checkpoint by name.
pub(super) fn read_state_dict(bytes: &[u8]) -> Result<BTreeMap<String, Tensor>> {
    let mut rest = bytes;
    let magic = pickle::load(&mut rest).context("the magic number is not readable")?;
    ensure!(
        matches!(magic.root(), Value::LongBytes(number) if number == MAGIC),
        "this is not a legacy PyTorch checkpoint"
    );
    let version = pickle::load(&mut rest).context("the format version is not readable")?;
    ensure!(version.root() == Value::Int(PROTOCOL_VERSION), "the checkpoint has an unknown format version");
    pickle::load(&mut rest).context("the writer's description is not readable")?;
    let state = pickle::load(&mut rest).context("the state dictionary is not readable")?;
    let keys = pickle::load(&mut rest).context("the storage keys are not readable")?;
    let storages = read_storages(&state, &keys, rest)?;
    collect_tensors(&state, &storages)
}

/// Splits the tail of the file into storages, in the order of the keys.
fn read_storages<'a>(
    state: &pickle::Program<'a>,
    keys: &pickle::Program<'a>,
    mut rest: &'a [u8],
) -> Result<BTreeMap<&'a str, &'a [u8]>> {
    let declared = state
        .objects()
        .iter()
        .filter_map(|object| match object {
            Object::Storage { key, element, len } => Some((*key, (*element, *len))),
            _ => None,
        })
        .collect::<BTreeMap<_, _>>();
    let keys = keys.list(keys.root()).context("the storage keys are not a list")?;
    let mut storages = BTreeMap::new();
    for key in keys {
        let Value::Text(key) = *key else { bail!("a storage key is not text") };
        let &(element, len) =
            declared.get(key).with_context(|| format!("no tensor uses the storage {key:?}"))?;
        let count = rest.split_first_chunk::<8>();
        let (count, tail) = count.context("the file ends before a storage")?;
        ensure!(
            usize::try_from(i64::from_le_bytes(*count)).is_ok_and(|count| count == len),
            "the storage {key:?} has another length than declared"
        );
        let size = len.checked_mul(element.size()).context("a storage is too large")?;
        let (storage, tail) = tail.split_at_checked(size).context("the file ends inside a storage")?;
        ensure!(storages.insert(key, storage).is_none(), "the storage {key:?} appears twice");
        rest = tail;
    }
    ensure!(rest.is_empty(), "{} bytes follow the last storage", rest.len());
    Ok(storages)
}

fn collect_tensors(
    state: &pickle::Program<'_>,
    storages: &BTreeMap<&str, &[u8]>,
) -> Result<BTreeMap<String, Tensor>> {
    let entries = state.dict(state.root()).context("the checkpoint is not a state dictionary")?;
    // Tensors may share a storage in principle; together they never need more than all storages hold.
    let mut bytes_left = storages.values().map(|storage| storage.len()).sum::<usize>();
    let mut tensors = BTreeMap::new();
    for &(name, value) in entries {
        let Value::Text(name) = name else { bail!("a key of the state dictionary is not text") };
        let tensor = read_tensor(state, value, storages).with_context(|| format!("the tensor {name:?}"))?;
        if let Some(tensor) = tensor {
            let size = tensor.values.len() * Element::Float32.size();
            bytes_left = bytes_left.checked_sub(size).context("the tensors overlap")?;
            let replaced = tensors.insert(name.to_owned(), tensor);
            ensure!(replaced.is_none(), "the tensor {name:?} appears twice");
        }
    }
    Ok(tensors)
}

/// One tensor, or none where its elements are not floats.
fn read_tensor(
    state: &pickle::Program<'_>,
    value: Value<'_>,
    storages: &BTreeMap<&str, &[u8]>,
) -> Result<Option<Tensor>> {
    let Some(Object::Tensor { storage, offset, shape, strides }) = state.object(value) else {
        bail!("is not a tensor");
    };
    let Some(Object::Storage { key, element, .. }) = state.object(*storage) else {
        bail!("has no storage");
    };
    if *element != Element::Float32 {
        return Ok(None);
    }
    ensure!(shape.len() == strides.len(), "has an impossible shape");
    let mut len = 1_usize;
    for (&dimension, &stride) in shape.iter().zip(strides).rev() {
        // The stride of a dimension of one is never used, and writers leave anything there.
        ensure!(dimension == 1 || stride == len, "is not contiguous");
        len = len.checked_mul(dimension).context("is too large")?;
    }
    let storage = storages.get(key).context("has no bytes")?;
    let start = offset.checked_mul(element.size()).context("starts out of range")?;
    let size = len.checked_mul(element.size()).context("is too large")?;
    let end = start.checked_add(size).context("ends out of range")?;
    let bytes = storage.get(start..end).context("reaches past its storage")?;
    let values = bytes.as_chunks::<4>().0.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect();
    Ok(Some(Tensor { shape: shape.clone(), values }))
}
