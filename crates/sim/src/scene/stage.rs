//! What every physical scene has: room, room light, device, lens, and the bodies in front of it.

use std::ops::Range;

use crate::light::{Ambient, ScreenPanel};
use crate::math::Pose;
use crate::motion::Sway;
use crate::render::{Body, Buffers, LinearImage, Optics, RowLight, compose};
use crate::rng::Rng;
use crate::scenario::{CameraParams, Scenario};
use crate::timeline::{ScreenColours, ScreenTimeline};

use super::room;

/// From the screen's primaries to the camera's channels; rows are camera channels and sum to 1, so that white is white.
const CROSSTALK: [[f32; 3]; 3] = [[0.91, 0.07, 0.02], [0.05, 0.86, 0.09], [0.01, 0.07, 0.92]];

/// A moment of a scene.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moment {
    /// On the capture's clock, seconds.
    pub(crate) at_secs: f64,
    /// From the moved device's frame to the world's.
    pub(crate) world_from_device: Pose,
}

/// Room, light, device and bodies. The world's frame is that of the device at rest.
pub(crate) struct Stage {
    pub(crate) bodies: Vec<Body>,
    pub(crate) ambient: Ambient,
    pub(crate) panel: ScreenPanel,
    pub(crate) optics: Optics,
    pub(crate) buffers: Buffers,
    pub(crate) device_from_world: Pose,
    world_from_device: Pose,
    device_sway: Sway,
    screen_nit: f32,
    camera: CameraParams,
    room_bodies: usize,
}

impl Stage {
    /// An empty room.
    pub(crate) fn new(scenario: &Scenario, seed: u64) -> Self {
        let mut rng = Rng::of(seed, "stage");
        let ambient = Ambient::draw(&mut rng, scenario.lux, scenario.ambient_kelvin);
        let camera = scenario.camera.clone();
        let optics = Optics {
            width: camera.width as usize,
            height: camera.height as usize,
            focal_px: scenario.device.focal_px(camera.height),
            camera: scenario.device.camera_at(),
        };
        let device_sway = match scenario.device.is_hand_held() {
            true => Sway::of_hand(&mut rng, scenario.motion),
            false => Sway::none(&mut rng),
        };
        let wall_metres = scenario.distance_cm / 100.0 + scenario.wall_metres;
        let bodies =
            room::bodies(&mut Rng::of(seed, "room"), &optics, wall_metres, scenario.distance_cm / 100.0);
        Self {
            room_bodies: bodies.len(),
            bodies,
            ambient,
            panel: scenario.device.panel(),
            optics,
            buffers: Buffers::default(),
            device_from_world: Pose::IDENTITY,
            world_from_device: Pose::IDENTITY,
            device_sway,
            screen_nit: scenario.screen_nit,
            camera,
        }
    }

    /// Puts a body on the stage; its number.
    pub(crate) fn add(&mut self, body: Body) -> usize {
        self.bodies.push(body);
        self.bodies.len() - 1
    }

    /// Moves the device to a moment and lights the room.
    pub(crate) fn begin(&mut self, at_secs: f64) -> Moment {
        self.world_from_device = self.device_sway.at(at_secs);
        self.device_from_world = self.world_from_device.inverse();
        for number in 0..self.room_bodies {
            self.relight(number);
        }
        Moment { at_secs, world_from_device: self.world_from_device }
    }

    /// Computes the light on a body for where it and the device are now.
    pub(crate) fn relight(&mut self, number: usize) {
        let body = &mut self.bodies[number];
        body.relight(&self.ambient, &self.panel, &self.world_from_device, self.optics.camera);
    }

    /// What the screen showed when the middle row was exposed, `lag_secs` earlier, as the camera's channels see it: a
    /// share of the screen's white, mean of both halves.
    pub(crate) fn seen_colour(&self, at_secs: f64, lag_secs: f64, shown: &ScreenTimeline) -> [f32; 3] {
        let end_secs = at_secs - lag_secs + self.camera.readout_ms / 2e3;
        let mean = shown.mean(end_secs - self.camera.exposure_ms / 1e3, end_secs);
        crosstalk(std::array::from_fn(|c| (mean.top[c] + mean.bottom[c]) / 2.0))
    }

    /// Draws all bodies into radiances.
    pub(crate) fn compose(&mut self, at_secs: f64, shown: &ScreenTimeline, image: &mut LinearImage) {
        let mut computed: Option<(f64, Vec<RowLight>)> = None;
        for number in 0..self.bodies.len() {
            let lag_secs = self.bodies[number].lag_secs;
            let rows = match computed.take() {
                Some((lag, rows)) if lag.to_bits() == lag_secs.to_bits() => rows,
                _ => self.rows(at_secs - lag_secs, at_secs, shown),
            };
            self.bodies[number].rows.clone_from(&rows);
            computed = Some((lag_secs, rows));
        }
        self.buffers.draw(&self.optics, &self.bodies, &self.device_from_world);
        compose(&self.optics, &self.bodies, &self.buffers, self.ambient.colour, image);
    }

    /// Whether each pixel shows one of some bodies.
    pub(crate) fn mask(&self, bodies: Range<usize>) -> Vec<bool> {
        let shows = |number: &u32| crate::render::body_of(*number).is_some_and(|body| bodies.contains(&body));
        self.buffers.numbers.iter().map(shows).collect()
    }

    /// The light on each row: of the screen as it was at `screen_secs`, of the room at `room_secs`.
    fn rows(&self, screen_secs: f64, room_secs: f64, shown: &ScreenTimeline) -> Vec<RowLight> {
        let (exposure, readout) = (self.camera.exposure_ms / 1e3, self.camera.readout_ms / 1e3);
        let swing = self.flicker_swing();
        (0..self.optics.height)
            .map(|row| {
                let offset = row as f64 / self.optics.height as f64 * readout;
                let ScreenColours { top, bottom } =
                    shown.mean(screen_secs + offset - exposure, screen_secs + offset);
                let nit = |colour: [f32; 3]| crosstalk(colour).map(|share| share * self.screen_nit);
                let turns = self.camera.flicker_hz * (room_secs + offset - exposure / 2.0);
                #[expect(clippy::cast_possible_truncation, reason = "at most 2")]
                let ambient = (1.0 + swing * (std::f64::consts::TAU * turns.fract()).sin()) as f32;
                RowLight { top: nit(top), bottom: nit(bottom), ambient }
            })
            .collect()
    }

    /// How deep the mains flicker is after the exposure has averaged it.
    fn flicker_swing(&self) -> f64 {
        let phase = std::f64::consts::PI * self.camera.flicker_hz * self.camera.exposure_ms / 1e3;
        let averaged = if phase.abs() > 1e-6 { phase.sin() / phase } else { 1.0 };
        f64::from(self.camera.flicker_depth) * averaged
    }
}

fn crosstalk(colour: [f32; 3]) -> [f32; 3] {
    CROSSTALK.map(|row| row[0] * colour[0] + row[1] * colour[1] + row[2] * colour[2])
}
