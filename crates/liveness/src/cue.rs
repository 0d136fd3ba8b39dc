//! One measured property of a capture, before anyone says what it is worth.

/// A property that people and attacks show differently. Higher is more live. What a value is worth says the
/// [`crate::fusion::Calibration`].
#[derive(Debug, Clone, PartialEq)]
pub struct Cue {
    /// Stable name, snake_case.
    pub name: &'static str,
    /// Unit of the value, `"1"` for a ratio or a logarithm of one.
    pub unit: &'static str,
    /// The value, or why there is none here. A capture without a value is never a capture with a low one.
    pub value: Result<f64, String>,
    /// What a live value means, as a sentence for a person.
    pub live: &'static str,
    /// What an attack's value means, as a sentence for a person.
    pub attack: &'static str,
}

impl Cue {
    /// A cue without a value yet.
    pub(crate) fn of(
        name: &'static str,
        unit: &'static str,
        live: &'static str,
        attack: &'static str,
    ) -> Self {
        Self { name, unit, value: Err("not measured".to_owned()), live, attack }
    }

    /// The value if it is a finite number.
    pub fn finite(&self) -> Option<f64> {
        self.value.as_ref().ok().copied().filter(|value| value.is_finite())
    }
}
