//! Test 3: is the answer shaped like *this* head?
//!
//! Light from a near screen falls off towards the sides of a head and dips at the eyes. A plane, a mildly bent print
//! and a tint painted by software answer with a smooth or uniform pattern. The null is therefore generous (a cubic
//! surface over the face plus the cell's brightness, which takes up tone curves and flare), and the head's predicted
//! shading must explain what the null cannot. In dim rooms the share of each half of the screen tells as much as the
//! sum of both; the two are joined by their precision.

use super::config::MeasureConfig;
use super::lsq::Design;
use super::measure::Measurement;
use super::thresholds::FlashThresholds;
use crate::stats::mean;
use crate::{Signal, Threshold, Verdict};

/// How a pattern over the cells is explained by a head's shading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ShadingFit {
    /// Signed square root of the nested F statistic.
    pub(super) signed_root_f: f64,
    /// Coefficient of the predicted shading: about 1 for the head it was predicted for, about 0 for a plane.
    pub(super) beta: f64,
}

impl ShadingFit {
    /// The mean of two independent fits of one coefficient, each weighed by its precision.
    fn joined_by(self, other: Option<Self>) -> Self {
        let Some(other) = other else { return self };
        let [a, b] = [self, other].map(|fit| (fit.beta, fit.precision()));
        let precision = a.1 + b.1;
        if !precision.is_finite() || precision <= 0.0 {
            return self;
        }
        let beta = (a.0 * a.1 + b.0 * b.1) / precision;
        Self { signed_root_f: beta * precision.sqrt(), beta }
    }

    /// Standard error of `beta`.
    fn error(self) -> f64 {
        if self.signed_root_f == 0.0 { 0.0 } else { (self.beta / self.signed_root_f).abs() }
    }

    /// One over the squared standard error of `beta`: the root of F of one column is `beta` in standard errors.
    fn precision(self) -> f64 {
        if self.beta == 0.0 { 0.0 } else { (self.signed_root_f / self.beta).powi(2) }
    }
}

/// Fits `pattern` (value and error of each cell) by the null columns with and without the template.
pub(super) fn nested_fit(
    nuisance: &[Vec<f64>],
    template: &[f64],
    pattern: &[(f64, f64)],
    floor: f64,
) -> Option<ShadingFit> {
    let weights: Vec<f64> =
        pattern.iter().map(|(_, error)| (error * error + floor * floor).sqrt().recip()).collect();
    let weigh = |column: &[f64]| {
        column.iter().zip(&weights).map(|(value, weight)| value * weight).collect::<Vec<_>>()
    };
    let values = weigh(&pattern.iter().map(|(value, _)| *value).collect::<Vec<_>>());
    let mut columns: Vec<Vec<f64>> = nuisance.iter().map(|column| weigh(column)).collect();
    let null = Design::new(&columns)?.fit(&values)?;
    columns.push(weigh(template));
    let design = Design::new(&columns)?;
    let full = design.fit(&values)?;
    let beta = *full.coefficients.last()?;
    let residual = full.sse / design.degrees_of_freedom() as f64;
    let f = if residual > 0.0 { ((null.sse - full.sse) / residual).max(0.0) } else { 0.0 };
    Some(ShadingFit { signed_root_f: f.sqrt().copysign(beta), beta })
}

/// All products of x and y up to the third order: what a sheet answers with, tilted and bent.
pub(super) fn sheet_columns(measured: &Measurement) -> Vec<Vec<f64>> {
    let powers = (0..=3).flat_map(|order| (0..=order).map(move |of_y| (order - of_y, of_y)));
    let column = |(of_x, of_y): (i32, i32)| {
        measured.cells.iter().map(|cell| cell.u.powi(of_x) * cell.v.powi(of_y)).collect()
    };
    powers.map(column).collect()
}

/// How the session's own head explains the gains.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeadFit {
    /// Of both patterns: how much each cell answers, and to which half of the screen.
    pub(super) joined: ShadingFit,
    /// Standard error of the coefficient by the disagreement of the colours. JPEG rounds the same light the same way
    /// every time, so no residual shows that error; but it rounds each colour on its own.
    scatter: f64,
}

impl HeadFit {
    /// 1 for the depth of this very head, 0 for a sheet's and for twice the head's (a patch that mirrors); less as many
    /// of its standard errors, so that neither noise nor rounding makes a sheet look like a head.
    fn likeness(self, errors: f64) -> f64 {
        1.0 - (self.joined.beta - 1.0).abs() - errors * (self.joined.error() + self.scatter)
    }
}

