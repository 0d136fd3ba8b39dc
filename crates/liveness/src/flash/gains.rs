//! How strongly a series follows the screen: gains by half and channel, with their errors.

use verilume_protocol::challenge::ScreenTimeline;

use super::config::MeasureConfig;
use super::lsq::{Design, Fit};
use super::series::ColourSeries;

/// Change of the logarithm of light per unit of drive (unlit to lit), for each channel.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gains {
    /// By channel, then half (top, bottom).
    pub(super) half: [[f64; 2]; 3],
    /// Standard errors of `half`.
    pub(super) half_error: [[f64; 2]; 3],
    /// Standard error of the sum of both halves.
    pub(super) total_error: [f64; 3],
}

impl Gains {
    /// Both halves together.
    pub(super) fn total(&self, channel: usize) -> f64 {
        self.half[channel][0] + self.half[channel][1]
    }

    /// The total gain and its standard error.
    pub(super) fn total_and_error(&self, channel: usize) -> (f64, f64) {
        (self.total(channel), self.total_error[channel])
    }

    /// The total gain in standard errors.
    pub(super) fn z(&self, channel: usize) -> f64 {
        self.total(channel) / self.total_error[channel].max(1e-9)
    }

    /// Mean over the channels of `z`.
    pub(super) fn mean_z(&self) -> f64 {
        (0..3).map(|channel| self.z(channel)).sum::<f64>() / 3.0
    }
}

/// The regressions that turn series into gains, one a channel. Columns `own` and `own + 1` are the channel's own
/// halves; the other channels enter as the mean of their halves and take up the crosstalk of screen and sensor.
pub(super) struct GainDesign {
    designs: [Design; 3],
    own: usize,
}

impl GainDesign {
    /// For series with one value a frame: level, slow drift (line and parabola) and the screen.
    pub(super) fn level(secs: &[f64], drives: &Drives) -> Option<Self> {
        let drift = drift_columns(secs);
        Self::new(&drift, drives)
    }

    /// For series of steps across changes of colour: the steps of the screen alone.
    pub(super) fn steps(drive_steps: &Drives) -> Option<Self> {
        Self::new(&[], drive_steps)
    }

    fn new(first: &[Vec<f64>], drives: &Drives) -> Option<Self> {
        let design = |channel: usize| {
            let mut columns = first.to_vec();
            columns.extend(drives.halves.each_ref().map(|half| half[channel].clone()));
            for other in (0..3).filter(|other| *other != channel) {
                let [top, bottom] = &drives.halves;
                columns.push(top[other].iter().zip(&bottom[other]).map(|(t, b)| (t + b) / 2.0).collect());
            }
            Design::new(&columns)
        };
        Some(Self { designs: [design(0)?, design(1)?, design(2)?], own: first.len() })
    }

    /// The gains of one series, channel by channel. `None` if it is not finite.
    ///
    /// Their errors hold the noise that all cells share, so that cells weigh about alike.
    pub(super) fn gains(&self, series: &ColourSeries) -> Option<Gains> {
        Some(self.gains_of(&self.fits(series)?))
    }

    /// The gains without the noise that the channels share: the sharper ones, to tell whether there is an answer.
    ///
    /// Motion and exposure move all channels alike, the codes do not. So what the other channels' own fits leave
    /// over is taken away in proportion, and the rest fitted again: Zellner's seemingly unrelated regressions (J. Am.
    /// Stat. Assoc. 1962), one step of them.
    pub(super) fn sharp_gains(&self, series: &ColourSeries) -> Option<Gains> {
        let first = self.fits(series)?;
        let again = |channel: usize| {
            let others =
                [(channel + 1) % 3, (channel + 2) % 3].map(|other| first[other].residuals.as_slice());
            let shares = projection(&first[channel].residuals, others);
            let own: Vec<f64> = (0..series[channel].len())
                .map(|at| series[channel][at] - shares[0] * others[0][at] - shares[1] * others[1][at])
                .collect();
            Some(self.designs[channel].fit(&own)?.with_fewer_degrees(others.len()))
        };
        Some(self.gains_of(&[again(0)?, again(1)?, again(2)?]))
    }

    fn fits(&self, series: &ColourSeries) -> Option<[Fit; 3]> {
        let fit = |channel: usize| self.designs[channel].fit(&series[channel]);
        Some([fit(0)?, fit(1)?, fit(2)?])
    }

    fn gains_of(&self, fits: &[Fit; 3]) -> Gains {
        let mut gains = Gains { half: [[0.0; 2]; 3], half_error: [[0.0; 2]; 3], total_error: [0.0; 3] };
        let (top, bottom) = (self.own, self.own + 1);
        for (channel, (design, fit)) in self.designs.iter().zip(fits).enumerate() {
            let error =
                |weights: &[(usize, f64)]| (fit.inflated_variance * design.contrast_variance(weights)).sqrt();
            gains.half[channel] = [fit.coefficients[top], fit.coefficients[bottom]];
            gains.half_error[channel] = [error(&[(top, 1.0)]), error(&[(bottom, 1.0)])];
            gains.total_error[channel] = error(&[(top, 1.0), (bottom, 1.0)]);
        }
        gains
    }

