//! MP4 and QuickTime (ISO/IEC 14496-12), whole or fragmented: the first video track, in presentation order.

mod boxes;
mod samples;
mod track;

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use verilume_frame::{Frame, RgbImage};
use zeroize::Zeroizing;

use super::error::Warnings;
use super::h264::{AvcConfiguration, DecodeFailure, H264Decoder, Picture};
use super::image_file::decode_video_jpeg;
use super::reader::OpenedSource;
use super::{MediaError, MediaErrorKind, MediaFormat, MediaLimits, MediaOptions, Source, ticks_time};
use samples::Sample;
use track::{Codec, Track};

/// Pictures that may wait for an earlier one: H.264 allows 16.
const MAX_REORDERED: usize = 16;

/// What an MP4 file holds.
pub(super) enum Mp4Content {
    Decodable(OpenedSource),
    /// Video of this codec, for another program.
    Other(&'static str),
}

enum VideoDecoder {
    H264(Box<H264Decoder>),
    Jpeg,
}

/// A decoded picture of the queue.
enum Decoded {
    Yuv(Picture),
    Rgb(RgbImage),
}

struct Mp4Source {
    file: File,
    file_len: u64,
    track: Track,
    samples: Vec<Sample>,
    next_sample: usize,
    decoder: VideoDecoder,
    limits: MediaLimits,
    /// Decoded pictures that wait for an earlier one, with their presentation times in ticks.
    queue: Vec<(i64, Decoded)>,
    first_shown: Option<i64>,
    last_shown: i64,
    damaged_frames: u64,
    out_of_order_frames: u64,
    is_truncated: bool,
}

/// Opens the first video track.
pub(super) fn open(mut file: File, options: &MediaOptions) -> Result<Mp4Content, MediaError> {
    let limits = &options.limits;
    let file_len = file.metadata().map_err(MediaError::from_io)?.len();
    let (track, samples) = track::read(&mut file, file_len, limits)?;
    let (decoder, format) = match &track.codec {
        Codec::H264(configuration) => match h264_decoder(configuration, &track, limits)? {
            Ok(decoder) => (VideoDecoder::H264(Box::new(decoder)), MediaFormat::Mp4H264),
            Err(tool) => return Ok(Mp4Content::Other(tool)),
        },
        Codec::Jpeg => (VideoDecoder::Jpeg, MediaFormat::QuickTimeMotionJpeg),
        Codec::Other(codec) => return Ok(Mp4Content::Other(codec)),
    };
    if samples.is_empty() {
        return Err(MediaError::new(MediaErrorKind::NoFrames, "the video track has no frames"));
    }
    let (frame_count, fps) = (Some(samples.len() as u64), average_fps(&samples, track.timescale));
    let mut source = Mp4Source {
        file,
        file_len,
        track,
        samples,
        next_sample: 0,
        decoder,
        limits: limits.clone(),
        queue: Vec::new(),
        first_shown: None,
        last_shown: i64::MIN,
        damaged_frames: 0,
        out_of_order_frames: 0,
        is_truncated: false,
    };
    // The first access unit shows whether the decoder has the tools this stream needs.
    match source.decode_next() {
        Err(Stop::Unsupported(tool)) => return Ok(Mp4Content::Other(tool)),
        Err(Stop::Failed(error)) => return Err(error),
        Ok(()) => {}
    }
    if source.is_truncated {
        return Err(MediaError::truncated("the file ends before its first frame"));
    }
    let opened = OpenedSource { frame_count, fps, ..OpenedSource::video(source, format) };
    Ok(Mp4Content::Decodable(opened))
}

/// The decoder, or the name of what it cannot decode.
fn h264_decoder(
    configuration: &AvcConfiguration,
    track: &Track,
    limits: &MediaLimits,
) -> Result<Result<H264Decoder, &'static str>, MediaError> {
    match H264Decoder::new(configuration.clone(), track.colour, limits) {
        Ok(decoder) => Ok(Ok(decoder)),
        Err(DecodeFailure::Unsupported(tool)) => Ok(Err(tool)),
        Err(DecodeFailure::Refused(error)) => Err(error),
        Err(DecodeFailure::Damaged) => Err(MediaError::corrupt_video("the H.264 parameter sets are damaged")),
    }
}

fn average_fps(samples: &[Sample], timescale: u32) -> Option<f64> {
    let first = samples.iter().map(|sample| sample.shown_at).min()?;
    let last = samples.iter().map(|sample| sample.shown_at).max()?;
    let secs = last.saturating_sub(first) as f64 / f64::from(timescale);
    (secs > 0.0).then(|| (samples.len() - 1) as f64 / secs)
}