/// The fit of both patterns by the session's own head.
pub(super) fn head_fit(
    measured: &Measurement,
    halves: Option<ShadingFit>,
    config: &MeasureConfig,
) -> Option<HeadFit> {
    let columns = head_columns(measured);
    let template = shading_template(measured)?;
    let fit = |pattern: &[(f64, f64)]| nested_fit(&columns, &template, pattern, config.shading_error_floor);
    let asked = (0..3).filter(|channel| measured.asked.both[*channel]);
    let colours: Vec<ShadingFit> = asked.filter_map(|channel| fit(&measured.of_channel(channel))).collect();
    Some(HeadFit { joined: fit(&measured.pooled())?.joined_by(halves), scatter: scatter(&colours) })
}

/// What a sheet may answer with: its shape, and its brightness through tone curves and flare.
fn head_columns(measured: &Measurement) -> Vec<Vec<f64>> {
    let mut columns = sheet_columns(measured);
    let levels: Vec<f64> = measured.cells.iter().map(|cell| cell.level).collect();
    let brightness: Vec<f64> = levels.iter().map(|level| level - mean(&levels)).collect();
    columns.push(brightness.clone());
    columns.push(brightness.iter().map(|level| level * level).collect());
    columns
}

/// The standard error of the mean of several fits of one coefficient, by how far they lie apart.
fn scatter(fits: &[ShadingFit]) -> f64 {
    let weighted: Vec<(f64, f64)> = fits.iter().map(|fit| (fit.beta, fit.precision())).collect();
    let total: f64 = weighted.iter().map(|(_, weight)| weight).sum();
    if fits.len() < 2 || !total.is_finite() || total <= 0.0 {
        return 0.0;
    }
    let mean = weighted.iter().map(|(beta, weight)| beta * weight).sum::<f64>() / total;
    let squares = weighted.iter().map(|(beta, weight)| weight * (beta - mean).powi(2)).sum::<f64>();
    (squares / total / (fits.len() - 1) as f64).sqrt()
}

/// The predicted irradiance of each cell over the median cell's. `None` if no light reaches the face.
pub(super) fn shading_template(measured: &Measurement) -> Option<Vec<f64>> {
    let predicted: Vec<f64> =
        measured.cells.iter().map(|cell| measured.shading.total_lux(cell.index)).collect();
    let scale = crate::stats::median(&mut predicted.clone()).filter(|median| *median > 0.0)?;
    Some(predicted.iter().map(|lux| lux / scale).collect())
}

/// Upper over lower quartile of the gains over the face, 10 at most, from their evenness; a uniform tint gives about 1.05.
pub(super) fn spread(evenness: f64) -> f64 {
    evenness.max(0.1).recip()
}

/// The three pieces of evidence: fit, depth and spread.
pub(super) fn shading_signals(
    fit: Option<HeadFit>,
    spread: Option<f64>,
    bounds: &FlashThresholds,
) -> [Signal; 3] {
    let missing = "the pattern of the gains could not be fitted";
    let supports = |supports: f64, denies: f64| Threshold {
        supports_at_least: Some(supports),
        denies_at_most: Some(denies),
    };
    let shape =
        |name, unit, value: Option<f64>, threshold, live: &'static str, flat: &'static str| match value {
            None => Signal::unavailable(name, unit, missing),
            Some(value) => Signal::measured(name, value, unit, threshold, |verdict| match verdict {
                Verdict::Supports => format!("{live} ({value:.2})"),
                Verdict::Denies => format!("{flat} ({value:.2})"),
                _ => format!("the shape of the answer is between a head's and a flat picture's ({value:.2})"),
            }),
        };
    [
        shape(
            "flash_shading_fit",
            "signed root F",
            fit.map(|fit| fit.joined.signed_root_f),
            supports(bounds.shading_f_supports, bounds.shading_f_denies),
            "the light falls on the face as on a head of this shape",
            "the light falls on the face as on a flat picture",
        ),
        shape(
            "flash_shading_likeness",
            "1",
            fit.map(|fit| fit.likeness(bounds.shading_likeness_errors)),
            supports(bounds.shading_likeness_supports, bounds.shading_likeness_denies),
            "the shading is as deep as this head's should be",
            "the shading is far shallower or far deeper than this head's",
        ),
        shape(
            "flash_shading_spread",
            "1",
            spread,
            supports(bounds.shading_spread_supports, bounds.shading_spread_denies),
            "the answer differs over the face as over a solid body",
            "the answer is the same all over the face, as painted",
        ),
    ]
}
