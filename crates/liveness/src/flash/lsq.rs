//! Ordinary least squares over a shared design, with standard errors that allow for autocorrelated residuals.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// Eigenvalues of the scaled normal matrix below this share of the largest count as zero: codes may coincide.
const RANK_TOLERANCE: f64 = 1e-9;
/// Iterations after which the eigenvalue search gives up; a 16 x 16 matrix needs a few dozen.
const MAX_ITERATIONS: usize = 1000;
/// The largest variance inflation by autocorrelation, reached at a lag-one correlation of 7/9.
const MAX_INFLATION: f64 = 8.0;

/// The columns of a regression and the pseudo-inverse of their normal matrix.
pub(super) struct Design {
    columns: DMatrix<f64>,
    inverse: DMatrix<f64>,
}

/// What a regression gave for one series.
pub(super) struct Fit {
    /// One coefficient a column.
    pub(super) coefficients: Vec<f64>,
    /// What the columns leave, one value a row.
    pub(super) residuals: Vec<f64>,
    /// Sum of squared residuals.
    pub(super) sse: f64,
    /// Rows less columns.
    pub(super) degrees_of_freedom: usize,
    /// Residual variance times the AR(1) inflation `(1 + r1) / (1 - r1)`, clipped to 1..=8.
    pub(super) inflated_variance: f64,
}

impl Fit {
    /// The same fit after `count` more columns were taken out of the series beforehand.
    pub(super) fn with_fewer_degrees(mut self, count: usize) -> Self {
        let left = self.degrees_of_freedom.saturating_sub(count).max(1);
        self.inflated_variance *= self.degrees_of_freedom as f64 / left as f64;
        self.degrees_of_freedom = left;
        self
    }
}

impl Design {
    /// From columns of equal length. `None` if there are no more rows than columns or a number is not finite.
    pub(super) fn new(columns: &[Vec<f64>]) -> Option<Self> {
        let rows = columns.first()?.len();
        let fits = rows > columns.len() && columns.iter().all(|column| column.len() == rows);
        if !fits || columns.iter().flatten().any(|value| !value.is_finite()) {
            return None;
        }
        let columns = DMatrix::from_fn(rows, columns.len(), |row, column| columns[column][row]);
        let inverse = pseudo_inverse(&columns.tr_mul(&columns))?;
        Some(Self { columns, inverse })
    }

    /// Fits a series of as many values as the design has rows. `None` if it does not fit or is not finite.
    pub(super) fn fit(&self, series: &[f64]) -> Option<Fit> {
        if series.len() != self.columns.nrows() {
            return None;
        }
        let series = DVector::from_column_slice(series);
        let coefficients = &self.inverse * self.columns.tr_mul(&series);
        let residuals = series - &self.columns * &coefficients;
        let sse = residuals.norm_squared();
        if !sse.is_finite() {
            return None;
        }
        let freedom = self.degrees_of_freedom() as f64;
        let lagged: f64 = residuals.as_slice().windows(2).map(|pair| pair[0] * pair[1]).sum();
        let r1 = if sse > 0.0 { lagged / sse } else { 0.0 };
        let inflation =
            if r1 < 1.0 { ((1.0 + r1) / (1.0 - r1)).clamp(1.0, MAX_INFLATION) } else { MAX_INFLATION };
        Some(Fit {
            coefficients: coefficients.as_slice().to_vec(),
            residuals: residuals.as_slice().to_vec(),
            sse,
            degrees_of_freedom: self.degrees_of_freedom(),
            inflated_variance: sse / freedom * inflation,
        })
    }

    /// The variance of a weighted sum of coefficients, for residuals of unit variance.
    pub(super) fn contrast_variance(&self, weights: &[(usize, f64)]) -> f64 {
        let pairs = weights.iter().flat_map(|a| weights.iter().map(move |b| (a, b)));
        pairs.map(|((i, wi), (j, wj))| wi * wj * self.inverse[(*i, *j)]).sum::<f64>().max(0.0)
    }

    /// How many columns there are.
    pub(super) fn column_count(&self) -> usize {
        self.columns.ncols()
    }

    /// Rows less columns.
    pub(super) fn degrees_of_freedom(&self) -> usize {
        self.columns.nrows() - self.columns.ncols()
    }
}

/// The pseudo-inverse of a positive semi-definite matrix. Columns are scaled to unit diagonal first, so that the
/// tolerance means the same for light, time and time squared.
fn pseudo_inverse(normal: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let size = normal.nrows();
    let scale: Vec<f64> = (0..size)
        .map(|at| if normal[(at, at)] > 0.0 { normal[(at, at)].sqrt().recip() } else { 0.0 })
        .collect();
    let scaled = DMatrix::from_fn(size, size, |i, j| normal[(i, j)] * scale[i] * scale[j]);
    if scaled.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let eigen = SymmetricEigen::try_new(scaled, f64::EPSILON, MAX_ITERATIONS)?;
    let largest = eigen.eigenvalues.max();
    let inverted =
        eigen.eigenvalues.map(|value| if value > largest * RANK_TOLERANCE { value.recip() } else { 0.0 });
    let inverse = &eigen.eigenvectors * DMatrix::from_diagonal(&inverted) * eigen.eigenvectors.transpose();
    Some(DMatrix::from_fn(size, size, |i, j| inverse[(i, j)] * scale[i] * scale[j]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_recovered_with_its_error() {
        let t: Vec<f64> = (0..50).map(f64::from).collect();
        let noise = |at: usize| if at.is_multiple_of(2) { 0.1 } else { -0.1 };
        let series: Vec<f64> = t.iter().enumerate().map(|(at, t)| 2.0 + 0.5 * t + noise(at)).collect();
        let design = Design::new(&[vec![1.0; 50], t]).unwrap();
        let fit = design.fit(&series).unwrap();
        assert!((fit.coefficients[1] - 0.5).abs() < 1e-3);
        // Alternating residuals have r1 near -1: no inflation below one.
        assert!((fit.inflated_variance - 0.01 * 50.0 / 48.0).abs() < 1e-4);
    }

    #[test]
    fn equal_columns_share_their_coefficient() {
        let code: Vec<f64> = (0..20).map(|at| f64::from(at % 3)).collect();
        let series: Vec<f64> = code.iter().map(|value| 4.0 * value).collect();
        let design = Design::new(&[code.clone(), code]).unwrap();
        let fit = design.fit(&series).unwrap();
        assert!((fit.coefficients[0] - 2.0).abs() < 1e-6 && (fit.coefficients[1] - 2.0).abs() < 1e-6);
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(Design::new(&[]).is_none());
        assert!(Design::new(&[vec![1.0, f64::NAN, 1.0]]).is_none());
        assert!(Design::new(&[vec![1.0], vec![2.0]]).is_none());
        assert!(Design::new(&[vec![1.0; 5]]).unwrap().fit(&[f64::INFINITY; 5]).is_none());
        assert!(Design::new(&[vec![0.0; 5]]).unwrap().fit(&[1.0; 5]).is_some());
    }
}
