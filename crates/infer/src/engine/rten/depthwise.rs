//! Depthwise convolution in 32-bit floats with the processor's widest vectors.
//!
//! rten 0.27 runs these convolutions in a scalar loop, and they are most of the work of the face networks.

use rten_simd::ops::{BitOps as _, NumOps as _};
use rten_simd::{Isa, SimdOp};

/// Vectors that are computed at a time, so that a multiplication need not wait for the one before it.
const VECTORS_AT_ONCE: usize = 4;
/// The most lanes a vector of 32-bit floats has on any processor that rten-simd knows.
const MAX_LANES: usize = 16;

/// The constants of one depthwise convolution.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DepthwiseConv {
    /// Rows and columns of the filters, at least 1 each.
    pub(super) kernel: [usize; 2],
    /// Down and across, at least 1 each.
    pub(super) strides: [usize; 2],
    /// Zeros added at the top, left, bottom and right.
    pub(super) pads: [usize; 4],
    /// One filter per channel, row-major.
    pub(super) filters: Vec<f32>,
    /// One value per channel.
    pub(super) biases: Vec<f32>,
}

/// How the planes of one run are laid out.
///
/// A padded plane is dealt out by stride: phase (p, q) holds the rows p, p + stride, ... and of these the columns
/// q, q + stride, ... All phases have the same row length, the pitch. Then what a filter tap contributes to all
/// outputs of a channel, rows one after another, is one run of neighbouring values: no vector is cut short by the end
/// of a row, however small the map is, and none has gaps, whatever the stride. The price is a few values computed
/// between the rows and thrown away.
struct Layout {
    input: [usize; 2],
    output: [usize; 2],
    pitch: usize,
    phase_len: usize,
    /// Where each tap, row by row, reads for the first output.
    tap_starts: Vec<usize>,
}

impl DepthwiseConv {
    /// Rows and columns of the output; `None` if the filter is larger than the padded input.
    pub(super) fn output_size(&self, input: [usize; 2]) -> Option<[usize; 2]> {
        let [top, left, bottom, right] = self.pads;
        let extent = |size: usize, pad: usize, kernel: usize, stride: usize| {
            Some((size + pad).checked_sub(kernel)? / stride + 1)
        };
        Some([
            extent(input[0], top + bottom, self.kernel[0], self.strides[0])?,
            extent(input[1], left + right, self.kernel[1], self.strides[1])?,
        ])
    }

    /// Convolves whole images of `channels` planes of `size` each; `None` if they do not fit the constants.
    pub(super) fn run(&self, images: &[f32], size: [usize; 2]) -> Option<Vec<f32>> {
        let output = self.output_size(size)?;
        let image_len = self.biases.len() * size[0] * size[1];
        if image_len == 0 || !images.len().is_multiple_of(image_len) {
            return None;
        }
        let layout = self.layout(size, output);
        Some(Run { conv: self, images, layout: &layout }.dispatch())
    }

    fn layout(&self, input: [usize; 2], output: [usize; 2]) -> Layout {
        let ([kernel_rows, kernel_columns], [down, across]) = (self.kernel, self.strides);
        let pitch = output[1] + (kernel_columns - 1) / across;
        let phase_len = pitch * (output[0] + (kernel_rows - 1) / down);
        let tap = |row: usize, column: usize| {
            let phase = row % down * across + column % across;
            phase * phase_len + row / down * pitch + column / across
        };
        let taps = (0..kernel_rows).flat_map(|row| (0..kernel_columns).map(move |column| (row, column)));
        let tap_starts = taps.map(|(row, column)| tap(row, column)).collect();
        Layout { input, output, pitch, phase_len, tap_starts }
    }
}

/// One run over all images, as an operation that is compiled for each kind of vector.
struct Run<'a> {
    conv: &'a DepthwiseConv,
    images: &'a [f32],
    layout: &'a Layout,
}

impl SimdOp for Run<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> Vec<f32> {
        let Self { conv, images, layout } = self;
        let ([_, across], [rows, columns]) = (conv.strides, layout.output);
        let plane_len = layout.input[0] * layout.input[1];
        let phases = conv.strides[0] * across;
        // What lies between rows and behind the last is computed too.
        let computed = (rows * layout.pitch).next_multiple_of(MAX_LANES * VECTORS_AT_ONCE);
        let reach = layout.tap_starts.iter().max().map_or(0, |start| start + computed);
        let mut padded = vec![0.0; reach.max(phases * layout.phase_len)];
        let mut sums = vec![0.0; computed];
        let planes = images.chunks_exact(plane_len);
        let mut out = Vec::with_capacity(planes.len() * rows * columns);
        let filters = conv.filters.chunks_exact(layout.tap_starts.len()).zip(&conv.biases).cycle();
        for (plane, (filter, bias)) in planes.zip(filters) {
            // The margins stay zero from channel to channel.
            deal_out(conv, layout, plane, &mut padded);
            convolve(isa, &layout.tap_starts, filter, *bias, &padded, &mut sums);
            for row in sums.chunks_exact(layout.pitch).take(rows) {
                out.extend_from_slice(&row[..columns]);
            }
        }
        out
    }
}

