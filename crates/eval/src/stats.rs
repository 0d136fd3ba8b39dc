//! Shares with their uncertainty, and whether numbers are uniform.

/// The two-sided 95 % point of the normal distribution.
const Z95: f64 = 1.959_964;

/// A count out of a total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proportion {
    /// How many.
    pub count: u64,
    /// Of how many.
    pub of: u64,
}

impl Proportion {
    /// The share, 0..=1; not a number if there is nothing to count.
    pub fn share(self) -> f64 {
        self.count as f64 / self.of as f64
    }

    /// The 95 % interval of Wilson (J. Am. Stat. Assoc. 1927), 0..=1; everything if there is nothing to count.
    pub fn wilson95(self) -> (f64, f64) {
        wilson95(self.share(), self.of as f64)
    }
}

/// The 95 % interval of Wilson of a share of so many independent cases, which need not be a whole number.
pub fn wilson95(p: f64, n: f64) -> (f64, f64) {
    if n <= 0.0 || n.is_nan() {
        return (0.0, 1.0);
    }
    let centre = p + Z95 * Z95 / (2.0 * n);
    let half = Z95 * (p * (1.0 - p) / n + Z95 * Z95 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z95 * Z95 / n;
    (((centre - half) / scale).max(0.0), ((centre + half) / scale).min(1.0))
}

/// The test of Kolmogorov and Smirnov that values are uniform on 0..=1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Uniformity {
    /// The largest distance between the observed and the uniform distribution.
    pub distance: f64,
    /// The probability of a distance at least as large if the values are uniform (Stephens' approximation, good from
    /// some tens of values).
    pub p: f64,
    /// How many values.
    pub count: usize,
}

impl Uniformity {
    /// Tests values; those outside 0..=1 or not finite count at the nearer end.
    pub fn of(values: &[f64]) -> Self {
        let mut sorted: Vec<f64> = values.iter().map(|value| value.clamp(0.0, 1.0)).collect();
        sorted.sort_by(f64::total_cmp);
        let n = sorted.len() as f64;
        let gap = |(at, value): (usize, &f64)| ((at as f64 + 1.0) / n - value).max(value - at as f64 / n);
        let distance = sorted.iter().enumerate().map(gap).fold(0.0, f64::max);
        let scaled = (n.sqrt() + 0.12 + 0.11 / n.sqrt()) * distance;
        Self { distance, p: kolmogorov_tail(scaled), count: sorted.len() }
    }
}

/// The probability that Kolmogorov's distribution exceeds `at`.
fn kolmogorov_tail(at: f64) -> f64 {
    if at < 0.2 {
        return 1.0; // The series converges slowly here; the true value is above 1 - 1e-12.
    }
    let term = |k: i32| {
        let sign = if k % 2 == 1 { 2.0 } else { -2.0 };
        sign * (-2.0 * f64::from(k * k) * at * at).exp()
    };
    (1..=100).map(term).sum::<f64>().clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_textbook() {
        let check = |count, of, low: f64, high: f64| {
            let (l, h) = Proportion { count, of }.wilson95();
            assert!((l - low).abs() < 5e-4 && (h - high).abs() < 5e-4, "{count}/{of}: {l} {h}");
        };
        check(0, 200, 0.0, 0.0188);
        check(200, 200, 0.9812, 1.0);
        check(81, 263, 0.2553, 0.3662);
        check(0, 0, 0.0, 1.0);
    }

    #[test]
    fn uniform_values_pass_and_others_do_not() {
        let even: Vec<f64> = (0..500).map(|i| (f64::from(i) + 0.5) / 500.0).collect();
        assert!(Uniformity::of(&even).p > 0.99);
        let bent: Vec<f64> = even.iter().map(|value| value.powf(1.5)).collect();
        assert!(Uniformity::of(&bent).p < 0.01);
    }

    #[test]
    fn the_tail_is_kolmogorovs() {
        assert!((kolmogorov_tail(1.358) - 0.05).abs() < 5e-4);
        assert!((kolmogorov_tail(1.628) - 0.01).abs() < 2e-4);
    }
}
