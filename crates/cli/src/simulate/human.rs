//! The outcome counts for people.

use super::Report;

pub(super) fn describe(report: &Report) -> String {
    let mut text = format!(
        "simulated: {} sessions of {}, {}, profile {}, {} lx, seeds from {}\n\n",
        report.tally.sessions,
        report.species,
        report.device,
        report.profile,
        lux(report.lux),
        report.seed
    );
    let rows = [
        ("real", report.tally.real, report.real_interval),
        ("spoof", report.tally.spoof, report.spoof_interval),
        ("uncertain", report.tally.uncertain, report.uncertain_interval),
    ];
    for (name, count, (low, high)) in rows {
        let share = 100.0 * count as f64 / report.tally.sessions.max(1) as f64;
        text += &format!(
            "  {name:<10} {count:>6}  {share:5.1} %  (95 % interval {:.1} to {:.1} %)\n",
            100.0 * low,
            100.0 * high
        );
    }
    if let (Some((median, most)), Some(frames)) = (report.bytes_sent, report.fewest_frames_sent) {
        text += &format!(
            "\n  sent       {} kB a check, {} kB at most, at least {frames} frames\n",
            median / 1000,
            most / 1000
        );
    }
    if !report.tally.stopped_by.is_empty() {
        text += "\nkept from being accepted by (a session can count more than once)\n";
        for (name, count) in report.tally.most_stopped_by() {
            text += &format!("  {name:<28} {count:>6}\n");
        }
    }
    text
}

fn lux((low, high): (f32, f32)) -> String {
    if (high - low).abs() < f32::EPSILON { format!("{low:.0}") } else { format!("{low:.0} to {high:.0}") }
}
