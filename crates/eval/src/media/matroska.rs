//! Reads the uncompressed Matroska that ffmpeg writes to a pipe. Not a general Matroska reader.

use verilume_frame::{Frame, Timestamp};

use super::input::Input;
use super::yuv::{Chroma, Matrix, Planes, YuvConverter};
use super::{MediaError, MediaErrorKind, MediaLimits, ticks_time};

const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_A966;
const TIMESTAMP_SCALE: u32 = 0x2A_D7B1;
const TRACKS: u32 = 0x1654_AE6B;
const TRACK_ENTRY: u32 = 0xAE;
const VIDEO: u32 = 0xE0;
const PIXEL_WIDTH: u32 = 0xB0;
const PIXEL_HEIGHT: u32 = 0xBA;
const COLOUR: u32 = 0x55B0;
const MATRIX_COEFFICIENTS: u32 = 0x55B1;
const RANGE: u32 = 0x55B9;
const CLUSTER: u32 = 0x1F43_B675;
const CLUSTER_TIMESTAMP: u32 = 0xE7;
const BLOCK_GROUP: u32 = 0xA0;
const BLOCK: u32 = 0xA1;
const SIMPLE_BLOCK: u32 = 0xA3;

/// Nanoseconds a tick where the file does not say.
const DEFAULT_TIMESTAMP_SCALE: u64 = 1_000_000;

/// The range code of full-range video.
const FULL_RANGE: u64 = 2;

/// Track number, time and flags of a block with one lace.
const BLOCK_HEADER_BYTES: u64 = 4;

struct Header {
    nanos_per_tick: u64,
    width: u64,
    height: u64,
    matrix: u64,
    range: u64,
}

/// A stream of raw 4:2:0 frames.
pub(super) struct RawMatroska {
    input: Input<'static>,
    width: u32,
    height: u32,
    nanos_per_tick: u64,
    converter: YuvConverter,
    cluster_ticks: u64,
    first_ticks: Option<u64>,
    last_captured_at: Timestamp,
}

struct Element {
    id: u32,
    len: u64,
}

impl RawMatroska {
    /// Reads the header; `truncated` where the pipe closes before its end.
    pub(super) fn open(mut input: Input<'static>, limits: &MediaLimits) -> Result<Self, MediaError> {
        let mut header =
            Header { nanos_per_tick: DEFAULT_TIMESTAMP_SCALE, width: 0, height: 0, matrix: 2, range: 1 };
        loop {
            let element = next_element(&mut input)?
                .ok_or_else(|| MediaError::truncated("the video ends before its first frame"))?;
            match element.id {
                SEGMENT | INFO | TRACKS | TRACK_ENTRY | VIDEO | COLOUR => {}
                TIMESTAMP_SCALE => header.nanos_per_tick = unsigned(&mut input, &element)?,
                PIXEL_WIDTH => header.width = unsigned(&mut input, &element)?,
                PIXEL_HEIGHT => header.height = unsigned(&mut input, &element)?,
                MATRIX_COEFFICIENTS => header.matrix = unsigned(&mut input, &element)?,
                RANGE => header.range = unsigned(&mut input, &element)?,
                CLUSTER => break,
                _ => skip(&mut input, &element)?,
            }
        }
        let size = u32::try_from(header.width).ok().zip(u32::try_from(header.height).ok());
        let Some((width @ 1.., height @ 1..)) = size else {
            return Err(MediaError::corrupt_video("the video gives no size"));
        };
        limits.check_pixels(width, height)?;
        let matrix = u8::try_from(header.matrix).ok().and_then(Matrix::from_h273);
        let matrix = matrix.unwrap_or_else(|| Matrix::from_height(height));
        Ok(Self {
            input,
            width,
            height,
            nanos_per_tick: header.nanos_per_tick,
            converter: YuvConverter::new(matrix, header.range == FULL_RANGE),
            cluster_ticks: 0,
            first_ticks: None,
            last_captured_at: Timestamp::default(),
        })
    }

    pub(super) fn next_frame(&mut self) -> Result<Option<Frame>, MediaError> {
        while let Some(element) = next_element(&mut self.input)? {
            match element.id {
                SEGMENT | CLUSTER | BLOCK_GROUP => {}
                CLUSTER_TIMESTAMP => self.cluster_ticks = unsigned(&mut self.input, &element)?,
                SIMPLE_BLOCK | BLOCK => match self.read_block(&element) {
                    // The program was stopped inside a frame.
                    Err(error) if error.kind() == MediaErrorKind::Truncated => return Ok(None),
                    frame => return frame.map(Some),
                },
                _ => skip(&mut self.input, &element)?,
            }
        }
        Ok(None)
    }

