//! Frames with what was measured drawn over them.

use std::path::{Path, PathBuf};

use font8x8::UnicodeFonts as _;
use image::{ExtendedColorType, ImageEncoder as _, codecs::png::PngEncoder};
use tiny_skia::{Color, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform};
use verilume_eval::FrameOutcome;
use verilume_frame::{Frame, Point2, RgbView, mesh};
use verilume_vision::{Attention, AttentionReason, EyeState, FaceObservation};

use crate::failure::{Failure, cannot_write};

/// Small frames are enlarged to at least this height, so that the drawing can be read. Pixels.
const MIN_HEIGHT: u32 = 576;
/// Drawn on every frame; open and closed differ in words too, not only in colour.
const OPEN: [u8; 3] = [0x3d, 0xd6, 0x8c];
const CLOSED: [u8; 3] = [0xff, 0xb2, 0x24];
const MESH: [u8; 3] = [0x9c, 0xd8, 0xff];
const GAZE: [u8; 3] = [0xff, 0x6b, 0xd6];

/// Writes one PNG a frame into a folder.
#[derive(Debug)]
pub(super) struct Annotator {
    folder: PathBuf,
    frame: u64,
}

impl Annotator {
    pub(super) fn create(folder: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
        Ok(Self { folder: folder.to_owned(), frame: 0 })
    }

    pub(super) fn draw(&mut self, frame: &Frame, outcome: &FrameOutcome) -> Result<(), Failure> {
        let mut canvas = Canvas::enlarged(frame.view());
        for (rank, face) in outcome.tracked.faces.iter().enumerate() {
            let attention = outcome.attention.filter(|_| rank == 0);
            canvas.face(face, attention);
        }
        let headline = format!("frame {}  {:.2} s", self.frame, frame.captured_at.as_secs());
        canvas.text(Point2::new(8.0, 8.0), &headline, [255; 3]);
        if let Some(live) = outcome.texture_live {
            canvas.text(Point2::new(8.0, 28.0), &format!("texture {live:.2}"), [255; 3]);
        }
        let path = self.folder.join(format!("frame_{:06}.png", self.frame));
        canvas.write(&path).map_err(|error| cannot_write(&path, &error))?;
        self.frame += 1;
        Ok(())
    }
}

/// A frame to draw on, in its own enlarged pixels; takes frame coordinates.
struct Canvas {
    pixmap: Pixmap,
    scale: f32,
}

