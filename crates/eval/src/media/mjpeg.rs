//! Motion JPEG: pictures one after another, without a container.

use verilume_frame::{Frame, RgbImage};
use zeroize::Zeroizing;

use super::error::Warnings;
use super::image_file::{decode_image, decode_video_jpeg};
use super::input::Input;
use super::jpeg_scan::{ScanEnd, next_jpeg};
use super::{MediaError, MediaLimits, Source, frame_time};

/// What a stream of JPEG data turned out to be.
pub(super) enum JpegInput {
    /// One picture; whatever follows it is no further frame.
    Still(RgbImage),
    Motion(MotionJpegSource),
}

/// Concatenated JPEG pictures at a constant rate.
pub(super) struct MotionJpegSource {
    input: Input<'static>,
    first: Option<Zeroizing<Vec<u8>>>,
    fps: f64,
    limits: MediaLimits,
    frame_index: u64,
}

/// Reads the first picture and looks whether a second follows it immediately.
pub(super) fn open_jpeg(
    mut input: Input<'static>,
    fps: f64,
    limits: &MediaLimits,
) -> Result<JpegInput, MediaError> {
    let first = match next_jpeg(&mut input) {
        Ok(first) => first,
        Err(ScanEnd::Truncated | ScanEnd::Finished) => {
            return Err(MediaError::truncated("the JPEG image ends before its end marker"));
        }
        Err(ScanEnd::Broken(what)) => return Err(MediaError::corrupt_image(what)),
        Err(ScanEnd::Failed(error)) => return Err(error),
    };
    let is_motion =
        !first.is_multi_picture && input.peek(3).map_err(MediaError::from_io)? == [0xFF, 0xD8, 0xFF];
    if is_motion {
        let (first, limits) = (Some(first.bytes), limits.clone());
        Ok(JpegInput::Motion(MotionJpegSource { input, first, fps, limits, frame_index: 0 }))
    } else {
        Ok(JpegInput::Still(decode_image(&first.bytes, limits)?))
    }
}

impl Source for MotionJpegSource {
    fn next_frame(&mut self, warnings: &mut Warnings) -> Result<Option<Frame>, MediaError> {
        loop {
            let bytes = match self.first.take() {
                Some(first) => first,
                None => match next_jpeg(&mut self.input) {
                    Ok(jpeg) => jpeg.bytes,
                    Err(ScanEnd::Finished) => return Ok(None),
                    Err(ScanEnd::Truncated) => {
                        warnings
                            .add("truncated_input", "the input ends inside a picture, which was left out");
                        return Ok(None);
                    }
                    Err(ScanEnd::Broken(_)) => {
                        warnings.add_damaged_frames(1);
                        self.frame_index += 1;
                        continue;
                    }
                    Err(ScanEnd::Failed(error)) => return Err(error),
                },
            };
            let captured_at = frame_time(self.frame_index, self.fps);
            self.frame_index += 1;
            match decode_video_jpeg(&bytes, &self.limits) {
                Ok(image) => return Ok(Some(Frame::new(image, captured_at))),
                Err(error) if error.is_damage() => warnings.add_damaged_frames(1),
                Err(error) => return Err(error),
            }
        }
    }
}
