//! A folder of frames: which files, in which order, captured when. The rules are in [`open`](super::open).

use std::cmp::Ordering;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use verilume_frame::{Frame, Timestamp};
use zeroize::Zeroizing;

use super::error::Warnings;
use super::image_file::{decode_image, still_format};
use super::input::{Input, MAX_ENCODED_BYTES};
use super::reader::OpenedSource;
use super::{MediaError, MediaErrorKind, MediaFormat, MediaLimits, MediaOptions, Source, frame_time};

/// One image of the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FrameFile {
    /// The file's name without its extension.
    stem: String,
    path: PathBuf,
}

struct FolderSource {
    files: std::vec::IntoIter<(FrameFile, Timestamp)>,
    ignored_files: u64,
    limits: MediaLimits,
}

pub(super) fn open(folder: &Path, options: &MediaOptions) -> Result<OpenedSource, MediaError> {
    let fps = options.fps_or_default()?;
    let mut files = Vec::new();
    let mut ignored_files = 0;
    for entry in fs::read_dir(folder).map_err(MediaError::from_io)? {
        let path = entry.map_err(MediaError::from_io)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || !path.is_file() {
            continue;
        }
        if !is_image(&path)? {
            ignored_files += 1;
            continue;
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        files.push(FrameFile { stem, path });
        if files.len() as u64 > options.limits.max_frames {
            return Err(options.limits.frames_error());
        }
    }
    if files.is_empty() {
        return Err(MediaError::new(MediaErrorKind::NoFrames, "the folder holds no image"));
    }
    let frame_count = Some(files.len() as u64);
    let (files, is_timed) = in_order(files, fps);
    let source = FolderSource { files: files.into_iter(), ignored_files, limits: options.limits.clone() };
    let fps = (!is_timed).then_some(fps);
    Ok(OpenedSource { frame_count, fps, ..OpenedSource::video(source, MediaFormat::ImageFolder) })
}

/// Whether a file begins like a still picture.
pub(crate) fn is_image(path: &Path) -> Result<bool, MediaError> {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(16).read_to_end(&mut head));
    read.map_err(|error| MediaError::from_io(error).in_input(&path.display().to_string()))?;
    Ok(still_format(&head).is_some())
}

/// The files in order of capture with their times, and whether the times are from the names.
fn in_order(mut files: Vec<FrameFile>, fps: f64) -> (Vec<(FrameFile, Timestamp)>, bool) {
    let rules: [fn(&str) -> Option<u64>; 2] = [nanos_from_unit, nanos_from_clock];
    for rule in rules {
        let nanos: Option<Vec<u64>> = files.iter().map(|file| rule(&file.stem)).collect();
        if let Some(nanos) = nanos {
            let mut timed: Vec<_> = nanos.into_iter().zip(files).collect();
            timed.sort_by(|(a, a_file), (b, b_file)| {
                a.cmp(b).then_with(|| natural_order(&a_file.stem, &b_file.stem))
            });
            let first = timed.first().map_or(0, |(nanos, _)| *nanos);
            let timed =
                timed.into_iter().map(|(nanos, file)| (file, Timestamp::from_micros((nanos - first) / 1000)));
            return (timed.collect(), true);
        }
    }
    files.sort_by(|a, b| natural_order(&a.stem, &b.stem).then_with(|| a.path.cmp(&b.path)));
    let timed = (0..).zip(files).map(|(index, file)| (file, frame_time(index, fps)));
    (timed.collect(), false)
}

/// Rule 1: `..._1234ms`, `..._1234567us`.
fn nanos_from_unit(stem: &str) -> Option<u64> {
    let (rest, nanos_per_unit) = match stem.strip_suffix("ms") {
        Some(rest) => (rest, 1_000_000),
        None => (stem.strip_suffix("us")?, 1000),
    };
    let digits = rest.bytes().rev().take_while(u8::is_ascii_digit).count();
    rest[rest.len() - digits..].parse::<u64>().ok()?.checked_mul(nanos_per_unit)
}

/// Rule 2: nothing but a clock reading.
fn nanos_from_clock(stem: &str) -> Option<u64> {
    if stem.starts_with('0') || !stem.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanos_per_unit = match stem.len() {
        10..=15 => 1_000_000,
        16..=18 => 1000,
        19 => 1,
        _ => return None,
    };
    stem.parse::<u64>().ok()?.checked_mul(nanos_per_unit)
}

