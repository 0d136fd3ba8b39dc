//! YCbCr to RGB, in integers.

use verilume_frame::RgbImage;

use super::MediaError;

/// The matrix between YCbCr and RGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Matrix {
    Bt601,
    Bt709,
    Bt2020,
}

impl Matrix {
    /// From the `matrix_coefficients` of ITU-T H.273; `None` for unspecified and for matrices nobody films in.
    pub(super) fn from_h273(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Bt709),
            4..=6 => Some(Self::Bt601),
            9 | 10 => Some(Self::Bt2020),
            _ => None,
        }
    }

    /// What an untagged picture is taken to be: BT.601 below 720 lines, BT.709 from there on.
    pub(super) fn from_height(height: u32) -> Self {
        if height < 720 { Self::Bt601 } else { Self::Bt709 }
    }

    /// The luma weights of red and blue.
    fn kr_kb(self) -> (f64, f64) {
        match self {
            Self::Bt601 => (0.299, 0.114),
            Self::Bt709 => (0.2126, 0.0722),
            Self::Bt2020 => (0.2627, 0.0593),
        }
    }
}

/// How a chroma plane is sampled: log2 of the luma samples a chroma sample covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chroma {
    None,
    Subsampled { shift_x: u32, shift_y: u32 },
}

impl Chroma {
    pub(super) const YUV420: Self = Self::Subsampled { shift_x: 1, shift_y: 1 };
    pub(super) const YUV422: Self = Self::Subsampled { shift_x: 1, shift_y: 0 };
    pub(super) const YUV444: Self = Self::Subsampled { shift_x: 0, shift_y: 0 };
    pub(super) const YUV411: Self = Self::Subsampled { shift_x: 2, shift_y: 0 };

    /// Width and height of one chroma plane, in samples.
    pub(super) fn plane_size(self, width: u32, height: u32) -> (usize, usize) {
        match self {
            Self::None => (0, 0),
            Self::Subsampled { shift_x, shift_y } => {
                (width.div_ceil(1 << shift_x) as usize, height.div_ceil(1 << shift_y) as usize)
            }
        }
    }

    /// Bytes of one whole picture, eight bits a sample.
    pub(super) fn picture_bytes(self, width: u32, height: u32) -> usize {
        let (chroma_width, chroma_height) = self.plane_size(width, height);
        width as usize * height as usize + 2 * chroma_width * chroma_height
    }
}

/// A borrowed picture: planes without row padding, eight bits a sample.
pub(super) struct Planes<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) chroma: Chroma,
    pub(super) y: &'a [u8],
    pub(super) u: &'a [u8],
    pub(super) v: &'a [u8],
}

impl<'a> Planes<'a> {
    /// The planes one after another in one buffer, as Y4M and raw video store them.
    pub(super) fn packed(width: u32, height: u32, chroma: Chroma, bytes: &'a [u8]) -> Option<Self> {
        if bytes.len() != chroma.picture_bytes(width, height) {
            return None;
        }
        let (chroma_width, chroma_height) = chroma.plane_size(width, height);
        let (y, rest) = bytes.split_at(width as usize * height as usize);
        let (u, v) = rest.split_at(chroma_width * chroma_height);
        Some(Self { width, height, chroma, y, u, v })
    }
}

/// Converts pictures of one matrix and range. Fixed point with 16 fractional bits; within 1 of the exact value.
/// A chroma sample is used for all luma samples it covers.
#[derive(Debug, Clone, Copy)]
pub(super) struct YuvConverter {
    y_black: i32,
    y_gain: i32,
    red_from_v: i32,
    green_from_u: i32,
    green_from_v: i32,
    blue_from_u: i32,
}

const FRACTION_BITS: u32 = 16;
const HALF: i32 = 1 << (FRACTION_BITS - 1);

