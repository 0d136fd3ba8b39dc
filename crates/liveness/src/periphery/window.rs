//! A second or two of a capture: points followed through it, light and change on the way.

use std::time::Duration;

use verilume_frame::{Point2, Rect, RgbView, Timestamp};
use verilume_vision::flow::{CornerConfig, FlowConfig, GreyImage, Pyramid, corners, follow};

use super::activity::Activity;
use super::banding::Bands;
use super::glass_streaks::Streaks;
use super::light::Light;
use super::outline::Outline;
use super::parallax::{Placed, parallax};
use super::planes::{Homography, Pair, rigid_rms};
use super::regions::{Region, Regions};
use super::relief::relief;
use super::tracks::{Motion, Track};
use crate::stats::{median, quantile};

/// Scales of the pyramid, as in the study of real captures.
const LEVELS: usize = 4;
/// Corners looked for in the face, the ring and the far periphery. Origin: as above.
const CORNERS: [(Region, usize); 3] = [(Region::Face, 120), (Region::Ring, 120), (Region::Far, 200)];
/// A window is at most this long, and no longer than this many frames. Origin: as above.
const LONGEST: Duration = Duration::from_millis(1600);
const MOST_FRAMES: usize = 40;
/// Fewer frames than this show no motion. Origin: as above, less two for slow cameras.
const LEAST_FRAMES: usize = 6;
/// A face box that overlaps the last one less than this (IoU) is another face or another place.
const SAME_PLACE_IOU: f32 = 0.3;

/// Points of one region, where they began and where they were in the frame of largest face motion.
#[derive(Debug, Clone, Default)]
pub(super) struct Followed {
    pub(super) face: Vec<Pair>,
    pub(super) ring: Vec<Pair>,
    pub(super) far: Vec<Pair>,
}

/// What a window showed. Distances in pixels of the reduced frame (its longer side at most 640).
#[derive(Debug, Clone)]
pub(super) struct Measured {
    /// The most that the face moved (median over its points), and the ring and the far periphery in any frame.
    pub(super) face_motion: f64,
    pub(super) ring_motion: f64,
    pub(super) far_motion: f64,
    /// Points that were followed to the end.
    pub(super) face_points: usize,
    pub(super) ring_points: usize,
    pub(super) far_points: usize,
    /// What one plane leaves over of the face; of face and ring; of everything.
    pub(super) face_residual: Option<f64>,
    pub(super) face_and_ring_residual: Option<f64>,
    pub(super) frame_residual: Option<f64>,
    /// What any rigid body leaves over of the face.
    pub(super) rigid_residual: Option<f64>,
    /// How far the ring and the far periphery are (median) from where the face's plane takes them.
    pub(super) ring_under_face: Option<f64>,
    pub(super) far_under_face: Option<f64>,
    /// How far the nearest quarter of the ring is, at most, from where the face's plane takes it.
    pub(super) nearest_ring_under_face: Option<f64>,
    /// Size of a head's relief in the motion of the face, root mean square over the window.
    pub(super) relief: Option<f64>,
    /// How far the face moved, root mean square over the window; and against what is around it.
    pub(super) own_motion: f64,
    pub(super) motion_against_surroundings: f64,
    /// How far what lies just beyond the person's outline shifted against the person, root mean square over the window.
    pub(super) outline_step: Option<f64>,
    /// Width of the face as a share of the frame's longer side.
    pub(super) face_share: f64,
    /// Light of the first frame.
    pub(super) light: Light,
    /// Change of the face from frame to frame, steps of 8 bits.
    pub(super) face_change: Option<f64>,
    /// ln of the highlights that went along with the face over those that stayed.
    pub(super) highlights_went_along: Option<f64>,
    /// ln of the strongest wave that rolls through the far periphery over that through the face.
    pub(super) far_over_face_bands: Option<f64>,
}

/// A window that is being filled.
pub(super) struct Window {
    regions: Regions,
    factor: u32,
    size: (u32, u32),
    face: Rect,
    began_at: Timestamp,
    last: Pyramid,
    points: Vec<(Region, Point2)>,
    /// How far each lies beyond the person's outline, face widths; `None` where that is not known.
    beyond: Vec<Option<f32>>,
    /// Where each point is, frame by frame; `None` from where it was lost.
    places: Vec<Vec<Option<Point2>>>,
    light: Light,
    activity: Activity,
    streaks: Streaks,
    bands: Bands,
}

