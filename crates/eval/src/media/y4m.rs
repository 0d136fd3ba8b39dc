//! YUV4MPEG2: uncompressed frames with a one-line header, the common language of video tools on a pipe.

use verilume_frame::Frame;

use super::error::Warnings;
use super::input::Input;
use super::yuv::{Chroma, Matrix, Planes, YuvConverter};
use super::{MediaError, MediaErrorKind, MediaLimits, Source, ticks_time};

pub(super) const SIGNATURE: &[u8] = b"YUV4MPEG2 ";

const FRAME_MARK: &[u8] = b"FRAME";

/// The longest header line; the tools write about a hundred bytes.
const MAX_LINE_BYTES: usize = 1024;

#[derive(Debug, Clone, PartialEq)]
struct Header {
    width: u32,
    height: u32,
    /// Frames a second as a fraction; `None` where the header leaves it open.
    rate: Option<(u64, u64)>,
    chroma: Chroma,
    full_range: bool,
    interlaced: bool,
}

/// A Y4M stream.
pub(super) struct Y4mSource {
    input: Input<'static>,
    header: Header,
    rate: (u64, u64),
    converter: YuvConverter,
    frame_index: u64,
}

impl Y4mSource {
    /// Reads the header. `fps` counts where the header gives no rate.
    pub(super) fn open(
        mut input: Input<'static>,
        fps: f64,
        limits: &MediaLimits,
    ) -> Result<Self, MediaError> {
        let line =
            read_line(&mut input)?.ok_or_else(|| MediaError::truncated("the Y4M header is incomplete"))?;
        let header = Header::parse(&line)?;
        limits.check_pixels(header.width, header.height)?;
        let converter = YuvConverter::new(Matrix::from_height(header.height), header.full_range);
        let rate = header.rate.unwrap_or_else(|| rate_from_fps(fps));
        Ok(Self { input, header, rate, converter, frame_index: 0 })
    }

    pub(super) fn fps(&self) -> f64 {
        self.rate.0 as f64 / self.rate.1 as f64
    }
}

impl Source for Y4mSource {
    fn next_frame(&mut self, warnings: &mut Warnings) -> Result<Option<Frame>, MediaError> {
        if self.header.interlaced {
            warnings.add("interlaced", "the video is interlaced; its two fields are read as one frame");
        }
        if self.input.peek(1).map_err(MediaError::from_io)?.is_empty() {
            return Ok(None);
        }
        let Header { width, height, chroma, .. } = self.header;
        let frame = match read_line(&mut self.input)? {
            Some(line) if line.starts_with(FRAME_MARK) => {
                self.input.read_block(chroma.picture_bytes(width, height))
            }
            Some(_) => return Err(MediaError::corrupt_video("a Y4M frame does not begin with FRAME")),
            None => Err(MediaError::truncated("the input ends inside a frame")),
        };
        let frame = match frame {
            Err(error) if error.kind() == MediaErrorKind::Truncated => {
                warnings.add("truncated_input", "the input ends inside a frame, which was left out");
                return Ok(None);
            }
            frame => frame?,
        };
        let planes = Planes::packed(width, height, chroma, &frame)
            .ok_or_else(|| MediaError::corrupt_video("a Y4M frame has the wrong size"))?;
        let image = self.converter.rgb_from_planes(&planes)?;
        let captured_at = ticks_time(self.frame_index, self.rate.1, self.rate.0);
        self.frame_index += 1;
        Ok(Some(Frame::new(image, captured_at)))
    }
}

/// A frame rate as a fraction with six decimal places.
fn rate_from_fps(fps: f64) -> (u64, u64) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the options allow up to 1000"
    )]
    let numerator = (fps * 1e6).round().max(1.0) as u64;
    (numerator, 1_000_000)
}

/// The next line without its end; `None` where the input ends before the line does.
fn read_line(input: &mut Input<'_>) -> Result<Option<Vec<u8>>, MediaError> {
    let mut line = Vec::new();
    while let Some(byte) = input.next_byte()? {
        if byte == b'\n' {
            return Ok(Some(line));
        }
        line.push(byte);
        if line.len() > MAX_LINE_BYTES {
            return Err(MediaError::corrupt_video("a Y4M header line does not end"));
        }
    }
    Ok(None)
}

impl Header {
    fn parse(line: &[u8]) -> Result<Self, MediaError> {
        let line = str::from_utf8(line)
            .map_err(|error| MediaError::corrupt_video("the Y4M header is no text").with_source(error))?;
        let mut header = Self {
            width: 0,
            height: 0,
            rate: None,
            chroma: Chroma::YUV420,
            full_range: false,
            interlaced: false,
        };
        for field in line.split(' ').skip(1).filter(|field| !field.is_empty()) {
            let mut characters = field.chars();
            let tag = characters.next();
            let value = characters.as_str();
            match tag {
                Some('W') => header.width = parse_size(value)?,
                Some('H') => header.height = parse_size(value)?,
                Some('F') => header.rate = parse_rate(value)?,
                Some('I') => header.interlaced = !matches!(value, "p" | "?"),
                Some('C') => header.chroma = parse_chroma(value)?,
                Some('X') => match value {
                    "COLORRANGE=FULL" => header.full_range = true,
                    "COLORRANGE=LIMITED" => header.full_range = false,
                    _ => {}
                },
                _ => {}
            }
        }
        if header.width == 0 || header.height == 0 {
            return Err(MediaError::corrupt_video("the Y4M header gives no size"));
        }
        Ok(header)
    }
}

fn parse_size(value: &str) -> Result<u32, MediaError> {
    value.parse().map_err(|error: std::num::ParseIntError| {
        MediaError::corrupt_video(format!("the Y4M header gives the size {value:?}")).with_source(error)
    })
}

fn parse_rate(value: &str) -> Result<Option<(u64, u64)>, MediaError> {
    let rate = value
        .split_once(':')
        .and_then(|(num, den)| Some((num.parse::<u32>().ok()?, den.parse::<u32>().ok()?)));
    match rate {
        Some((0, _) | (_, 0)) => Ok(None),
        Some((num, den)) => Ok(Some((num.into(), den.into()))),
        None => Err(MediaError::corrupt_video(format!("the Y4M header gives the frame rate {value:?}"))),
    }
}

fn parse_chroma(value: &str) -> Result<Chroma, MediaError> {
    match value {
        "420" | "420jpeg" | "420mpeg2" | "420paldv" => Ok(Chroma::YUV420),
        "422" => Ok(Chroma::YUV422),
        "444" => Ok(Chroma::YUV444),
        "411" => Ok(Chroma::YUV411),
        "mono" => Ok(Chroma::None),
        _ => Err(MediaError::unsupported(format!("the Y4M chroma format {value:?} is not supported"))
            .with_hint("write 8-bit Y4M: `ffmpeg -i INPUT -pix_fmt yuv420p OUTPUT.y4m`")),
    }
}