impl YuvConverter {
    pub(super) fn new(matrix: Matrix, full_range: bool) -> Self {
        let (kr, kb) = matrix.kr_kb();
        let kg = 1.0 - kr - kb;
        let (y_black, y_scale, chroma_scale) =
            if full_range { (0, 1.0, 1.0) } else { (16, 255.0 / 219.0, 255.0 / 224.0) };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "below 3.0 in magnitude, so below 2^18 in fixed point"
        )]
        let fixed = |value: f64| (value * f64::from(1 << FRACTION_BITS)).round() as i32;
        Self {
            y_black,
            y_gain: fixed(y_scale),
            red_from_v: fixed(2.0 * (1.0 - kr) * chroma_scale),
            green_from_u: fixed(-2.0 * (1.0 - kb) * kb / kg * chroma_scale),
            green_from_v: fixed(-2.0 * (1.0 - kr) * kr / kg * chroma_scale),
            blue_from_u: fixed(2.0 * (1.0 - kb) * chroma_scale),
        }
    }

    pub(super) fn rgb_from_planes(&self, planes: &Planes<'_>) -> Result<RgbImage, MediaError> {
        let (width, height) = (planes.width as usize, planes.height as usize);
        let (chroma_width, chroma_height) = planes.chroma.plane_size(planes.width, planes.height);
        let chroma_len = chroma_width * chroma_height;
        if planes.y.len() != width * height || planes.u.len() != chroma_len || planes.v.len() != chroma_len {
            return Err(MediaError::corrupt_video("a decoded picture does not have its stated size"));
        }
        let mut image = RgbImage::filled(planes.width, planes.height, [0; 3])
            .map_err(|error| MediaError::corrupt_video(error.to_string()).with_source(error))?;
        let rows = planes.y.chunks_exact(width).zip(image.pixels_mut().chunks_exact_mut(width * 3));
        for (row, (luma, out)) in rows.enumerate() {
            match planes.chroma {
                Chroma::None => self.grey_row(luma, out),
                Chroma::Subsampled { shift_x, shift_y } => {
                    let from = (row >> shift_y) * chroma_width;
                    let (u, v) = (&planes.u[from..from + chroma_width], &planes.v[from..from + chroma_width]);
                    match shift_x {
                        0 => self.colour_row::<1>(luma, u, v, out),
                        1 => self.colour_row::<2>(luma, u, v, out),
                        _ => self.colour_row::<4>(luma, u, v, out),
                    }
                }
            }
        }
        Ok(image)
    }

    fn grey_row(&self, luma: &[u8], out: &mut [u8]) {
        for (luma, pixel) in luma.iter().zip(out.chunks_exact_mut(3)) {
            pixel.fill(clip(self.luma(*luma)));
        }
    }

    /// One row in which each chroma sample covers `STEP` luma samples.
    fn colour_row<const STEP: usize>(&self, luma: &[u8], u: &[u8], v: &[u8], out: &mut [u8]) {
        let (groups, rest) = luma.as_chunks::<STEP>();
        let (out_groups, out_rest) = out.split_at_mut(groups.len() * STEP * 3);
        for ((luma, (u, v)), out) in
            groups.iter().zip(u.iter().zip(v)).zip(out_groups.chunks_exact_mut(STEP * 3))
        {
            self.group(luma, *u, *v, out);
        }
        if let (false, Some(u), Some(v)) = (rest.is_empty(), u.last(), v.last()) {
            self.group(rest, *u, *v, out_rest);
        }
    }

    /// Luma samples that share a chroma sample.
    #[inline(always)]
    fn group(&self, luma: &[u8], u: u8, v: u8, out: &mut [u8]) {
        let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
        let red = self.red_from_v * v;
        let green = self.green_from_u * u + self.green_from_v * v;
        let blue = self.blue_from_u * u;
        for (luma, pixel) in luma.iter().zip(out.as_chunks_mut::<3>().0) {
            let luma = self.luma(*luma);
            *pixel = [clip(luma + red), clip(luma + green), clip(luma + blue)];
        }
    }

    #[inline]
    fn luma(&self, value: u8) -> i32 {
        (i32::from(value) - self.y_black) * self.y_gain + HALF
    }
}

#[inline]
#[expect(clippy::cast_sign_loss, reason = "clamped to 0..=255")]
fn clip(fixed: i32) -> u8 {
    (fixed >> FRACTION_BITS).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(matrix: Matrix, full_range: bool, [y, u, v]: [u8; 3]) -> [f64; 3] {
        let (kr, kb) = matrix.kr_kb();
        let (y, u, v) = (f64::from(y), f64::from(u) - 128.0, f64::from(v) - 128.0);
        let (y, u, v) = if full_range {
            (y, u, v)
        } else {
            ((y - 16.0) * 255.0 / 219.0, u * 255.0 / 224.0, v * 255.0 / 224.0)
        };
        let (r, b) = (y + 2.0 * (1.0 - kr) * v, y + 2.0 * (1.0 - kb) * u);
        let g = (y - kr * r - kb * b) / (1.0 - kr - kb);
        [r, g, b].map(|value| value.clamp(0.0, 255.0))
    }

    #[test]
    fn every_matrix_and_range_is_within_one_of_the_exact_value() {
        for matrix in [Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020] {
            for full_range in [false, true] {
                let converter = YuvConverter::new(matrix, full_range);
                for sample in (0..=255u8).step_by(3) {
                    for (u, v) in [(128, 128), (16, 240), (240, 16), (90, 150), (0, 0), (255, 255)] {
                        let planes = Planes {
                            width: 1,
                            height: 1,
                            chroma: Chroma::YUV444,
                            y: &[sample],
                            u: &[u],
                            v: &[v],
                        };
                        let image = converter.rgb_from_planes(&planes).unwrap();
                        let exact = exact(matrix, full_range, [sample, u, v]);
                        for (got, want) in image.pixels().iter().zip(exact) {
                            assert!(
                                (f64::from(*got) - want).abs() <= 1.0,
                                "{matrix:?} {full_range} {sample} {u} {v}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn odd_sizes_use_the_last_chroma_sample() {
        for chroma in [Chroma::YUV420, Chroma::YUV422, Chroma::YUV444, Chroma::YUV411, Chroma::None] {
            let bytes = vec![128; chroma.picture_bytes(5, 3)];
            let planes = Planes::packed(5, 3, chroma, &bytes).unwrap();
            let image = YuvConverter::new(Matrix::Bt601, true).rgb_from_planes(&planes).unwrap();
            assert!(image.pixels().iter().all(|value| *value == 128), "{chroma:?}");
        }
    }

    #[test]
    fn black_and_white_of_the_limited_range_reach_the_ends() {
        let planes = Planes { width: 2, height: 1, chroma: Chroma::None, y: &[16, 235], u: &[], v: &[] };
        let image = YuvConverter::new(Matrix::Bt709, false).rgb_from_planes(&planes).unwrap();
        assert_eq!(image.pixels(), [0, 0, 0, 255, 255, 255]);
    }
}