/// Compares runs of digits as numbers and everything else as text.
fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        let (a_digits, b_digits) = (digit_run(a), digit_run(b));
        let (a_part, b_part) = if a_digits > 0 && b_digits > 0 {
            (a_digits, b_digits)
        } else {
            (a.len().min(1), b.len().min(1))
        };
        let ((a_head, a_tail), (b_head, b_tail)) = (a.split_at(a_part), b.split_at(b_part));
        let order = if a_digits > 0 && b_digits > 0 {
            let (a_number, b_number) = (without_zeros(a_head), without_zeros(b_head));
            a_number
                .len()
                .cmp(&b_number.len())
                .then_with(|| a_number.cmp(b_number))
                .then_with(|| a_head.len().cmp(&b_head.len()))
        } else {
            a_head.cmp(b_head)
        };
        if order.is_ne() || (a.is_empty() && b.is_empty()) {
            return order;
        }
        (a, b) = (a_tail, b_tail);
    }
}

fn digit_run(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn without_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    &digits[zeros..]
}

impl Source for FolderSource {
    fn next_frame(&mut self, warnings: &mut Warnings) -> Result<Option<Frame>, MediaError> {
        if self.ignored_files > 0 {
            let message = format!("files that are no images were left out: {}", self.ignored_files);
            warnings.add("ignored_files", message);
        }
        let Some((file, captured_at)) = self.files.next() else {
            return Ok(None);
        };
        let image = read_image(&file.path, &self.limits)
            .map_err(|error| error.in_input(&file.path.display().to_string()))?;
        Ok(Some(Frame::new(image, captured_at)))
    }
}

fn read_image(path: &Path, limits: &MediaLimits) -> Result<verilume_frame::RgbImage, MediaError> {
    let file = File::open(path).map_err(MediaError::from_io)?;
    let len = file.metadata().map_err(MediaError::from_io)?.len();
    let max_bytes = limits.max_bytes.min(MAX_ENCODED_BYTES as u64);
    let len = usize::try_from(len).ok().filter(|len| *len as u64 <= max_bytes);
    let len = len.ok_or_else(|| {
        MediaError::new(MediaErrorKind::InputTooLarge, format!("has more than {max_bytes} bytes"))
    })?;
    let bytes: Zeroizing<Vec<u8>> = Input::new(file, max_bytes).read_block(len)?;
    decode_image(&bytes, limits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(stems: &[&str], expected: &[(&str, u64)]) {
        let files =
            stems.iter().map(|stem| FrameFile { stem: (*stem).to_owned(), path: PathBuf::from(stem) });
        let (ordered, _) = in_order(files.collect(), 25.0);
        let got: Vec<_> = ordered.iter().map(|(file, at)| (file.stem.as_str(), at.as_micros())).collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn times_follow_from_names() {
        check(
            &["a_200ms", "a_33ms", "b_1000ms"],
            &[("a_33ms", 0), ("a_200ms", 167_000), ("b_1000ms", 967_000)],
        );
        check(&["x_1500us", "x_500us"], &[("x_500us", 0), ("x_1500us", 1000)]);
        check(&["1700000000040", "1700000000000"], &[("1700000000000", 0), ("1700000000040", 40_000)]);
        check(
            &["1700000000000040", "1700000000000000"],
            &[("1700000000000000", 0), ("1700000000000040", 40)],
        );
        check(&["frame_10", "frame_9"], &[("frame_9", 0), ("frame_10", 40_000)]);
        check(&["0000000010", "0000000009"], &[("0000000009", 0), ("0000000010", 40_000)]);
        check(&["a_10ms", "b"], &[("a_10ms", 0), ("b", 40_000)]);
    }

    proptest! {
        #[test]
        fn natural_order_is_an_order(a in "[a-c0-2]{0,6}", b in "[a-c0-2]{0,6}", c in "[a-c0-2]{0,6}") {
            prop_assert_eq!(natural_order(&a, &b), natural_order(&b, &a).reverse());
            prop_assert_eq!(natural_order(&a, &b).is_eq(), a == b);
            if natural_order(&a, &b).is_le() && natural_order(&b, &c).is_le() {
                prop_assert!(natural_order(&a, &c).is_le());
            }
        }
    }
}