impl Window {
    /// A window that begins with a frame. `factor`: pixels of the frame for one that is looked at, along a side.
    pub(super) fn begin(
        view: RgbView<'_>,
        captured_at: Timestamp,
        face: Rect,
        factor: u32,
        outline: Option<&Outline>,
    ) -> Self {
        let regions = Regions::around(shrunk(face, factor));
        let first = pyramid(view, factor);
        let mut points = Vec::new();
        for (region, count) in CORNERS {
            let wanted = |x: usize, y: usize| regions.at(x as f32, y as f32) == Some(region);
            let config = CornerConfig { count, ..CornerConfig::default() };
            points.extend(corners(first.base(), wanted, &config).into_iter().map(|point| (region, point)));
        }
        let width = first.base().width() as f32;
        let beyond = points.iter().map(|(_, point): &(_, Point2)| {
            let beyond = outline?.beyond(Point2::new(point.x / width, point.y / width))?;
            Some(beyond * width / regions.face_width())
        });
        let beyond = beyond.collect();
        let mut bands = Bands::default();
        bands.push(first.base(), &regions);
        Self {
            light: Light::of(view, &regions, factor),
            streaks: Streaks::begin(first.base(), &regions),
            bands,
            activity: Activity::begin(view, &regions, factor),
            places: vec![points.iter().map(|(_, point)| Some(*point)).collect()],
            size: (view.width(), view.height()),
            regions,
            factor,
            face,
            began_at: captured_at,
            last: first,
            points,
            beyond,
        }
    }

    /// Takes the next frame. False if it belongs to no window that began like this one; it was not taken then.
    pub(super) fn push(&mut self, view: RgbView<'_>, captured_at: Timestamp, face: Rect) -> bool {
        let full = self.places.len() >= MOST_FRAMES || captured_at - self.began_at > LONGEST;
        let elsewhere = face.iou(self.face) < SAME_PLACE_IOU;
        if full || elsewhere || self.size != (view.width(), view.height()) {
            return false;
        }
        self.face = face;
        let next = pyramid(view, self.factor);
        self.follow_to(&next);
        self.streaks.push(next.base(), self.face_shift());
        self.bands.push(next.base(), &self.regions);
        self.last = next;
        self.activity.push(view);
        true
    }

    fn follow_to(&mut self, next: &Pyramid) {
        let Some(before) = self.places.last() else { return };
        let alive: Vec<Point2> = before.iter().flatten().copied().collect();
        let mut found = follow(&self.last, next, &alive, &FlowConfig::default()).into_iter();
        let now = before.iter().map(|place| place.and_then(|_| found.next().flatten())).collect();
        self.places.push(now);
    }

    /// How the face has moved since the window began: the median over its points.
    fn face_shift(&self) -> Point2 {
        let last = self.places.last().map_or(&[][..], Vec::as_slice);
        let moved = self.points.iter().zip(last).filter(|((region, _), _)| *region == Region::Face);
        let moved = moved.filter_map(|((_, from), to)| to.map(|to| (to.x - from.x, to.y - from.y)));
        let (mut right, mut down): (Vec<f64>, Vec<f64>) =
            moved.map(|(right, down)| (f64::from(right), f64::from(down))).unzip();
        #[expect(clippy::cast_possible_truncation, reason = "pixels of a frame")]
        let middle = |values: &mut Vec<f64>| median(values).unwrap_or(0.0) as f32;
        Point2::new(middle(&mut right), middle(&mut down))
    }