    fn read_block(&mut self, element: &Element) -> Result<Frame, MediaError> {
        let picture_bytes = Chroma::YUV420.picture_bytes(self.width, self.height);
        if element.len != BLOCK_HEADER_BYTES + picture_bytes as u64 {
            return Err(MediaError::corrupt_video("a raw frame has the wrong size"));
        }
        let header = self.input.read_block(4)?;
        let ticks_in_cluster = i16::from_be_bytes([header[1], header[2]]);
        let ticks = self.cluster_ticks.saturating_add_signed(ticks_in_cluster.into());
        let picture = self.input.read_block(picture_bytes)?;
        let planes = Planes::packed(self.width, self.height, Chroma::YUV420, &picture)
            .ok_or_else(|| MediaError::corrupt_video("a raw frame has the wrong size"))?;
        let image = self.converter.rgb_from_planes(&planes)?;
        let first_ticks = *self.first_ticks.get_or_insert(ticks);
        let captured_at = ticks_time(ticks.saturating_sub(first_ticks), self.nanos_per_tick, 1_000_000_000);
        self.last_captured_at = captured_at.max(self.last_captured_at);
        Ok(Frame::new(image, self.last_captured_at))
    }
}

/// The next element's name and length; `None` where the input ends.
fn next_element(input: &mut Input<'_>) -> Result<Option<Element>, MediaError> {
    let Some((id, _)) = variable_integer(input)? else {
        return Ok(None);
    };
    let Some((len, bytes)) = variable_integer(input)? else {
        return Ok(None);
    };
    // The name keeps its length marker, the length does not.
    let marker = 1 << (7 * bytes);
    let id = u32::try_from(id)
        .map_err(|error| MediaError::corrupt_video("the raw video is damaged").with_source(error))?;
    Ok(Some(Element { id, len: len & (marker - 1) }))
}

/// A variable-length integer with its marker bit, and how many bytes it took.
fn variable_integer(input: &mut Input<'_>) -> Result<Option<(u64, u32)>, MediaError> {
    let Some(first) = input.next_byte()? else {
        return Ok(None);
    };
    let bytes = first.leading_zeros() + 1;
    if bytes > 8 {
        return Err(MediaError::corrupt_video("the raw video is damaged"));
    }
    let mut value = u64::from(first);
    for _ in 1..bytes {
        let Some(byte) = input.next_byte()? else {
            return Ok(None);
        };
        value = value << 8 | u64::from(byte);
    }
    Ok(Some((value, bytes)))
}

fn unsigned(input: &mut Input<'_>, element: &Element) -> Result<u64, MediaError> {
    if element.len > 8 {
        return Err(MediaError::corrupt_video("the raw video is damaged"));
    }
    let mut value = 0;
    for _ in 0..element.len {
        let byte = input.next_byte()?.ok_or_else(|| MediaError::truncated("the raw video ends too early"))?;
        value = value << 8 | u64::from(byte);
    }
    Ok(value)
}

fn skip(input: &mut Input<'_>, element: &Element) -> Result<(), MediaError> {
    input.skip(element.len).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two 2x2 frames, the second 40 ticks later.
    fn stream() -> Vec<u8> {
        let mut bytes = b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff".to_vec();
        bytes.extend(b"\x16\x54\xae\x6b\x8a\xae\x88\xe0\x86\xb0\x81\x02\xba\x81\x02");
        bytes.extend(b"\x1f\x43\xb6\x75\x9f\xe7\x81\x05");
        bytes.extend(b"\xa3\x8a\x81\x00\x00\x80\x10\x10\x10\x10\x80\x80");
        bytes.extend(b"\xa0\x8c\xa1\x8a\x81\x00\x28\x80\xeb\xeb\xeb\xeb\x80\x80");
        bytes
    }

    fn read(bytes: Vec<u8>) -> Result<Vec<Frame>, MediaError> {
        let input = Input::new(std::io::Cursor::new(bytes), u64::MAX);
        let mut raw = RawMatroska::open(input, &MediaLimits::default())?;
        std::iter::from_fn(|| raw.next_frame().transpose()).collect()
    }

    #[test]
    fn frames_come_with_their_times() {
        let frames = read(stream()).unwrap();
        let got: Vec<_> =
            frames.iter().map(|frame| (frame.captured_at.as_micros(), frame.view().pixel(1, 1))).collect();
        assert_eq!(got, [(0, [0; 3]), (40_000, [255; 3])]);
    }

    #[test]
    fn a_cut_stream_keeps_its_whole_frames() {
        let bytes = stream();
        assert_eq!(read(bytes[..bytes.len() - 1].to_vec()).unwrap().len(), 1);
    }

    proptest! {
        #[test]
        fn damage_never_panics(at in 0..80usize, value in any::<u8>()) {
            let mut bytes = stream();
            let at = at % bytes.len();
            bytes[at] = value;
            let _ = read(bytes);
        }
    }
}
