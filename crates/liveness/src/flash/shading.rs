//! Test 3: is the answer shaped like *this* head?
//!
//! Light from a near screen falls off towards the sides of a head and dips at the eyes. A plane, a mildly bent print
//! and a tint painted by software answer with a smooth or uniform pattern. The null is therefore generous (a parabola
//! over the face plus the cell's brightness, which takes up tone curves and flare), and the head's predicted shading
//! must explain what the null cannot.

use super::config::MeasureConfig;
use super::lsq::Design;
use super::measure::Measurement;
use super::stats::{mean, quantile};
use super::thresholds::FlashThresholds;
use crate::{Signal, Threshold, Verdict};

/// How a pattern over the cells is explained by a head's shading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ShadingFit {
    /// Signed square root of the nested F statistic.
    pub(super) signed_root_f: f64,
    /// Coefficient of the predicted shading: about 1 for the head it was predicted for, about 0 for a plane.
    pub(super) beta: f64,
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

/// Parabola over the face: constant, x, y, x^2, xy, y^2.
pub(super) fn parabola_columns(measured: &Measurement) -> Vec<Vec<f64>> {
    let column = |of: fn(f64, f64) -> f64| measured.cells.iter().map(|cell| of(cell.u, cell.v)).collect();
    vec![
        column(|_, _| 1.0),
        column(|u, _| u),
        column(|_, v| v),
        column(|u, _| u * u),
        column(|u, v| u * v),
        column(|_, v| v * v),
    ]
}

/// The fit of the fractional gains by the session's own head.
pub(super) fn shading_fit(measured: &Measurement, config: &MeasureConfig) -> Option<ShadingFit> {
    let mut nuisance = parabola_columns(measured);
    let levels: Vec<f64> = measured.cells.iter().map(|cell| cell.level).collect();
    let brightness: Vec<f64> = levels.iter().map(|level| level - mean(&levels)).collect();
    nuisance.push(brightness.clone());
    nuisance.push(brightness.iter().map(|level| level * level).collect());
    nested_fit(&nuisance, &shading_template(measured)?, &measured.pooled(), config.shading_error_floor)
}

/// The predicted irradiance of each cell over the median cell's. `None` if no light reaches the face.
pub(super) fn shading_template(measured: &Measurement) -> Option<Vec<f64>> {
    let predicted: Vec<f64> =
        measured.cells.iter().map(|cell| measured.shading.total_lux(cell.index)).collect();
    let scale = super::stats::median(&mut predicted.clone()).filter(|median| *median > 0.0)?;
    Some(predicted.iter().map(|lux| lux / scale).collect())
}

/// Upper over lower quartile of the gains over the face; a uniform tint gives about 1.05.
pub(super) fn spread(measured: &Measurement) -> Option<f64> {
    let mut gains: Vec<f64> = measured.pooled().into_iter().map(|(gain, _)| gain).collect();
    let (lower, upper) = (quantile(&mut gains, 0.25)?, quantile(&mut gains, 0.75)?);
    // A lower quartile at or below zero is more spread than any ratio says.
    Some(if lower > 0.0 { (upper / lower).min(10.0) } else { 10.0 })
}

/// The three pieces of evidence: fit, depth (beta) and spread.
pub(super) fn shading_signals(
    fit: Option<ShadingFit>,
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
            fit.map(|fit| fit.signed_root_f),
            supports(bounds.shading_f_supports, bounds.shading_f_denies),
            "the light falls on the face as on a head of this shape",
            "the light falls on the face as on a flat picture",
        ),
        shape(
            "flash_shading_depth",
            "1",
            fit.map(|fit| fit.beta),
            supports(bounds.shading_beta_supports, bounds.shading_beta_denies),
            "the shading is as deep as this head's should be",
            "the shading is too shallow for a head",
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