    /// What the window showed; `None` if it is too short.
    pub(super) fn finish(self) -> Option<Measured> {
        if self.places.len() < LEAST_FRAMES {
            return None;
        }
        let motion = |region: Region| self.motion(region);
        let face_motion = motion(Region::Face);
        let most = |course: &[f64]| course.iter().copied().fold(0.0, f64::max);
        let furthest = (0..face_motion.len()).max_by(|a, b| face_motion[*a].total_cmp(&face_motion[*b]))?;
        let Followed { face, ring, far } = self.followed_to(furthest);
        let face_plane = Homography::fitted(&face);
        let tracks = self.tracks(|region| region == Region::Face);
        let around = self.tracks(|region| region != Region::Face);
        let motion_of_face = Motion::of(&tracks, &around);
        let one_plane = |parts: &[&[Pair]]| {
            let pairs = parts.concat();
            Homography::fitted(&pairs).map(|plane| plane.rms(&pairs))
        };
        let under_face = |pairs: &[Pair], share: f64| {
            let enough = pairs.len() >= LEAST_UNDER_FACE;
            face_plane.filter(|_| enough).and_then(|plane| quantile(&mut plane.distances(pairs), share))
        };
        Some(Measured {
            face_motion: most(&face_motion),
            ring_motion: most(&motion(Region::Ring)),
            far_motion: most(&motion(Region::Far)),
            face_points: face.len(),
            ring_points: ring.len(),
            far_points: far.len(),
            face_residual: face_plane.map(|plane| plane.rms(&face)),
            face_and_ring_residual: one_plane(&[&face, &ring]),
            frame_residual: one_plane(&[&face, &ring, &far]),
            rigid_residual: rigid_rms(&face),
            ring_under_face: under_face(&ring, 0.5),
            far_under_face: under_face(&far, 0.5),
            nearest_ring_under_face: under_face(&ring, 0.25),
            relief: relief(&tracks, self.regions.centre(), self.regions.face_width()),
            own_motion: motion_of_face.own,
            motion_against_surroundings: motion_of_face.against,
            outline_step: parallax(&self.placed(), self.regions.centre(), self.regions.face_width()),
            face_share: f64::from(self.regions.face_width()) / self.longer_side(),
            light: self.light,
            face_change: self.activity.of(Region::Face),
            highlights_went_along: self.streaks.went_along(),
            far_over_face_bands: self.bands.far_over_face(),
        })
    }

    /// The median distance of a region's points from where they began, frame by frame; 0 without points.
    fn motion(&self, region: Region) -> Vec<f64> {
        let kept: Vec<usize> = self.kept().filter(|at| self.points[*at].0 == region).collect();
        let moved = |places: &Vec<Option<Point2>>| {
            let distance =
                |at: &usize| places[*at].map(|place| f64::from(place.distance(self.points[*at].1)));
            median(&mut kept.iter().filter_map(distance).collect::<Vec<_>>()).unwrap_or(0.0)
        };
        self.places.iter().map(moved).collect()
    }

    /// The points that were followed to the end.
    fn kept(&self) -> impl Iterator<Item = usize> + '_ {
        let last = self.places.last().map_or(&[][..], Vec::as_slice);
        last.iter().enumerate().filter_map(|(at, place)| place.map(|_| at))
    }

    fn followed_to(&self, frame: usize) -> Followed {
        let mut followed = Followed::default();
        for at in self.kept() {
            let (region, from) = self.points[at];
            let Some(to) = self.places[frame][at] else { continue };
            match region {
                Region::Face => followed.face.push((from, to)),
                Region::Ring => followed.ring.push((from, to)),
                Region::Far => followed.far.push((from, to)),
            }
        }
        followed
    }

    /// The places in all frames of the points that were followed to the end, of some regions.
    fn tracks(&self, wanted: impl Fn(Region) -> bool) -> Vec<Track> {
        self.kept().filter(|at| wanted(self.points[*at].0)).map(|at| self.track(at)).collect()
    }

    /// The same of all points with a place by the person's outline.
    fn placed(&self) -> Vec<Placed> {
        self.kept().filter_map(|at| Some((self.track(at), self.beyond[at]?))).collect()
    }

    fn track(&self, at: usize) -> Track {
        self.places.iter().filter_map(|places| places[at]).collect()
    }

    /// Of the reduced frame, pixels.
    fn longer_side(&self) -> f64 {
        self.image().width().max(self.image().height()) as f64
    }

    /// The last frame, reduced.
    pub(super) fn image(&self) -> &GreyImage {
        self.last.base()
    }

    /// The regions around the face where the window began.
    pub(super) fn regions(&self) -> &Regions {
        &self.regions
    }
}

/// The least points of a region for a median of theirs to mean something. Origin: the study of real captures.
const LEAST_UNDER_FACE: usize = 6;

fn pyramid(view: RgbView<'_>, factor: u32) -> Pyramid {
    Pyramid::of(GreyImage::reduced(view, factor), LEVELS)
}

fn shrunk(face: Rect, factor: u32) -> Rect {
    let factor = factor as f32;
    Rect::new(face.x / factor, face.y / factor, face.width / factor, face.height / factor)
}
