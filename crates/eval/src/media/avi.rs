//! AVI with Motion JPEG, as webcams and OpenCV write it. Read front to back, so a pipe or an unfinished
//! recording (no index) works as well.

use verilume_frame::Frame;

use super::error::Warnings;
use super::image_file::decode_video_jpeg;
use super::input::{Input, MAX_ENCODED_BYTES};
use super::reader::OpenedSource;
use super::{MediaError, MediaErrorKind, MediaFormat, MediaLimits, MediaOptions, Source, ticks_time};

/// The largest stream header or stream format this reader looks into, bytes.
const MAX_HEADER_BYTES: u32 = 64 << 10;

/// What the header lists say about the video.
#[derive(Debug, Default)]
struct Header {
    /// Streams seen so far; the video's number is part of its chunks' names.
    streams: u8,
    video_stream: Option<u8>,
    in_video_stream: bool,
    frame_micros: u32,
    scale: u32,
    rate: u32,
    frames: u32,
    compression: [u8; 4],
}

struct AviSource {
    input: Input<'static>,
    limits: MediaLimits,
    /// Chunks named `NNdc` or `NNdb` hold the video, NN being the number of its stream.
    stream_digits: [u8; 2],
    /// Seconds a frame, as a fraction.
    frame_duration: (u64, u64),
    frame_index: u64,
}

struct Chunk {
    id: [u8; 4],
    len: u32,
}

/// Opens the AVI; `None` where its video is not Motion JPEG.
pub(super) fn open(
    mut input: Input<'static>,
    options: &MediaOptions,
) -> Result<Option<OpenedSource>, MediaError> {
    let header = read_header(&mut input)?;
    let Some(stream) = header.video_stream else {
        return Err(MediaError::new(MediaErrorKind::NoFrames, "the AVI has no video stream"));
    };
    if !matches!(&header.compression, b"MJPG" | b"mjpg" | b"JPEG" | b"jpeg") {
        return Ok(None);
    }
    let frame_duration = match header {
        Header { scale: 1.., rate: 1.., .. } => (header.scale.into(), header.rate.into()),
        Header { frame_micros: 1.., .. } => (header.frame_micros.into(), 1_000_000),
        _ => return Err(MediaError::corrupt_video("the AVI states no frame rate")),
    };
    let source = AviSource {
        input,
        limits: options.limits.clone(),
        stream_digits: [b'0' + stream / 10, b'0' + stream % 10],
        frame_duration,
        frame_index: 0,
    };
    Ok(Some(OpenedSource {
        frame_count: (header.frames > 0).then(|| header.frames.into()),
        fps: Some(frame_duration.1 as f64 / frame_duration.0 as f64),
        ..OpenedSource::video(source, MediaFormat::AviMotionJpeg)
    }))
}

/// Reads up to the first chunk of the movie list.
fn read_header(input: &mut Input<'_>) -> Result<Header, MediaError> {
    let mut header = Header::default();
    loop {
        let Some(chunk) = next_chunk(input)? else {
            return Err(MediaError::truncated("the AVI ends before its video begins"));
        };
        match &chunk.id {
            b"RIFF" | b"LIST" => {
                let list = input.read_block(4)?;
                match list.as_slice() {
                    b"movi" => return Ok(header),
                    b"AVI " | b"hdrl" | b"strl" => {}
                    _ => skip_rest(input, &Chunk { len: chunk.len.saturating_sub(4), ..chunk })?,
                }
            }
            b"avih" | b"strh" | b"strf" if chunk.len <= MAX_HEADER_BYTES => {
                let body = input.read_block(chunk.len as usize)?;
                header.take(&chunk.id, &body);
                input.skip(u64::from(chunk.len % 2))?;
            }
            _ => skip_rest(input, &chunk)?,
        }
    }
}

impl Header {
    fn take(&mut self, id: &[u8; 4], body: &[u8]) {
        let u32_at = |at: usize| {
            body.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
        };
        match id {
            b"avih" => self.frame_micros = u32_at(0),
            b"strh" => {
                self.in_video_stream = self.video_stream.is_none() && body.starts_with(b"vids");
                if self.in_video_stream && self.streams < 100 {
                    self.video_stream = Some(self.streams);
                    (self.scale, self.rate, self.frames) = (u32_at(20), u32_at(24), u32_at(32));
                }
                self.streams = self.streams.saturating_add(1);
            }
            _ if self.in_video_stream => self.compression = u32_at(16).to_le_bytes(),
            _ => {}
        }
    }
}

/// The next chunk's name and length; `None` where the input ends.
fn next_chunk(input: &mut Input<'_>) -> Result<Option<Chunk>, MediaError> {
    if input.peek(8).map_err(MediaError::from_io)?.len() < 8 {
        return Ok(None);
    }
    let block = input.read_block(8)?;
    let (id, len) = ([block[0], block[1], block[2], block[3]], [block[4], block[5], block[6], block[7]]);
    Ok(Some(Chunk { id, len: u32::from_le_bytes(len) }))
}

/// Passes over a chunk's body and its padding; an input that ends inside is noticed at the next chunk.
fn skip_rest(input: &mut Input<'_>, chunk: &Chunk) -> Result<(), MediaError> {
    input.skip(u64::from(chunk.len) + u64::from(chunk.len % 2)).map(|_| ())
}

impl AviSource {
    /// The next encoded picture; empty where the recorder dropped a frame; `None` at the end.
    fn next_picture(
        &mut self,
        warnings: &mut Warnings,
    ) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, MediaError> {
        while let Some(chunk) = next_chunk(&mut self.input)? {
            match &chunk.id {
                b"RIFF" | b"LIST" => {
                    let list = self.input.read_block(4)?;
                    if !matches!(list.as_slice(), b"AVIX" | b"movi" | b"rec ") {
                        skip_rest(&mut self.input, &Chunk { len: chunk.len.saturating_sub(4), ..chunk })?;
                    }
                }
                [a, b, b'd', b'c' | b'b'] if [*a, *b] == self.stream_digits => {
                    let len = chunk.len as usize;
                    if len > MAX_ENCODED_BYTES {
                        return Err(MediaError::corrupt_video("an AVI frame has an impossible length"));
                    }
                    let picture = match self.input.read_block(len) {
                        Err(error) if error.kind() == MediaErrorKind::Truncated => {
                            warnings.add(
                                "truncated_input",
                                "the input ends inside a picture, which was left out",
                            );
                            return Ok(None);
                        }
                        picture => picture?,
                    };
                    self.input.skip(u64::from(chunk.len % 2))?;
                    return Ok(Some(picture));
                }
                _ => skip_rest(&mut self.input, &chunk)?,
            }
        }
        Ok(None)
    }
}

impl Source for AviSource {
    fn next_frame(&mut self, warnings: &mut Warnings) -> Result<Option<Frame>, MediaError> {
        while let Some(picture) = self.next_picture(warnings)? {
            let captured_at = ticks_time(self.frame_index, self.frame_duration.0, self.frame_duration.1);
            self.frame_index += 1;
            if picture.is_empty() {
                continue;
            }
            match decode_video_jpeg(&picture, &self.limits) {
                Ok(image) => return Ok(Some(Frame::new(image, captured_at))),
                Err(error) if error.is_damage() => warnings.add_damaged_frames(1),
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}
