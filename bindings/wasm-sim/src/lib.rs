//! A simulated camera before a simulated person or attack, for the demo and for tests in a browser.
//!
//! A [`SimulatedCamera`] is told what the screen shows and gives the frames that a camera would: convert, call, convert.
//! Nothing that it yields is a person.

mod options;

use std::time::Duration;

use js_sys::Error;
use verilume_frame::{Timestamp, linear_from_srgb};
use verilume_sim::{Heads, Scenario, ScreenColours, ScreenTimeline, Session, Species};
use wasm_bindgen::prelude::*;

use options::Options;

#[wasm_bindgen]
extern "C" {
    /// Who or what is before the camera.
    #[wasm_bindgen(typescript_type = "SimulatedCameraOptions")]
    pub type SimulatedCameraOptions;
}

/// A simulated camera. Times are milliseconds from its beginning.
#[wasm_bindgen]
pub struct SimulatedCamera {
    session: Session,
    shown: ScreenTimeline,
    width: u32,
    height: u32,
}

#[wasm_bindgen]
impl SimulatedCamera {
    /// A camera before the screen, which is dark. `heads` are the bytes of `heads.bin`.
    #[wasm_bindgen(constructor)]
    pub fn new(heads: &[u8], options: SimulatedCameraOptions) -> Result<Self, JsValue> {
        let options: Options = serde_wasm_bindgen::from_value(options.into()).map_err(wrong)?;
        let heads = Heads::read(heads).map_err(wrong)?;
        let (limits, seed) = options.limits().map_err(|problem| Error::new(&problem))?;
        let mut scenario = Scenario::random(seed, &limits);
        scenario.camera.width = options.width_px.unwrap_or(scenario.camera.width);
        scenario.camera.height = options.height_px.unwrap_or(scenario.camera.height);
        Ok(Self {
            session: Session::new(&heads, &scenario, seed),
            shown: ScreenTimeline::new(ScreenColours::uniform([0.0; 3])),
            width: scenario.camera.width,
            height: scenario.camera.height,
        })
    }

    /// From `at_ms` on the screen fades to these colours, sRGB: red, green and blue of the upper half and of the lower
    /// one. Colours come in order of time.
    pub fn show(&mut self, colours: &[u8], fade_ms: f64, at_ms: f64) -> Result<(), JsValue> {
        let Ok(colours) = <[u8; 6]>::try_from(colours) else {
            return Err(Error::new("colours are six bytes: three of each half").into());
        };
        let [a, b, c, d, e, f] = colours.map(linear_from_srgb);
        let fade = Duration::try_from_secs_f64(fade_ms / 1e3).unwrap_or_default();
        let colours = ScreenColours { top: [a, b, c], bottom: [d, e, f] };
        self.shown.fade_to(Timestamp::from_secs(at_ms / 1e3), fade, colours);
        Ok(())
    }

    /// When the next frame arrives. Everything that is shown until then has to be told before it is fetched.
    #[wasm_bindgen(js_name = nextFrameAtMs)]
    pub fn next_frame_at_ms(&self) -> f64 {
        self.session.next_frame_at().as_millis()
    }

    /// The next frame: rows of red, green, blue and opacity.
    #[wasm_bindgen(js_name = nextFrame)]
    pub fn next_frame(&mut self) -> wasm_bindgen::Clamped<Vec<u8>> {
        let taken = self.session.next_frame(&self.shown);
        let image = &taken.frame.image;
        (self.width, self.height) = (image.width(), image.height());
        let (pixels, _) = image.pixels().as_chunks::<3>();
        wasm_bindgen::Clamped(pixels.iter().flat_map(|[r, g, b]| [*r, *g, *b, u8::MAX]).collect())
    }

    /// Lets the next frame go by unseen, as a camera does whose frames are fetched too slowly.
    #[wasm_bindgen(js_name = passOver)]
    pub fn pass_over(&mut self) {
        self.session.pass_over();
    }

    /// Width of the frames, pixels.
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height of the frames, pixels.
    #[wasm_bindgen(getter)]
    pub fn height(&self) -> u32 {
        self.height
    }
}

/// The names of everything that can be before the camera.
#[wasm_bindgen]
pub fn species() -> Vec<String> {
    Species::ALL.iter().map(|species| species.name().to_owned()).collect()
}

fn wrong(cause: impl std::error::Error) -> JsValue {
    Error::new(&cause.to_string()).into()
}
