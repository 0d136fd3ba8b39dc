//! From a region of a frame to a network's input tensor.

use verilume_frame::RgbView;
use verilume_vision::SquareRoi;
use verilume_vision::sample::sample_square;

use crate::Tensor;

/// The region as a 1 x 3 x size x size tensor, RGB planes, each value (0..=255) mapped by `normalise`.
pub(crate) fn sampled(
    image: RgbView<'_>,
    roi: &SquareRoi,
    size: u32,
    normalise: impl Fn(f32) -> f32,
) -> Tensor {
    let mut tensor = Tensor::zeros(&[1, 3, size as usize, size as usize]);
    let plane = (size * size) as usize;
    let values = tensor.values_mut();
    sample_square(image, roi, size, |index, rgb| {
        for (channel, value) in rgb.into_iter().enumerate() {
            values[channel * plane + index] = value;
        }
    });
    // Afterwards, because over whole planes it is vectorised.
    values.iter_mut().for_each(|value| *value = normalise(*value));
    tensor
}