    /// The sum over channels of residual variance over total variance: what the lag search minimises.
    pub(super) fn unexplained(&self, series: &ColourSeries) -> Option<f64> {
        let mut sum = 0.0;
        for (design, series) in self.designs.iter().zip(series) {
            let mean = crate::stats::mean(series);
            let total: f64 = series.iter().map(|value| (value - mean).powi(2)).sum();
            let fit = design.fit(series)?;
            sum += if total > 0.0 { fit.sse / total } else { 1.0 };
        }
        Some(sum)
    }
}

/// The coefficients that explain `series` best by two others; zero where they cannot.
fn projection(series: &[f64], [a, b]: [&[f64]; 2]) -> [f64; 2] {
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let (aa, ab, bb) = (dot(a, a), dot(a, b), dot(b, b));
    // A little stiffness: two channels that are alike share what they explain.
    let (aa, bb) = (aa * 1.001 + 1e-12, bb * 1.001 + 1e-12);
    let (sa, sb) = (dot(series, a), dot(series, b));
    let determinant = aa * bb - ab * ab;
    if determinant > 0.0 {
        [(sa * bb - sb * ab) / determinant, (sb * aa - sa * ab) / determinant]
    } else {
        [0.0; 2]
    }
}

/// The drive of both halves in the three channels, one value a frame (or step), centred on grey.
#[derive(Clone)]
pub(super) struct Drives {
    /// By half, then channel.
    pub(super) halves: [ColourSeries; 2],
}

impl Drives {
    /// What was on the screen during each frame's exposure, `lag` seconds before the frame's time.
    pub(super) fn at_frames(
        timeline: &ScreenTimeline,
        secs: &[f64],
        lag: f64,
        config: &MeasureConfig,
    ) -> Self {
        let mut halves: [ColourSeries; 2] = Default::default();
        for time in secs {
            let drives = timeline.mean_drives(time - lag - config.exposure_secs, time - lag);
            for (series, level) in halves.iter_mut().flatten().zip(drives.into_iter().flatten()) {
                series.push(level - 0.5);
            }
        }
        Self { halves }
    }

    /// What the codes let one see of each channel.
    pub(super) fn asked(&self) -> Asked {
        let [top, bottom] = &self.halves;
        let ever = |channel: usize, sign: f64| {
            top[channel].iter().zip(&bottom[channel]).any(|(top, bottom)| (top + sign * bottom).abs() > 0.5)
        };
        Asked {
            both: std::array::from_fn(|channel| ever(channel, 1.0)),
            apart: std::array::from_fn(|channel| ever(channel, -1.0)),
        }
    }

    /// How bright the screen was: the mean over halves and channels.
    pub(super) fn luminance(&self) -> Vec<f64> {
        let frames = self.halves[0][0].len();
        let series = || self.halves.iter().flatten();
        (0..frames)
            .map(|at| series().map(|values| values[at]).sum::<f64>() / series().count() as f64)
            .collect()
    }

    /// The same values seen through a linear map of each series.
    pub(super) fn mapped(&self, map: impl Fn(&[f64]) -> Vec<f64>) -> Self {
        Self { halves: self.halves.each_ref().map(|half| half.each_ref().map(|channel| map(channel))) }
    }
}

/// What a challenge asks of each channel. One challenge in 200 has a channel whose halves show each other's opposite,
/// one in 200 a channel whose halves show the same: the sum or the difference of their gains is then not to be had.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// The sum of both halves changes.
    pub(super) both: [bool; 3],
    /// The halves differ.
    pub(super) apart: [bool; 3],
}

/// Constant, line and parabola over time, each of order one.
pub(super) fn drift_columns(secs: &[f64]) -> [Vec<f64>; 3] {
    let middle = crate::stats::mean(secs);
    let line: Vec<f64> = secs.iter().map(|time| time - middle).collect();
    let parabola = line.iter().map(|time| time * time).collect();
    [vec![1.0; secs.len()], line, parabola]
}

/// The lag of a series behind the screen.
pub(super) struct LagSearch {
    /// The best lag, seconds, refined between the steps.
    pub(super) lag_secs: f64,
    /// Lag tried, unexplained share of the variance (mean over channels).
    pub(super) curve: Vec<(f64, f64)>,
}

impl LagSearch {
    /// Tries every step of `0..=max_lag`, with `unexplained` for each; `None` if none could be fitted.
    pub(super) fn over(config: &MeasureConfig, unexplained: impl Fn(f64) -> Option<f64>) -> Option<Self> {
        let step = config.lag_step_secs.clamp(0.001, 0.1);
        let mut curve = Vec::new();
        let mut lag = 0.0;
        while lag <= config.max_lag_secs.min(2.0) + 1e-9 {
            curve.extend(unexplained(lag).map(|share| (lag, share / 3.0)));
            lag += step;
        }
        let best = (0..curve.len()).min_by(|a, b| curve[*a].1.total_cmp(&curve[*b].1))?;
        let lag_secs = curve[best].0 + step * vertex(&curve, best);
        Some(Self { lag_secs: lag_secs.max(0.0), curve })
    }
}

/// Where between its neighbours the parabola through a minimum has its vertex, in steps, -0.5..=0.5.
fn vertex(curve: &[(f64, f64)], at: usize) -> f64 {
    let (Some(before), Some(after)) = (at.checked_sub(1).and_then(|b| curve.get(b)), curve.get(at + 1))
    else {
        return 0.0;
    };
    let bend = before.1 - 2.0 * curve[at].1 + after.1;
    if bend > 0.0 { ((before.1 - after.1) / (2.0 * bend)).clamp(-0.5, 0.5) } else { 0.0 }
}
