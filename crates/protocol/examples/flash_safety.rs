//! Counts the flashes of a recorded screen. Standard input has a line for each change: the time in milliseconds, then red,
//! green and blue of the upper half and of the lower one, sRGB, 0 to 255. Prints the most flashes in any second: general, red.

use std::io::Read as _;
use std::process::ExitCode;

use verilume_frame::linear_from_srgb;
use verilume_protocol::challenge::{ScreenSample, flash_safety_of_recording};

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "printing the counts is all it does")]
fn main() -> ExitCode {
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text).ok();
    let samples = read.and_then(|_bytes| text.lines().map(sample).collect::<Option<Vec<_>>>());
    let Some(samples) = samples else {
        eprintln!("each line has seven numbers: milliseconds, then six of 0 to 255");
        return ExitCode::FAILURE;
    };
    let safety = flash_safety_of_recording(&samples);
    println!("{} {}", safety.general_flashes_per_second, safety.red_flashes_per_second);
    ExitCode::SUCCESS
}

fn sample(line: &str) -> Option<ScreenSample> {
    let mut words = line.split_ascii_whitespace();
    let at_secs = words.next()?.parse::<f64>().ok()? / 1e3;
    let channels: Vec<u8> = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
    let [a, b, c, d, e, f] =
        <[u8; 6]>::try_from(channels).ok()?.map(|value| f64::from(linear_from_srgb(value)));
    Some(ScreenSample { at_secs, halves: [[a, b, c], [d, e, f]] })
}
