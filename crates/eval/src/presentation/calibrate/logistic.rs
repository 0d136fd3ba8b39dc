//! Ridge logistic regression with slopes that are never negative.

/// Weight of the squared slopes against the log-likelihood, where every cue has unit spread and each class counts as
/// half of the captures. Origin: a normal prior of standard deviation 1 on each slope.
const RIDGE: f64 = 1.0;
/// Newton's steps. Origin: it converges in less than ten; more happen only on separable data, which the ridge bounds.
const STEPS: usize = 50;
/// A step below this ends the search, nats.
const TOLERANCE: f64 = 1e-9;

/// A fitted model: `intercept + sum(slopes * values)` is a log-likelihood ratio.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Model {
    pub(super) intercept: f64,
    pub(super) slopes: Vec<f64>,
}

impl Model {
    /// Fits a model to rows of values and whether each is live, both classes of the same weight. A cue whose slope comes
    /// out negative is left out and the others are fitted anew, the worst first.
    pub(super) fn fit(rows: &[Vec<f64>], is_live: &[bool]) -> Self {
        let cues = rows.first().map_or(0, Vec::len);
        let mut used: Vec<usize> = (0..cues).collect();
        loop {
            let fitted = newton(rows, is_live, &used);
            let (intercept, of_used) = (fitted[0], &fitted[1..]);
            let worst = (0..used.len()).min_by(|a, b| of_used[*a].total_cmp(&of_used[*b]));
            match worst {
                Some(worst) if of_used[worst] < 0.0 => _ = used.remove(worst),
                _ => {
                    let mut slopes = vec![0.0; cues];
                    used.iter().zip(of_used).for_each(|(at, slope)| slopes[*at] = *slope);
                    return Self { intercept, slopes };
                }
            }
        }
    }
}

/// Newton's method on the penalised log-likelihood: the intercept, then the slope of each used cue.
fn newton(rows: &[Vec<f64>], is_live: &[bool], used: &[usize]) -> Vec<f64> {
    let size = used.len() + 1;
    let live = is_live.iter().filter(|live| **live).count() as f64;
    let half = is_live.len() as f64 / 2.0;
    let weight_of =
        |live_one: bool| if live_one { half / live } else { half / (is_live.len() as f64 - live) };
    let mut at = vec![0.0; size];
    for _ in 0..STEPS {
        let mut gradient = vec![0.0; size];
        let mut curvature = vec![vec![0.0; size]; size];
        for (row, live_one) in rows.iter().zip(is_live) {
            let x: Vec<f64> = std::iter::once(1.0).chain(used.iter().map(|cue| row[*cue])).collect();
            let llr: f64 = at.iter().zip(&x).map(|(a, x)| a * x).sum();
            let p = 1.0 / (1.0 + (-llr).exp());
            let weight = weight_of(*live_one);
            let error = weight * (f64::from(u8::from(*live_one)) - p);
            for i in 0..size {
                gradient[i] += error * x[i];
                for j in 0..size {
                    curvature[i][j] += weight * p * (1.0 - p) * x[i] * x[j];
                }
            }
        }
        for i in 1..size {
            gradient[i] -= RIDGE * at[i];
            curvature[i][i] += RIDGE;
        }
        let step = solve(curvature, gradient);
        at.iter_mut().zip(&step).for_each(|(a, s)| *a += s);
        if step.iter().all(|s| s.abs() < TOLERANCE) {
            break;
        }
    }
    at
}

/// Solves a symmetric positive definite system by Cholesky's method.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let size = right.len();
    for i in 0..size {
        for j in 0..=i {
            let below: f64 = (0..j).map(|k| matrix[i][k] * matrix[j][k]).sum();
            let rest = matrix[i][j] - below;
            // The intercept has no ridge: where all captures are certain its curvature vanishes.
            matrix[i][j] = if i == j { rest.max(1e-12).sqrt() } else { rest / matrix[j][j] };
        }
    }
    for i in 0..size {
        let before: f64 = (0..i).map(|k| matrix[i][k] * right[k]).sum();
        right[i] = (right[i] - before) / matrix[i][i];
    }
    for i in (0..size).rev() {
        let after: f64 = (i + 1..size).map(|k| matrix[k][i] * right[k]).sum();
        right[i] = (right[i] - after) / matrix[i][i];
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Normal values by the sum of twelve uniform ones.
    fn normals(seed: u64, count: usize, mean: f64) -> Vec<f64> {
        let mut random = super::super::super::random::SplitMix64::new(seed);
        let mut uniform = || random.below(1 << 30) as f64 / f64::from(1 << 30);
        (0..count).map(|_| mean - 6.0 + (0..12).map(|_| uniform()).sum::<f64>()).collect()
    }

    #[test]
    fn the_slope_of_two_normal_classes_is_the_distance_of_their_means() {
        let (live, attacks) = (normals(1, 6000, 1.0), normals(2, 2000, -1.0));
        let rows: Vec<Vec<f64>> = live.iter().chain(&attacks).map(|x| vec![*x]).collect();
        let is_live: Vec<bool> = (0..8000).map(|at| at < 6000).collect();
        let model = Model::fit(&rows, &is_live);
        // Unit variance and means of 1 and -1: the log-likelihood ratio is 2 x, whatever the numbers of captures.
        assert!((model.slopes[0] - 2.0).abs() < 0.15, "{model:?}");
        assert!(model.intercept.abs() < 0.15, "{model:?}");
    }

    #[test]
    fn a_cue_that_points_the_wrong_way_is_left_out() {
        let (live, attacks) = (normals(3, 300, 1.0), normals(4, 300, -1.0));
        let rows: Vec<Vec<f64>> = live.iter().chain(&attacks).map(|x| vec![*x, -*x / 2.0 + 0.1]).collect();
        let is_live: Vec<bool> = (0..600).map(|at| at < 300).collect();
        let model = Model::fit(&rows, &is_live);
        assert!(model.slopes[0] > 1.0 && model.slopes[1] == 0.0, "{model:?}");
    }

    #[test]
    fn separable_classes_end_in_finite_slopes() {
        let rows: Vec<Vec<f64>> = (0..40).map(|at| vec![if at < 20 { 1.0 } else { -1.0 }]).collect();
        let is_live: Vec<bool> = (0..40).map(|at| at < 20).collect();
        let model = Model::fit(&rows, &is_live);
        assert!((1.0..10.0).contains(&model.slopes[0]), "{model:?}");
    }
}
