//! The crate's own random numbers (xoshiro256++ seeded by SplitMix64): a seed means the same forever, whatever a
//! dependency does. Not for secrets.

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// The stream of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut mixer = seed;
        let state = std::array::from_fn(|_| {
            mixer = mixer.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = mixer;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^ (word >> 31)
        });
        Self { state }
    }

    /// An independent stream for one purpose of a seed, so that a draw more in one place changes nothing elsewhere.
    pub(crate) fn of(seed: u64, purpose: &str) -> Self {
        // FNV-1a: any stable hash does.
        let hash = purpose.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self::new(seed ^ hash.rotate_left(17))
    }

    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let mut next = [a, b, c ^ a, d ^ b];
        next[1] ^= next[2];
        next[0] ^= next[3];
        next[2] ^= b << 17;
        next[3] = next[3].rotate_left(45);
        self.state = next;
        result
    }

    /// Uniform in 0..1.
    pub(crate) fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Uniform between two values.
    pub(crate) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// Normal with this standard deviation (Box-Muller).
    pub(crate) fn normal(&mut self, deviation: f32) -> f32 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        deviation * radius * (std::f32::consts::TAU * self.unit()).cos()
    }

    /// Below `count`, which must not be zero.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "smaller than count")]
        let drawn = ((u128::from(self.bits()) * count as u128) >> 64) as usize;
        drawn
    }

    /// One of the items.
    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// A seed for something inside.
    pub(crate) fn seed(&mut self) -> u64 {
        self.bits()
    }
}

/// Smooth noise over a plane, period-free, mean 0, about -1..1: bilinear between hashed lattice values.
pub(crate) fn plane_noise(seed: u64, x: f32, y: f32) -> f32 {
    let (column, row) = (x.floor(), y.floor());
    let (fx, fy) = (x - column, y - row);
    let (fx, fy) = (fx * fx * (3.0 - 2.0 * fx), fy * fy * (3.0 - 2.0 * fy));
    #[expect(clippy::cast_possible_truncation, reason = "lattice coordinates are small")]
    let (column, row) = (column as i32, row as i32);
    let at = |dx: i32, dy: i32| lattice(seed, column.wrapping_add(dx), row.wrapping_add(dy));
    let top = at(0, 0) + (at(1, 0) - at(0, 0)) * fx;
    let bottom = at(0, 1) + (at(1, 1) - at(0, 1)) * fx;
    top + (bottom - top) * fy
}

fn lattice(seed: u64, column: i32, row: i32) -> f32 {
    let mut word = seed ^ u64::from(column.cast_unsigned()) << 32 ^ u64::from(row.cast_unsigned());
    word = (word ^ (word >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 32)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (word >> 40) as f32 / (1u64 << 23) as f32 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_numbers_of_a_seed_never_change() {
        let mut rng = Rng::new(1);
        assert_eq!([rng.bits(), rng.bits()], [0xcfc5_d07f_6f03_c29b, 0xbf42_4132_963f_e08d]);
    }

    #[test]
    fn normal_numbers_have_the_deviation_asked_for() {
        let mut rng = Rng::of(7, "test");
        let draws: Vec<f32> = (0..20_000).map(|_| rng.normal(2.0)).collect();
        let mean = draws.iter().sum::<f32>() / 20_000.0;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 20_000.0;
        assert!(mean.abs() < 0.05 && (variance.sqrt() - 2.0).abs() < 0.05, "{mean} {variance}");
    }

    #[test]
    fn purposes_are_independent_streams() {
        assert_ne!(Rng::of(7, "a").bits(), Rng::of(7, "b").bits());
    }
}
