//! H.264: parameter sets are checked here before the decoder sees them, and the decoder is held at arm's length.

mod sps;

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusty_h264_decoder::{DecodeError, Decoder};
use verilume_frame::RgbImage;
use zeroize::{Zeroize as _, Zeroizing};

use super::yuv::{Chroma, Matrix, Planes, YuvConverter};
use super::{MediaError, MediaLimits};
use sps::SequenceParameters;

const SLICE: u8 = 1;
const DATA_PARTITION_A: u8 = 2;
const IDR_SLICE: u8 = 5;
const SEQUENCE_PARAMETERS: u8 = 7;
const PICTURE_PARAMETERS: u8 = 8;

/// Macroblocks of a frame at level 5.2, 36 864 of 256 pixels: above 4K.
const MAX_CODED_PIXELS: u64 = 36_864 * 256;

/// What `avcC` holds: how NAL units are framed, and the parameter sets.
#[derive(Debug, Clone, Default)]
pub(super) struct AvcConfiguration {
    length_bytes: usize,
    parameter_sets: Vec<Vec<u8>>,
}

impl AvcConfiguration {
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let length_bytes = usize::from(*body.get(4)? & 3) + 1;
        let mut parameter_sets = Vec::new();
        let mut rest = body.get(5..)?;
        for count_mask in [0x1F, 0xFF] {
            let (count, mut tail) = rest.split_first()?;
            for _ in 0..count & count_mask {
                let (len, after) = tail.split_first_chunk::<2>()?;
                let (unit, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
                parameter_sets.push(unit.to_vec());
                tail = after;
            }
            rest = tail;
        }
        Some(Self { length_bytes, parameter_sets })
    }
}

/// The colour tags of the container, which count where the stream itself has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ColourTags {
    /// `matrix_coefficients` of ITU-T H.273.
    pub(super) matrix: Option<u8>,
    pub(super) full_range: Option<bool>,
}

/// Why an access unit gave no picture.
#[derive(Debug)]
pub(super) enum DecodeFailure {
    /// The stream uses a coding tool the decoder does not have.
    Unsupported(&'static str),
    /// This access unit is damaged, and what refers to it is lost with it.
    Damaged,
    /// The stream asks for more than the limits allow.
    Refused(MediaError),
}

/// A decoded picture, still YCbCr, wiped when dropped.
pub(super) struct Picture {
    width: u32,
    height: u32,
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl Drop for Picture {
    fn drop(&mut self) {
        self.y.zeroize();
        self.u.zeroize();
        self.v.zeroize();
    }
}

/// Decodes access units in decoding order.
pub(super) struct H264Decoder {
    decoder: Decoder,
    configuration: AvcConfiguration,
    max_pixels: u64,
    limits: MediaLimits,
    /// The sequence parameter sets seen, newest last, one for each id.
    sequences: Vec<SequenceParameters>,
    container_colour: ColourTags,
    /// A damaged access unit came since the last IDR picture.
    awaits_idr: bool,
}

impl H264Decoder {
    pub(super) fn new(
        configuration: AvcConfiguration,
        container_colour: ColourTags,
        limits: &MediaLimits,
    ) -> Result<Self, DecodeFailure> {
        let mut made = Self {
            decoder: Decoder::new(),
            configuration,
            max_pixels: limits.max_pixels.min(MAX_CODED_PIXELS),
            limits: limits.clone(),
            sequences: Vec::new(),
            container_colour,
            awaits_idr: false,
        };
        made.feed_configuration()?;
        Ok(made)
    }

    fn feed_configuration(&mut self) -> Result<(), DecodeFailure> {
        let units = std::mem::take(&mut self.configuration.parameter_sets);
        let mut stream = Zeroizing::new(Vec::new());
        let taken = units.iter().try_for_each(|unit| self.take_unit(unit, &mut stream).map(|_| ()));
        self.configuration.parameter_sets = units;
        taken?;
        self.run(&stream).map(|_| ())
    }

    /// Decodes one access unit as MP4 stores it. `Ok(None)` where it holds no picture, or refers to a damaged one.
    pub(super) fn decode(&mut self, sample: &[u8]) -> Result<Option<Picture>, DecodeFailure> {
        let mut stream = Zeroizing::new(Vec::with_capacity(sample.len() + 64));
        let (mut has_slice, mut has_idr) = (false, false);
        let mut rest = sample;
        while !rest.is_empty() {
            let Some((unit, after)) = split_unit(rest, self.configuration.length_bytes) else {
                self.awaits_idr = true;
                return Err(DecodeFailure::Damaged);
            };
            let unit_type = self.take_unit(unit, &mut stream)?;
            has_slice |= matches!(unit_type, SLICE | IDR_SLICE);
            has_idr |= unit_type == IDR_SLICE;
            rest = after;
        }
        self.awaits_idr &= !has_idr;
        if self.awaits_idr && has_slice {
            return Err(DecodeFailure::Damaged);
        }
        match self.run(&stream) {
            Ok(None) if has_slice => {
                self.awaits_idr = true;
                Err(DecodeFailure::Damaged)
            }
            Err(DecodeFailure::Damaged) => {
                self.awaits_idr = true;
                Err(DecodeFailure::Damaged)
            }
            result => result,
        }
    }