/// Why decoding cannot go on.
enum Stop {
    Unsupported(&'static str),
    Failed(MediaError),
}

impl From<MediaError> for Stop {
    fn from(error: MediaError) -> Self {
        Self::Failed(error)
    }
}

impl Mp4Source {
    /// Decodes the next sample into the queue.
    fn decode_next(&mut self) -> Result<(), Stop> {
        let sample = self.samples[self.next_sample];
        let Some(bytes) = self.read_sample(sample)? else {
            self.is_truncated = true;
            self.samples.truncate(self.next_sample);
            return Ok(());
        };
        self.next_sample += 1;
        let decoded = match &mut self.decoder {
            VideoDecoder::H264(decoder) => match decoder.decode(&bytes) {
                Ok(picture) => picture.map(Decoded::Yuv),
                Err(DecodeFailure::Damaged) => {
                    self.damaged_frames += 1;
                    None
                }
                Err(DecodeFailure::Unsupported(tool)) => return Err(Stop::Unsupported(tool)),
                Err(DecodeFailure::Refused(error)) => return Err(Stop::Failed(error)),
            },
            VideoDecoder::Jpeg => match decode_video_jpeg(&bytes, &self.limits) {
                Ok(image) => Some(Decoded::Rgb(image)),
                Err(error) if error.is_damage() => {
                    self.damaged_frames += 1;
                    None
                }
                Err(error) => return Err(Stop::Failed(error)),
            },
        };
        if let Some(decoded) = decoded
            && self.track.shows(sample.shown_at)
        {
            self.queue.push((sample.shown_at, decoded));
        }
        Ok(())
    }

    /// The sample's bytes; `None` where the file ends before.
    fn read_sample(&mut self, sample: Sample) -> Result<Option<Zeroizing<Vec<u8>>>, MediaError> {
        let end = sample.offset.checked_add(u64::from(sample.len));
        if end.is_none_or(|end| end > self.file_len) {
            return Ok(None);
        }
        let mut bytes = Zeroizing::new(vec![0; sample.len as usize]);
        let read =
            self.file.seek(SeekFrom::Start(sample.offset)).and_then(|_| self.file.read_exact(&mut bytes));
        match read {
            Ok(()) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(MediaError::from_io(error)),
        }
    }

    /// Takes the earliest picture of the queue once no picture still to be decoded is shown before it.
    fn take_ready(&mut self) -> Option<(i64, Decoded)> {
        let (at, shown_at) = self
            .queue
            .iter()
            .map(|(shown_at, _)| *shown_at)
            .enumerate()
            .min_by_key(|(_, shown_at)| *shown_at)?;
        let next_shown_at = self.samples.get(self.next_sample).map(|sample| sample.earliest_shown_from_here);
        let is_ready = next_shown_at.is_none_or(|next| shown_at <= next) || self.queue.len() > MAX_REORDERED;
        is_ready.then(|| self.queue.swap_remove(at))
    }

    fn rgb_from_decoded(&self, decoded: Decoded) -> Result<RgbImage, MediaError> {
        match (&self.decoder, decoded) {
            (VideoDecoder::H264(decoder), Decoded::Yuv(picture)) => decoder.rgb_from_picture(&picture),
            (_, Decoded::Rgb(image)) => Ok(image),
            (VideoDecoder::Jpeg, Decoded::Yuv(_)) => unreachable!("the JPEG decoder yields RGB"),
        }
    }

    fn report(&mut self, warnings: &mut Warnings) {
        warnings.add_damaged_frames(std::mem::take(&mut self.damaged_frames));
        if self.is_truncated {
            warnings.add(
                "truncated_input",
                format!("the file ends after {} frames of its index", self.samples.len()),
            );
        }
        if self.out_of_order_frames > 0 {
            warnings.add("timestamps_out_of_order", "frames whose times run backwards were left out");
        }
        for (is_so, code, message) in [
            (
                self.track.has_ignored_edits,
                "edit_list_ignored",
                "the edit list is not a simple trim and was ignored",
            ),
            (
                self.track.has_ignored_matrix,
                "rotation_ignored",
                "the video is turned by an angle that was ignored",
            ),
        ] {
            if is_so {
                warnings.add(code, message);
            }
        }
        if let VideoDecoder::H264(decoder) = &self.decoder
            && !decoder.has_square_pixels()
        {
            warnings.add("non_square_pixels", "the video's pixels are not square; faces appear stretched");
        }
    }
}

impl Source for Mp4Source {
    fn next_frame(&mut self, warnings: &mut Warnings) -> Result<Option<Frame>, MediaError> {
        loop {
            self.report(warnings);
            if let Some((shown_at, decoded)) = self.take_ready() {
                if shown_at < self.last_shown {
                    self.out_of_order_frames += 1;
                    continue;
                }
                self.last_shown = shown_at;
                let first_shown = *self.first_shown.get_or_insert(shown_at);
                let ticks = shown_at.abs_diff(first_shown);
                let captured_at = ticks_time(ticks, 1, self.track.timescale.into());
                let image = self.track.orientation.upright(self.rgb_from_decoded(decoded)?);
                return Ok(Some(Frame::new(image, captured_at)));
            }
            if self.next_sample == self.samples.len() {
                return Ok(None);
            }
            match self.decode_next() {
                Ok(()) => {}
                Err(Stop::Failed(error)) => return Err(error),
                Err(Stop::Unsupported(tool)) => {
                    return Err(MediaError::unsupported(format!("changes to {tool} in the middle")));
                }
            }
        }
    }
}
