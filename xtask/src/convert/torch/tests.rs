//! The checkpoint reader on a file written here byte by byte, and on every way to break it.

use proptest::prelude::*;

use super::*;

/// Name, dimensions and values of a tensor.
pub(in crate::convert) type TensorSpec = (String, Vec<u8>, Vec<f32>);

/// A legacy checkpoint with one storage per tensor and contiguous strides.
pub(in crate::convert) fn checkpoint(tensors: &[TensorSpec]) -> Vec<u8> {
    let mut file = b"\x80\x02\x8a\x0a".to_vec();
    file.extend(MAGIC);
    file.extend(b".\x80\x02M\xe9\x03.\x80\x02}.");
    file.extend(b"\x80\x02ccollections\nOrderedDict\n)Rq\x00(");
    for (place, (name, shape, values)) in tensors.iter().enumerate() {
        text(&mut file, name);
        file.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text(&mut file, "storage");
        file.extend(b"ctorch\nFloatStorage\n");
        text(&mut file, &place.to_string());
        text(&mut file, "cpu");
        file.push(b'J');
        file.extend(i32::try_from(values.len()).unwrap().to_le_bytes());
        file.extend(b"NtQK\x00");
        sizes(&mut file, shape.iter().map(|&size| i32::from(size)));
        let strides =
            (0..shape.len()).map(|axis| shape[axis + 1..].iter().map(|&size| i32::from(size)).product());
        sizes(&mut file, strides);
        file.extend(b"\x89ccollections\nOrderedDict\n)RtR");
    }
    file.extend(b"u.\x80\x02](");
    for place in 0..tensors.len() {
        text(&mut file, &place.to_string());
    }
    file.extend(b"e.");
    for (_, _, values) in tensors {
        file.extend(i64::try_from(values.len()).unwrap().to_le_bytes());
        file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
    file
}

fn text(file: &mut Vec<u8>, text: &str) {
    file.push(b'X');
    file.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
    file.extend(text.as_bytes());
}

fn sizes(file: &mut Vec<u8>, sizes: impl Iterator<Item = i32>) {
    file.push(b'(');
    for size in sizes {
        file.push(b'J');
        file.extend(size.to_le_bytes());
    }
    file.push(b't');
}

fn small_checkpoint() -> Vec<u8> {
    checkpoint(&[
        ("a.weight".into(), vec![2, 3], vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
        ("a.bias".into(), vec![2], vec![-1.0, 1.0]),
    ])
}

fn error_of(bytes: &[u8]) -> String {
    format!("{:#}", read_state_dict(bytes).unwrap_err())
}

/// The checkpoint with the one occurrence of `from` replaced.
fn replaced(from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = small_checkpoint();
    let place = bytes.windows(from.len()).position(|window| window == from).unwrap();
    bytes.splice(place..place + from.len(), to.iter().copied());
    bytes
}

#[test]
fn a_small_checkpoint_is_read() {
    let tensors = read_state_dict(&small_checkpoint()).unwrap();
    assert_eq!(tensors.keys().collect::<Vec<_>>(), ["a.bias", "a.weight"]);
    assert_eq!(tensors["a.weight"].shape, [2, 3]);
    assert_eq!(tensors["a.weight"].values, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
}

#[test]
fn code_is_never_looked_up() {
    let error = error_of(&replaced(b"torch\nFloatStorage", b"os\nsystem"));
    assert_eq!(
        error,
        "the state dictionary is not readable: the pickle asks for os.system, which a state dictionary does not need"
    );
}

#[test]
fn mistakes_are_named() {
    assert_eq!(
        error_of(b"PK\x03\x04"),
        "the magic number is not readable: the pickle opcode 0x50 is not supported"
    );
    assert_eq!(error_of(b"\x80\x02K\x01."), "this is not a legacy PyTorch checkpoint");
    assert_eq!(
        error_of(&replaced(b"M\xe9\x03", b"M\xea\x03")),
        "the checkpoint has an unknown format version"
    );
    let mut longer = small_checkpoint();
    longer.push(0);
    assert_eq!(error_of(&longer), "1 bytes follow the last storage");
    longer.truncate(longer.len() - 2);
    assert_eq!(error_of(&longer), "the file ends inside a storage");
    let transposed =
        replaced(b"(J\x03\x00\x00\x00J\x01\x00\x00\x00t", b"(J\x01\x00\x00\x00J\x02\x00\x00\x00t");
    assert_eq!(error_of(&transposed), "the tensor \"a.weight\": is not contiguous");
}

#[test]
fn a_deeply_nested_value_is_bounded_and_dropped_without_recursion() {
    let mut nested = b"\x80\x02)".to_vec();
    nested.extend(vec![0x85; 100_000]);
    nested.push(b'.');
    // Not a magic number, but a value that was read and dropped whole.
    assert_eq!(error_of(&nested), "this is not a legacy PyTorch checkpoint");
    nested.splice(3..3, vec![b'('; 1 << 17]);
    assert_eq!(error_of(&nested), "the magic number is not readable: the pickle nests too deeply");
}

#[test]
fn every_truncation_is_an_error() {
    let file = small_checkpoint();
    for len in 0..file.len() {
        assert!(read_state_dict(&file[..len]).is_err(), "{len}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        prop_assert!(read_state_dict(&bytes).is_err());
    }

    #[test]
    fn a_damaged_checkpoint_never_panics(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        let mut file = small_checkpoint();
        for (place, value) in damage {
            let place = place.index(file.len());
            file[place] = value;
        }
        let _ = read_state_dict(&file);
    }
}