/// Copies a plane to its places in the phases.
#[inline(always)]
fn deal_out(conv: &DepthwiseConv, layout: &Layout, plane: &[f32], padded: &mut [f32]) {
    let ([down, across], [top, left, ..]) = (conv.strides, conv.pads);
    let phase_rows = layout.phase_len / layout.pitch;
    for (row, values) in plane.chunks_exact(layout.input[1]).enumerate() {
        let (phase_row, at_row) = ((row + top) % down, (row + top) / down);
        if at_row >= phase_rows {
            // No filter reaches the last rows when the stride steps over them.
            continue;
        }
        for q in 0..across {
            // The first column of the plane that belongs to this phase, and where it goes.
            let first = (q + across - left % across) % across;
            let at_column = (first + left) / across;
            let start = (phase_row * across + q) * layout.phase_len + at_row * layout.pitch;
            let target = &mut padded[start + at_column.min(layout.pitch)..start + layout.pitch];
            if across == 1 {
                let count = target.len().min(values.len());
                target[..count].copy_from_slice(&values[..count]);
            } else {
                let source = values.get(first..).unwrap_or_default();
                for (value, from) in target.iter_mut().zip(source.iter().step_by(across)) {
                    *value = *from;
                }
            }
        }
    }
}

/// Sums all taps for every place of `sums`, whose length is a multiple of what is computed at a time.
#[inline(always)]
fn convolve<I: Isa>(isa: I, starts: &[usize], filter: &[f32], bias: f32, padded: &[f32], sums: &mut [f32]) {
    let ops = isa.f32();
    let lanes = ops.len();
    let block = lanes * VECTORS_AT_ONCE;
    for (index, target) in sums.chunks_exact_mut(block).enumerate() {
        let mut totals = [ops.splat(bias); VECTORS_AT_ONCE];
        for (start, weight) in starts.iter().zip(filter) {
            let weight = ops.splat(*weight);
            let from = ops.load_many::<VECTORS_AT_ONCE>(&padded[start + index * block..]);
            for (total, values) in totals.iter_mut().zip(from) {
                *total = ops.mul_add(values, weight, *total);
            }
        }
        for (total, place) in totals.into_iter().zip(target.chunks_exact_mut(lanes)) {
            ops.store(total, place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, one output at a time.
    fn reference(conv: &DepthwiseConv, image: &[f32], [height, width]: [usize; 2]) -> Vec<f32> {
        let [rows, columns] = conv.output_size([height, width]).unwrap();
        let [kernel_rows, kernel_columns] = conv.kernel;
        let mut out = Vec::new();
        for (channel, bias) in conv.biases.iter().enumerate() {
            for y in 0..rows {
                for x in 0..columns {
                    let mut sum = *bias;
                    for ky in 0..kernel_rows {
                        for kx in 0..kernel_columns {
                            let (row, column) = (y * conv.strides[0] + ky, x * conv.strides[1] + kx);
                            let inside = (conv.pads[0]..conv.pads[0] + height).contains(&row)
                                && (conv.pads[1]..conv.pads[1] + width).contains(&column);
                            if inside {
                                let at =
                                    (channel * height + row - conv.pads[0]) * width + column - conv.pads[1];
                                sum += image[at]
                                    * conv.filters[(channel * kernel_rows + ky) * kernel_columns + kx];
                            }
                        }
                    }
                    out.push(sum);
                }
            }
        }
        out
    }

    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        (seed..).take(count).map(|k| (k.wrapping_mul(2_654_435_761) >> 20) as f32 / 2048.0 - 1.0).collect()
    }

    #[track_caller]
    fn check(size: [usize; 2], kernel: [usize; 2], strides: [usize; 2], pads: [usize; 4]) {
        const CHANNELS: usize = 3;
        let filters = numbers(CHANNELS * kernel[0] * kernel[1], 7);
        let conv = DepthwiseConv { kernel, strides, pads, filters, biases: numbers(CHANNELS, 99) };
        let images = numbers(2 * CHANNELS * size[0] * size[1], 1);
        let found = conv.run(&images, size).unwrap();
        let expected: Vec<f32> = images
            .chunks_exact(CHANNELS * size[0] * size[1])
            .flat_map(|image| reference(&conv, image, size))
            .collect();
        assert_eq!(found.len(), expected.len());
        let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-5, "{size:?} {kernel:?} {strides:?} {pads:?}: {worst}");
    }

    #[test]
    fn every_geometry_follows_the_definition() {
        for size in [[1, 1], [2, 2], [3, 3], [5, 4], [6, 17], [33, 70]] {
            for kernel in [[1, 1], [3, 3], [5, 5], [3, 5]] {
                for strides in [[1, 1], [2, 2], [1, 2], [3, 2]] {
                    for pads in [[2, 2, 2, 2], [1, 1, 1, 1], [0, 0, 1, 1], [1, 0, 2, 3], [0, 0, 0, 0]] {
                        let padded = [size[0] + pads[0] + pads[2], size[1] + pads[1] + pads[3]];
                        if padded[0] >= kernel[0] && padded[1] >= kernel[1] {
                            check(size, kernel, strides, pads);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let conv = DepthwiseConv {
            kernel: [3, 3],
            strides: [1, 1],
            pads: [0; 4],
            filters: vec![0.0; 18],
            biases: vec![0.0; 2],
        };
        assert_eq!(conv.run(&[0.0; 8], [2, 2]), None, "the filter is larger than the map");
        assert_eq!(conv.run(&[0.0; 27], [3, 3]), None, "three channels for two filters");
        assert_eq!(conv.run(&[], [0, 3]), None, "nothing to convolve");
    }
}
