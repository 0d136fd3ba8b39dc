//! What a display shows besides its picture: the lamp that its glass mirrors, and its own lattice.

use std::f32::consts::{PI, TAU};

/// How strongly the stripes of a pixel differ. Origin: a third of a pixel shines in one colour, two thirds do not; the
/// first wave of that is 0.83 of the mean.
const STRIPES: f32 = 0.83;
/// Further out than this many sizes a lamp shows nothing.
const LAMP_ENDS: f32 = 3.0;

/// A lamp in the glass, in texels of the picture: it stays on the medium whatever the picture shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Streak {
    pub(crate) centre: [f32; 2],
    /// Direction of its length, length 1.
    pub(crate) along: [f32; 2],
    /// Half its length and half its breadth.
    pub(crate) size: [f32; 2],
    /// Luminance at its centre, nit.
    pub(crate) nit: f32,
}

impl Streak {
    /// Its luminance at a texel, nit.
    pub(crate) fn nit_at(&self, u: f32, v: f32) -> f32 {
        let (right, down) = (u - self.centre[0], v - self.centre[1]);
        let along = (right * self.along[0] + down * self.along[1]) / self.size[0];
        let across = (down * self.along[0] - right * self.along[1]) / self.size[1];
        let off = along * along + across * across;
        if off > LAMP_ENDS * LAMP_ENDS { 0.0 } else { self.nit * (-off).exp() }
    }
}

/// Upright stripes of red, green and blue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lattice {
    /// Texels of the picture that one pixel of the display covers.
    pub(crate) pitch: f32,
}

impl Lattice {
    /// Gain of each channel at a texel, for a camera's pixel that covers `step` texels: what a pixel does not resolve it
    /// averages, and the rest beats with its own grid.
    pub(crate) fn gains(&self, u: f32, step: f32) -> [f32; 3] {
        let covered = PI * step.abs() / self.pitch;
        let seen = STRIPES * if covered < 1e-3 { 1.0 } else { covered.sin() / covered };
        [0.0, 1.0, 2.0].map(|stripe| 1.0 + seen * (TAU * (u / self.pitch - stripe / 3.0)).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lamp_shines_where_it_is_and_a_lattice_keeps_the_light() {
        let lamp = Streak { centre: [10.0, 20.0], along: [1.0, 0.0], size: [5.0, 1.0], nit: 100.0 };
        assert_eq!(lamp.nit_at(10.0, 20.0), 100.0);
        assert!(lamp.nit_at(15.0, 20.0) > 30.0 && lamp.nit_at(10.0, 25.0) < 1.0);
        let lattice = Lattice { pitch: 3.0 };
        let mean: f32 =
            (0..300_u16).map(|at| lattice.gains(f32::from(at) / 100.0, 0.0)[1]).sum::<f32>() / 300.0;
        assert!((mean - 1.0).abs() < 1e-3, "{mean}");
        assert!((lattice.gains(0.0, 3.0)[0] - 1.0).abs() < 1e-3, "a whole pixel averages its stripes");
    }
}
