//! The signals of the main face over time, as one SVG.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use verilume_eval::{CaptureReport, FrameOutcome};

use crate::failure::{Failure, cannot_write};

const WIDTH: f64 = 960.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 64.0;
const LANE_HEIGHT: f64 = 92.0;
const LANE_GAP: f64 = 26.0;
/// Room that the words beside a blink take.
const BLINK_LABEL_WIDTH: f64 = 110.0;

/// One frame of the timeline. Values are `None` where nothing was measured.
#[derive(Debug, Clone, Copy)]
struct Sample {
    at_secs: f64,
    looking: bool,
    yaw_deg: Option<f64>,
    pitch_deg: Option<f64>,
    gaze_yaw_deg: Option<f64>,
    gaze_pitch_deg: Option<f64>,
    openness: Option<f64>,
    luma: Option<f64>,
    texture: Option<f64>,
}

/// Collects the signals and writes them when the capture has ended.
#[derive(Debug)]
pub(super) struct Timeline {
    path: PathBuf,
    samples: Vec<Sample>,
}

/// One row of the chart.
struct Lane {
    title: &'static str,
    unit: &'static str,
    low: f64,
    high: f64,
    series: Vec<Series>,
}

struct Series {
    name: &'static str,
    colour: &'static str,
    dashed: bool,
    value: fn(&Sample) -> Option<f64>,
}

impl Timeline {
    /// Opens the file first: a path that can't be written is told before the work, not after it.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        std::fs::File::create(path).map_err(|error| cannot_write(path, &error))?;
        Ok(Self { path: path.to_owned(), samples: Vec::new() })
    }

    pub(super) fn note(&mut self, outcome: &FrameOutcome) {
        let face = outcome.tracked.primary();
        let degrees = |radians: f32| f64::from(radians.to_degrees());
        self.samples.push(Sample {
            at_secs: outcome.tracked.captured_at.as_secs(),
            looking: outcome.attention.is_some_and(|attention| attention.looking_at_camera),
            yaw_deg: face.map(|face| degrees(face.pose.yaw_rad)),
            pitch_deg: face.map(|face| degrees(face.pose.pitch_rad)),
            gaze_yaw_deg: face
                .filter(|face| face.gaze.basis.from_iris())
                .map(|face| degrees(face.gaze.yaw_rad)),
            gaze_pitch_deg: face
                .filter(|face| face.gaze.basis.from_iris())
                .map(|face| degrees(face.gaze.pitch_rad)),
            openness: face.and_then(|face| face.eyes.openness()).map(f64::from),
            luma: face.map(|face| f64::from(face.quality.luma_mean)),
            texture: outcome.texture_live.map(f64::from),
        });
    }

    pub(super) fn write(self, report: &CaptureReport) -> Result<(), Failure> {
        let svg = self.draw(report);
        std::fs::write(&self.path, svg).map_err(|error| cannot_write(&self.path, &error))
    }

    fn draw(&self, report: &CaptureReport) -> String {
        let lanes = lanes();
        let height = TOP + lanes.len() as f64 * (LANE_HEIGHT + LANE_GAP) + 36.0;
        let mut svg = String::new();
        let out = &mut svg;
        let _ = write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
             height=\"{height}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\
             <title>Signals of one capture over time</title>\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\
             <text x=\"24\" y=\"30\" font-size=\"16\" font-weight=\"600\" fill=\"#1a1a1a\">{} of {} frames with a face, \
             {} looking at the camera (shaded)</text>",
            report.frames.with_face, report.frames.read, report.frames.gate_open
        );
        for (index, lane) in lanes.iter().enumerate() {
            self.draw_lane(out, lane, TOP + index as f64 * (LANE_HEIGHT + LANE_GAP));
        }
        self.draw_blinks(out, report, TOP + 2.0 * (LANE_HEIGHT + LANE_GAP));
        self.draw_time_axis(out, height - 40.0);
        svg.push_str("</svg>\n");
        svg
    }

    fn draw_lane(&self, out: &mut String, lane: &Lane, top: f64) {
        let bottom = top + LANE_HEIGHT;
        self.shade_open_gate(out, top);
        let _ = write!(
            out,
            "<rect x=\"{LEFT}\" y=\"{top}\" width=\"{}\" height=\"{LANE_HEIGHT}\" fill=\"none\" stroke=\"#c8ccd0\"/>\
             <text x=\"24\" y=\"{}\" font-weight=\"600\" fill=\"#1a1a1a\">{}</text>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"#555\">{} {}</text>\
             <text x=\"{}\" y=\"{bottom}\" text-anchor=\"end\" fill=\"#555\">{}</text>",
            WIDTH - LEFT - RIGHT,
            top + 14.0,
            lane.title,
            LEFT - 6.0,
            top + 10.0,
            lane.high,
            lane.unit,
            LEFT - 6.0,
            lane.low
        );
        for (index, series) in lane.series.iter().enumerate() {
            let dash = if series.dashed { " stroke-dasharray=\"5 3\"" } else { "" };
            let _ = write!(
                out,
                "<text x=\"24\" y=\"{}\" fill=\"{}\">{}{}</text><path d=\"{}\" fill=\"none\" stroke=\"{}\" \
                 stroke-width=\"1.6\"{dash}/>",
                top + 50.0 + index as f64 * 16.0,
                series.colour,
                if series.dashed { "- - " } else { "\u{2014} " },
                series.name,
                self.path_of(lane, series, top),
                series.colour
            );
        }
    }

    fn shade_open_gate(&self, out: &mut String, top: f64) {
        let mut began: Option<f64> = None;
        let ends = self.samples.iter().map(|sample| (sample.at_secs, sample.looking));
        let last = self.samples.last().map(|sample| (sample.at_secs, false));
        for (at_secs, looking) in ends.chain(last) {
            match (began, looking) {
                (None, true) => began = Some(at_secs),
                (Some(from), false) => {
                    let (x, to) = (self.x(from), self.x(at_secs));
                    let width = (to - x).max(1.0);
                    let _ = write!(
                        out,
                        "<rect x=\"{x:.1}\" y=\"{top}\" width=\"{width:.1}\" height=\"{LANE_HEIGHT}\" fill=\"#e3f5ea\"/>"
                    );
                    began = None;
                }
                _ => {}
            }
        }
    }

    /// The line of a series; it breaks where nothing was measured, except between sparse points.
    fn path_of(&self, lane: &Lane, series: &Series, top: f64) -> String {
        let mut path = String::new();
        let mut pen_down = false;
        for sample in &self.samples {
            let Some(value) = (series.value)(sample) else {
                pen_down &= lane.title == "texture";
                continue;
            };
            let share = ((value - lane.low) / (lane.high - lane.low)).clamp(0.0, 1.0);
            let y = top + LANE_HEIGHT * (1.0 - share);
            let _ = write!(path, "{}{:.1} {y:.1}", if pen_down { 'L' } else { 'M' }, self.x(sample.at_secs));
            pen_down = true;
        }
        path
    }

    fn draw_blinks(&self, out: &mut String, report: &CaptureReport, top: f64) {
        for blink in report.faces.iter().flat_map(|face| &face.blinks) {
            let x = self.x(blink.time_ms / 1e3);
            let near_the_end = x > WIDTH - RIGHT - BLINK_LABEL_WIDTH;
            let (anchor, label_x) = if near_the_end { ("end", x - 4.0) } else { ("start", x + 4.0) };
            let _ = write!(
                out,
                "<path d=\"M{x:.1} {top}v{LANE_HEIGHT}\" stroke=\"#b3261e\" stroke-dasharray=\"2 3\"/>\
                 <text x=\"{label_x:.1}\" y=\"{}\" text-anchor=\"{anchor}\" fill=\"#b3261e\">blink, frame {}</text>",
                top + 14.0,
                blink.frame
            );
        }
    }

    fn draw_time_axis(&self, out: &mut String, y: f64) {
        const TICKS: u32 = 8;
        let end = self.end_secs();
        for tick in 0..=TICKS {
            let at = end * f64::from(tick) / f64::from(TICKS);
            let _ = write!(
                out,
                "<text x=\"{:.1}\" y=\"{y}\" text-anchor=\"middle\" fill=\"#555\">{at:.1} s</text>",
                self.x(at)
            );
        }
    }

    fn x(&self, at_secs: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * at_secs / self.end_secs()
    }

    /// The last capture time; a still lasts a moment, so that it can be drawn.
    fn end_secs(&self) -> f64 {
        self.samples.last().map_or(1.0, |sample| sample.at_secs.max(0.1))
    }
}