impl Canvas {
    fn enlarged(image: RgbView<'_>) -> Self {
        let factor = MIN_HEIGHT.div_ceil(image.height()).max(1);
        let (width, height) = (image.width() * factor, image.height() * factor);
        let mut pixmap = Pixmap::new(width, height).expect("frames are neither empty nor too large");
        for (index, pixel) in pixmap.data_mut().as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let (x, y) = (index % width as usize, index / width as usize);
            let row = image.row(u32::try_from(y).unwrap_or(u32::MAX) / factor);
            let at = x / factor as usize * 3;
            *pixel = [row[at], row[at + 1], row[at + 2], 255];
        }
        Self { pixmap, scale: factor as f32 }
    }

    fn face(&mut self, face: &FaceObservation, attention: Option<Attention>) {
        let open = attention.is_some_and(|attention| attention.looking_at_camera);
        let colour = if open { OPEN } else { CLOSED };
        let outline: Vec<Point2> = mesh::FACE_OVAL.iter().map(|index| face.landmarks.at(*index)).collect();
        self.polyline(&outline, true, MESH, 1.2);
        for point in face.landmarks.points() {
            self.dot(point.xy(), MESH, 1.1);
        }
        face.eyes.both().for_each(|eye| self.eye(eye));
        self.gaze(face);
        let area = face.face_in_image;
        let corners = [
            Point2::new(area.x, area.y),
            Point2::new(area.right(), area.y),
            Point2::new(area.right(), area.bottom()),
            Point2::new(area.x, area.bottom()),
        ];
        self.polyline(&corners, true, colour, 2.5);
        let above = Point2::new(area.x * self.scale, (area.y * self.scale - 44.0).max(48.0));
        self.text(above, &format!("face {}  {}", face.id.get(), gate_in_words(attention)), colour);
        let angles = format!(
            "yaw {:+.0} pitch {:+.0}",
            face.pose.yaw_rad.to_degrees(),
            face.pose.pitch_rad.to_degrees()
        );
        self.text(Point2::new(above.x, above.y + 20.0), &angles, colour);
    }

    fn eye(&mut self, eye: &EyeState) {
        let contour = &eye.fit.contour;
        // Lower lid from the outer to the inner corner, upper lid back.
        let lids: Vec<Point2> = contour[..=8].iter().chain(contour[9..].iter().rev()).copied().collect();
        self.polyline(&lids, true, GAZE, 1.2);
        self.dot(eye.fit.iris_centre, GAZE, 2.5);
    }

    /// The gaze as an arrow from between the eyes; its length is the sine of the angle off the camera.
    fn gaze(&mut self, face: &FaceObservation) {
        let (right, left) =
            (face.landmarks.at(mesh::RIGHT_EYE_INNER), face.landmarks.at(mesh::LEFT_EYE_INNER));
        let from = right.midpoint(left);
        let length = face.face_in_image.width;
        let (leftwards, upwards) = (face.gaze.yaw_rad.sin() * length, face.gaze.pitch_rad.sin() * length);
        // The person's left is the image's right; gaze is in the head's upright axes.
        let (sin, cos) = face.pose.roll_rad.sin_cos();
        let to =
            Point2::new(from.x + cos * leftwards + sin * upwards, from.y + sin * leftwards - cos * upwards);
        self.polyline(&[from, to], false, GAZE, 3.0);
    }

    fn polyline(&mut self, points: &[Point2], closed: bool, colour: [u8; 3], width: f32) {
        let mut builder = PathBuilder::new();
        for (index, point) in points.iter().enumerate() {
            let (x, y) = (point.x * self.scale, point.y * self.scale);
            if index == 0 { builder.move_to(x, y) } else { builder.line_to(x, y) }
        }
        if closed {
            builder.close();
        }
        if let Some(path) = builder.finish() {
            let stroke = Stroke { width, ..Stroke::default() };
            self.pixmap.stroke_path(&path, &paint(colour), &stroke, Transform::identity(), None);
        }
    }

    fn dot(&mut self, point: Point2, colour: [u8; 3], radius: f32) {
        if let Some(path) = PathBuilder::from_circle(point.x * self.scale, point.y * self.scale, radius) {
            let fill = tiny_skia::FillRule::Winding;
            self.pixmap.fill_path(&path, &paint(colour), fill, Transform::identity(), None);
        }
    }

    /// Text on a dark strip, at a point of the enlarged image.
    fn text(&mut self, at: Point2, text: &str, colour: [u8; 3]) {
        const ZOOM: f32 = 2.0;
        let width = text.chars().count() as f32 * 8.0 * ZOOM;
        self.fill(Rect::from_xywh(at.x - 3.0, at.y - 2.0, width + 6.0, 8.0 * ZOOM + 4.0), [16; 3]);
        for (column, letter) in text.chars().enumerate() {
            let glyph = font8x8::BASIC_FONTS.get(letter).unwrap_or_default();
            for (row, bits) in glyph.into_iter().enumerate() {
                for bit in (0..8).filter(|bit| bits >> bit & 1 == 1) {
                    let x = at.x + (column * 8 + bit) as f32 * ZOOM;
                    self.fill(Rect::from_xywh(x, at.y + row as f32 * ZOOM, ZOOM, ZOOM), colour);
                }
            }
        }
    }

    fn fill(&mut self, rect: Option<Rect>, colour: [u8; 3]) {
        if let Some(rect) = rect {
            self.pixmap.fill_rect(rect, &paint(colour), Transform::identity(), None);
        }
    }

    fn write(&self, path: &Path) -> std::io::Result<()> {
        let rgb: Vec<u8> =
            self.pixmap.data().as_chunks::<4>().0.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect();
        let file = std::io::BufWriter::new(std::fs::File::create(path)?);
        PngEncoder::new(file)
            .write_image(&rgb, self.pixmap.width(), self.pixmap.height(), ExtendedColorType::Rgb8)
            .map_err(std::io::Error::other)
    }
}

fn paint([r, g, b]: [u8; 3]) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(Color::from_rgba8(r, g, b, 255));
    paint
}

fn gate_in_words(attention: Option<Attention>) -> &'static str {
    match attention.map(|attention| attention.reason) {
        None => "not the main face",
        Some(None) => "looks at the camera",
        Some(Some(AttentionReason::HeadTurnedAway)) => "head turned away",
        Some(Some(AttentionReason::LookingElsewhere)) => "looks elsewhere",
        Some(Some(AttentionReason::EyesShut)) => "eyes shut",
        Some(Some(_)) => "gate closed",
    }
}