    /// Checks a NAL unit and appends it with a start code if the decoder needs it. Returns its type.
    fn take_unit(&mut self, unit: &[u8], stream: &mut Vec<u8>) -> Result<u8, DecodeFailure> {
        let Some(header) = unit.first() else {
            return Ok(0);
        };
        let unit_type = header & 0x1F;
        match unit_type {
            SEQUENCE_PARAMETERS => self.check_sequence(unit)?,
            SLICE | IDR_SLICE | PICTURE_PARAMETERS => {}
            DATA_PARTITION_A => return Err(DecodeFailure::Unsupported("H.264 with data partitions")),
            _ => return Ok(unit_type),
        }
        stream.extend_from_slice(&[0, 0, 0, 1]);
        stream.extend_from_slice(unit);
        Ok(unit_type)
    }

    fn check_sequence(&mut self, unit: &[u8]) -> Result<(), DecodeFailure> {
        let sequence = SequenceParameters::parse(unit).ok_or(DecodeFailure::Damaged)?;
        if let Some(tool) = sequence.unsupported_tool() {
            return Err(DecodeFailure::Unsupported(tool));
        }
        let (width, height) = sequence.coded_size();
        if u64::from(width) * u64::from(height) > self.max_pixels {
            return Err(DecodeFailure::Refused(
                MediaLimits { max_pixels: self.max_pixels, ..self.limits.clone() }
                    .pixels_error(width, height),
            ));
        }
        self.sequences.retain(|known| known.id != sequence.id);
        self.sequences.push(sequence);
        Ok(())
    }

    /// Runs the decoder on an Annex B stream. A panic inside it counts as damage; the decoder is then replaced.
    fn run(&mut self, stream: &[u8]) -> Result<Option<Picture>, DecodeFailure> {
        let decoder = &mut self.decoder;
        let result = match catch_unwind(AssertUnwindSafe(|| decoder.decode(stream))) {
            Ok(result) => result,
            Err(_panic) => {
                self.decoder = Decoder::new();
                self.feed_configuration()?;
                return Err(DecodeFailure::Damaged);
            }
        };
        match result {
            Ok(Some(frame)) => {
                let size = u32::try_from(frame.width).ok().zip(u32::try_from(frame.height).ok());
                let (width, height) = size.ok_or(DecodeFailure::Damaged)?;
                Ok(Some(Picture { width, height, y: frame.y, u: frame.u, v: frame.v }))
            }
            Ok(None) => Ok(None),
            Err(DecodeError::Unsupported(tool)) => Err(DecodeFailure::Unsupported(tool)),
            Err(_damage) => Err(DecodeFailure::Damaged),
        }
    }

    /// The picture as RGB, by the colour tags of the stream, else of the container, else by its size.
    pub(super) fn rgb_from_picture(&self, picture: &Picture) -> Result<RgbImage, MediaError> {
        let Picture { width, height, ref y, ref u, ref v } = *picture;
        self.limits.check_pixels(width, height)?;
        let sequence = self.sequences.iter().rev().find(|sequence| sequence.shown_size() == (width, height));
        let stream_colour = sequence.map(|sequence| sequence.colour).unwrap_or_default();
        let matrix = stream_colour.matrix.and_then(Matrix::from_h273);
        let matrix = matrix.or_else(|| self.container_colour.matrix.and_then(Matrix::from_h273));
        let full_range = stream_colour.full_range.or(self.container_colour.full_range).unwrap_or(false);
        let converter = YuvConverter::new(matrix.unwrap_or_else(|| Matrix::from_height(height)), full_range);
        converter.rgb_from_planes(&Planes { width, height, chroma: Chroma::YUV420, y, u, v })
    }

    /// Whether the stream says that its pixels are not square.
    pub(super) fn has_square_pixels(&self) -> bool {
        self.sequences.iter().all(|sequence| sequence.has_square_pixels)
    }
}

/// The first NAL unit and what follows it.
fn split_unit(bytes: &[u8], length_bytes: usize) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_at_checked(length_bytes)?;
    let len = len.iter().fold(0_usize, |len, byte| len << 8 | usize::from(*byte));
    rest.split_at_checked(len)
}