fn lanes() -> Vec<Lane> {
    const BLUE: &str = "#0b57d0";
    const ORANGE: &str = "#b55000";
    vec![
        Lane {
            title: "head",
            unit: "deg",
            low: -40.0,
            high: 40.0,
            series: vec![
                Series { name: "yaw", colour: BLUE, dashed: false, value: |sample| sample.yaw_deg },
                Series { name: "pitch", colour: ORANGE, dashed: true, value: |sample| sample.pitch_deg },
            ],
        },
        Lane {
            title: "gaze",
            unit: "deg",
            low: -40.0,
            high: 40.0,
            series: vec![
                Series { name: "yaw", colour: BLUE, dashed: false, value: |sample| sample.gaze_yaw_deg },
                Series { name: "pitch", colour: ORANGE, dashed: true, value: |sample| sample.gaze_pitch_deg },
            ],
        },
        Lane {
            title: "eyes",
            unit: "ratio",
            low: 0.0,
            high: 0.5,
            series: vec![Series {
                name: "openness",
                colour: BLUE,
                dashed: false,
                value: |sample| sample.openness,
            }],
        },
        Lane {
            title: "texture",
            unit: "live",
            low: 0.0,
            high: 1.0,
            series: vec![Series {
                name: "pair average",
                colour: BLUE,
                dashed: false,
                value: |sample| sample.texture,
            }],
        },
        Lane {
            title: "exposure",
            unit: "luma",
            low: 0.0,
            high: 255.0,
            series: vec![Series { name: "face", colour: BLUE, dashed: false, value: |sample| sample.luma }],
        },
    ]
}
