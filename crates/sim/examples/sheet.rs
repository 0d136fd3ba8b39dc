//! Writes simulated frames as PNG files, and where the landmarks of each truly are (pixels) as `truth.csv`:
//! `sheet OUT_DIR SPECIES FIRST_SEED COUNT [FRAMES_A_SESSION [LUX [DEVICE]]]`.

#![expect(clippy::print_stdout, reason = "an example for the command line")]

use std::error::Error;
use std::time::Duration;

use verilume_sim::{
    Device, Heads, Range, Scenario, ScenarioLimits, ScreenTimeline, Session, Species, random_challenge,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |at: usize| arguments.get(at).map(String::as_str);
    let folder = std::path::PathBuf::from(argument(0).ok_or("where to?")?);
    let species: Species = argument(1).unwrap_or("bona-fide").parse()?;
    let first: u64 = argument(2).unwrap_or("1").parse()?;
    let count: u64 = argument(3).unwrap_or("1").parse()?;
    let wanted: u32 = argument(4).unwrap_or("1").parse()?;
    std::fs::create_dir_all(&folder)?;
    let heads = Heads::read(&std::fs::read("assets/sim/heads.bin")?)?;
    let mut limits = ScenarioLimits { species, ..ScenarioLimits::default() };
    if let Some(lux) = argument(5) {
        limits.lux = Range::exactly(lux.parse()?);
    }
    match argument(6) {
        Some("tablet") => limits.devices = vec![Device::Tablet],
        Some("laptop") => limits.devices = vec![Device::Laptop],
        _ => {}
    }
    let mut truth = String::from("file,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y\n");
    for seed in first..first + count {
        let scenario = Scenario::random(seed, &limits);
        let shown = ScreenTimeline::planned(&random_challenge(scenario.profile, seed));
        let mut session = Session::new(&heads, &scenario, seed);
        let total = Duration::from_millis(scenario.profile.duration_ms().into());
        let every = (140 / wanted.max(1)).max(1) as usize;
        let last = every * (wanted.max(1) as usize - 1) + 1;
        for (number, frame) in session.frames_until(total, &shown).take(last).enumerate() {
            if number % every != 0 {
                continue;
            }
            let image = &frame.frame.image;
            let path = folder.join(format!("{species}-{seed}-{number:03}.png"));
            if let Some(head) = frame.truth.head {
                let at = head.landmarks;
                let points =
                    [at.left_eye, at.right_eye, at.nose_tip].map(|p| format!(",{:.2},{:.2}", p.x, p.y));
                truth += &format!("{species}-{seed}-{number:03}.png{}\n", points.concat());
            }
            image::save_buffer(&path, image.pixels(), image.width(), image.height(), image::ColorType::Rgb8)?;
        }
        println!(
            "{seed}: tone {} {:.0} lx {:.0} cm",
            scenario.skin_tone.number(),
            scenario.lux,
            scenario.distance_cm
        );
    }
    std::fs::write(folder.join("truth.csv"), truth)?;
    Ok(())
}
