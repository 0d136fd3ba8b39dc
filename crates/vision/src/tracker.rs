//! The face tracker: fed every frame, it decides by itself when to search and when to follow.

use std::sync::Arc;
use std::time::Duration;

use verilume_frame::{FaceLandmarks, Point2, Rect, RgbView, Timestamp};

use crate::eyes::roll_of_eye_line;
use crate::models::{DetectFaces, FaceDetection, FaceModels, MeshFit, ModelError};
use crate::{
    EyeConfig, Eyes, FaceId, FaceObservation, FaceQuality, Gaze, GazeConfig, HeadPose, MouthConfig,
    MouthVisibility, SquareRoi, TrackedFrame,
};

/// Side of the mesh's region in face sizes: what the mesh network was trained with.
const MESH_ROI_FACES: f32 = 1.5;
/// Detections in overlapping parts of a frame that overlap more than this (IoU) are one face.
const SAME_DETECTION_IOU: f32 = 0.3;

/// How faces are followed and measured.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrackerConfig {
    /// At most this many faces are followed, the largest first. 1..=100.
    pub max_faces: usize,
    /// While every face is followed, the detector looks for new ones this often; while there is none, it looks more
    /// closely this often. Origin: a second face must be noticed
    /// within one flash sequence; at 14 ms a search costs 3 % of a core.
    pub search_every: Duration,
    /// Whether a search looks closer, at the parts of the frame, also when the whole shows faces: for stills, where small
    /// faces beside a large one matter and no frame waits. Default: only when the whole shows none.
    pub always_looks_closer: bool,
    /// A mesh below this confidence is lost. 0..=1; the value the mesh network was published with.
    pub min_presence: f32,
    /// A face that reappears in the same place within this time keeps its number.
    pub remember_for: Duration,
    /// Boxes that overlap more than this (IoU) are the same face. 0..=1.
    pub same_face_iou: f32,
    /// How eyes are measured.
    pub eyes: EyeConfig,
    /// Eyes are refined one after the other, at most one in this time, and meanwhile are as they were: for devices on which
    /// a frame takes long. `None` refines both in every frame. Both irises are half of the work of a frame.
    pub eyes_in_turn_every: Option<Duration>,
    /// When an iris is trusted.
    pub gaze: GazeConfig,
    /// When a mouth is covered.
    pub mouth: MouthConfig,
}

impl Default for TrackerConfig {
    fn default() -> Self {
        Self {
            max_faces: 4,
            search_every: Duration::from_secs(1),
            always_looks_closer: false,
            min_presence: 0.5,
            remember_for: Duration::from_secs(1),
            same_face_iou: 0.3,
            eyes: EyeConfig::default(),
            eyes_in_turn_every: None,
            gaze: GazeConfig::default(),
            mouth: MouthConfig::default(),
        }
    }
}

/// Follows faces through a capture. One tracker per capture; the networks are shared.
#[derive(Debug)]
pub struct FaceTracker {
    models: Arc<FaceModels>,
    config: TrackerConfig,
    tracks: Vec<Track>,
    lost: Vec<LostTrack>,
    faces_detected: usize,
    searched_at: Option<Timestamp>,
    next_id: u32,
}

#[derive(Debug)]
struct Track {
    id: FaceId,
    fit: MeshFit,
    /// The detector's box in units of the mesh's box: centre offset and size. Carries the detector's framing along.
    detector_from_mesh: Rect,
    /// Both eyes of the last frame.
    eyes: Option<Eyes>,
    /// When an eye was refined last, and whether the left one is next, where they are refined in turn.
    eye_refined_at: Timestamp,
    is_left_next: bool,
}

#[derive(Debug)]
struct LostTrack {
    id: FaceId,
    face_in_image: Rect,
    lost_at: Timestamp,
}

impl FaceTracker {
    /// A tracker that has seen nothing.
    pub fn new(models: Arc<FaceModels>, config: TrackerConfig) -> Self {
        Self {
            models,
            config,
            tracks: Vec::new(),
            lost: Vec::new(),
            faces_detected: 0,
            searched_at: None,
            next_id: 1,
        }
    }

    /// Takes the next frame; call it with every frame, in order of time.
    pub fn update(&mut self, image: RgbView<'_>, captured_at: Timestamp) -> Result<TrackedFrame, ModelError> {
        self.advance(image, captured_at)?;
        let mut tracks = std::mem::take(&mut self.tracks);
        let faces = tracks
            .iter_mut()
            .map(|track| self.observe(image, captured_at, track))
            .collect::<Result<Vec<_>, _>>();
        self.tracks = tracks;
        let mut faces = faces?;
        faces.sort_by(|a, b| b.face_in_image.area().total_cmp(&a.face_in_image.area()));
        Ok(TrackedFrame { captured_at, faces_detected: self.faces_detected.max(self.tracks.len()), faces })
    }

    /// Takes the next frame like [`Self::update`], without measuring anything: the number and mesh of the largest face.
    /// For parts of a capture in which only the mesh matters; the two calls may be mixed.
    pub fn locate(
        &mut self,
        image: RgbView<'_>,
        captured_at: Timestamp,
    ) -> Result<Option<(FaceId, &FaceLandmarks)>, ModelError> {
        self.advance(image, captured_at)?;
        let area = |track: &Track| track.fit.landmarks.bounds().area();
        let largest = self.tracks.iter().max_by(|a, b| area(a).total_cmp(&area(b)));
        Ok(largest.map(|track| (track.id, &track.fit.landmarks)))
    }

    fn advance(&mut self, image: RgbView<'_>, captured_at: Timestamp) -> Result<(), ModelError> {
        self.follow(image, captured_at)?;
        if self.must_search(captured_at) {
            self.search(image, captured_at)?;
        }
        Ok(())
    }

    /// Fits each followed face again, starting from where it was.
    fn follow(&mut self, image: RgbView<'_>, captured_at: Timestamp) -> Result<(), ModelError> {
        for mut track in std::mem::take(&mut self.tracks) {
            let last_box = track.fit.landmarks.bounds();
            track.fit = self.models.mesh.fit(image, mesh_roi(&track.fit.landmarks))?;
            let is_face = track.fit.presence >= self.config.min_presence;
            let collides =
                self.tracks.iter().any(|other| same_face(&self.config, other, &track.fit.landmarks));
            if is_face && !collides && visible_in(image, &track.fit.landmarks) {
                self.tracks.push(track);
            } else if !collides {
                self.lost.push(LostTrack { id: track.id, face_in_image: last_box, lost_at: captured_at });
            }
        }
        self.lost.retain(|lost| captured_at - lost.lost_at <= self.config.remember_for);
        Ok(())
    }

    fn must_search(&self, now: Timestamp) -> bool {
        let missing = self.tracks.is_empty() || self.lost.iter().any(|lost| lost.lost_at == now);
        missing || self.is_search_due(now)
    }

    fn is_search_due(&self, now: Timestamp) -> bool {
        self.searched_at.is_none_or(|searched_at| now - searched_at >= self.config.search_every)
    }

    /// Looks for faces that are not followed yet: in the whole frame, and, when that shows none, now and then closer.
    fn search(&mut self, image: RgbView<'_>, captured_at: Timestamp) -> Result<(), ModelError> {
        let due = self.is_search_due(captured_at);
        let mut detections = self.models.detector.detect(image)?;
        if due && (detections.is_empty() || self.config.always_looks_closer) {
            detections.extend(search_closer(&*self.models.detector, image)?);
        }
        if due {
            self.searched_at = Some(captured_at);
        }
        self.faces_detected = detections.len();
        detections.sort_by(|a, b| b.face_in_image.area().total_cmp(&a.face_in_image.area()));
        for detection in detections {
            if let Some(track) = self.tracks.iter_mut().find(|track| {
                track.fit.landmarks.bounds().iou(detection.face_in_image) > self.config.same_face_iou
            }) {
                track.detector_from_mesh = relative(detection.face_in_image, track.fit.landmarks.bounds());
            } else if self.tracks.len() < self.config.max_faces {
                self.acquire(image, &detection)?;
            }
        }
        Ok(())
    }

    /// Fits the mesh twice: the second time from the first mesh, which frames the face better than the detector.
    fn acquire(&mut self, image: RgbView<'_>, detection: &FaceDetection) -> Result<(), ModelError> {
        let coarse = self.models.mesh.fit(image, detection_roi(detection))?;
        if coarse.presence < self.config.min_presence {
            return Ok(());
        }
        let fit = self.models.mesh.fit(image, mesh_roi(&coarse.landmarks))?;
        let known = self.tracks.iter().any(|other| same_face(&self.config, other, &fit.landmarks));
        if fit.presence < self.config.min_presence || known || !visible_in(image, &fit.landmarks) {
            return Ok(());
        }
        let face_in_image = fit.landmarks.bounds();
        let id = self.id_for(face_in_image);
        self.tracks.push(Track {
            id,
            fit,
            detector_from_mesh: relative(detection.face_in_image, face_in_image),
            eyes: None,
            eye_refined_at: Timestamp::default(),
            is_left_next: false,
        });
        Ok(())
    }

    fn id_for(&mut self, face_in_image: Rect) -> FaceId {
        let returned = self
            .lost
            .iter()
            .position(|lost| lost.face_in_image.iou(face_in_image) > self.config.same_face_iou);
        if let Some(index) = returned {
            return self.lost.swap_remove(index).id;
        }
        let id = FaceId(self.next_id);
        self.next_id += 1;
        id
    }

    fn observe(
        &self,
        image: RgbView<'_>,
        captured_at: Timestamp,
        track: &mut Track,
    ) -> Result<FaceObservation, ModelError> {
        let landmarks = track.fit.landmarks.clone();
        let face_in_image = landmarks.bounds();
        let eyes = self.eyes(image, captured_at, track)?;
        let pose = HeadPose::from_landmarks(&landmarks);
        Ok(FaceObservation {
            id: track.id,
            face_in_image,
            detector_box_in_image: absolute(track.detector_from_mesh, face_in_image),
            presence: track.fit.presence,
            gaze: Gaze::estimate(&eyes, pose, &self.config.gaze),
            mouth: MouthVisibility::measure(image, &landmarks, &self.config.mouth),
            quality: FaceQuality::measure(image, &landmarks),
            eyes,
            pose,
            landmarks,
        })
    }

    /// Both eyes: refined in this frame, or, where they take turns, at least one as an earlier frame showed it.
    fn eyes(
        &self,
        image: RgbView<'_>,
        captured_at: Timestamp,
        track: &mut Track,
    ) -> Result<Eyes, ModelError> {
        let (iris, landmarks, config) = (&*self.models.iris, &track.fit.landmarks, &self.config.eyes);
        let Some(every) = self.config.eyes_in_turn_every else {
            return Eyes::measure(iris, image, landmarks, config);
        };
        let eyes = match track.eyes.take() {
            None => Eyes::measure(iris, image, landmarks, config)?,
            Some(before) if captured_at - track.eye_refined_at < every => {
                track.eyes = Some(before.clone());
                return Ok(before);
            }
            Some(before) if track.is_left_next => before.with_left(iris, image, landmarks, config)?,
            Some(before) => before.with_right(iris, image, landmarks, config)?,
        };
        track.is_left_next = !track.is_left_next;
        track.eye_refined_at = captured_at;
        track.eyes = Some(eyes.clone());
        Ok(eyes)
    }
}

/// Looks at nine overlapping parts, each half as wide and high as the frame: the detector sees faces there that are too
/// small for it in the whole.
fn search_closer(detector: &dyn DetectFaces, image: RgbView<'_>) -> Result<Vec<FaceDetection>, ModelError> {
    let mut found: Vec<FaceDetection> = Vec::new();
    let (width, height) = (image.width() / 2, image.height() / 2);
    for part in 0..9 {
        let (x, y) = (part % 3 * width / 2, part / 3 * height / 2);
        let Some(view) = image.part(x, y, width, height) else { continue };
        for detection in detector.detect(view)? {
            let detection = detection.moved_by(Point2::new(x as f32, y as f32));
            let known =
                |other: &FaceDetection| other.face_in_image.iou(detection.face_in_image) > SAME_DETECTION_IOU;
            if !found.iter().any(known) {
                found.push(detection);
            }
        }
    }
    Ok(found)
}

fn same_face(config: &TrackerConfig, track: &Track, landmarks: &FaceLandmarks) -> bool {
    track.fit.landmarks.bounds().iou(landmarks.bounds()) > config.same_face_iou
}

/// Whether the middle of the face is inside the frame, and the mesh is made of numbers.
fn visible_in(image: RgbView<'_>, landmarks: &FaceLandmarks) -> bool {
    let (frame, centre) = (image.bounds(), landmarks.bounds().centre());
    (0.0..frame.width).contains(&centre.x) && (0.0..frame.height).contains(&centre.y)
}

fn detection_roi(detection: &FaceDetection) -> SquareRoi {
    let (right, left) = (detection.right_eye, detection.left_eye);
    let face = detection.face_in_image;
    let roll_rad = (left.y - right.y).atan2(left.x - right.x);
    SquareRoi::new(face.centre(), face.width.max(face.height) * MESH_ROI_FACES, roll_rad)
}

/// The region around a mesh, measured in the mesh's own upright frame so that a tilted head doesn't enlarge it.
fn mesh_roi(landmarks: &FaceLandmarks) -> SquareRoi {
    let roll_rad = roll_of_eye_line(landmarks);
    let upright = SquareRoi::new(landmarks.bounds().centre(), 1.0, roll_rad);
    let unit = landmarks.points().iter().map(|point| upright.unit_from_image(point.xy()));
    let face = Rect::bounding(unit).unwrap_or_default();
    let centre = upright.image_from_unit(face.centre());
    SquareRoi::new(centre, face.width.max(face.height) * MESH_ROI_FACES, roll_rad)
}

/// `inner` in units of `outer`: the offset of its centre, and its size.
fn relative(inner: Rect, outer: Rect) -> Rect {
    let (a, b) = (inner.centre(), outer.centre());
    let (width, height) = (outer.width.max(1.0), outer.height.max(1.0));
    Rect::new((a.x - b.x) / width, (a.y - b.y) / height, inner.width / width, inner.height / height)
}

fn absolute(relative: Rect, outer: Rect) -> Rect {
    let centre = outer.centre();
    let at = Point2::new(centre.x + relative.x * outer.width, centre.y + relative.y * outer.height);
    Rect::around(at, relative.width * outer.width, relative.height * outer.height)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use verilume_frame::{MESH_POINT_COUNT, Point3, RgbImage, mesh};

    use super::*;
    use crate::models::{EYE_CONTOUR_POINT_COUNT, FitMesh, IrisFit, RefineEye};

    /// One face in the middle of the frame, and a word on every eye that is refined.
    struct Face {
        refined: Arc<Mutex<Vec<&'static str>>>,
    }

    impl DetectFaces for Face {
        fn detect(&self, _image: RgbView<'_>) -> Result<Vec<FaceDetection>, ModelError> {
            let (right_eye, left_eye) = (Point2::new(40.0, 40.0), Point2::new(60.0, 40.0));
            let face_in_image = Rect::new(20.0, 20.0, 60.0, 60.0);
            Ok(vec![FaceDetection { face_in_image, score: 1.0, right_eye, left_eye }])
        }
    }

    impl FitMesh for Face {
        fn fit(&self, _image: RgbView<'_>, _face_roi: SquareRoi) -> Result<MeshFit, ModelError> {
            let turn =
                |index: usize| (index as f32 / MESH_POINT_COUNT as f32 * std::f32::consts::TAU).sin_cos();
            let mut points: Vec<Point3> = (0..MESH_POINT_COUNT)
                .map(|index| Point3::new(50.0 + 30.0 * turn(index).0, 50.0 + 30.0 * turn(index).1, 0.0))
                .collect();
            let eyes =
                [mesh::RIGHT_EYE_OUTER, mesh::RIGHT_EYE_INNER, mesh::LEFT_EYE_INNER, mesh::LEFT_EYE_OUTER];
            for (index, x) in eyes.into_iter().zip([32.0, 46.0, 54.0, 68.0]) {
                points[index] = Point3::new(x, 40.0, 0.0);
            }
            Ok(MeshFit { landmarks: FaceLandmarks::new(points).unwrap(), presence: 1.0 })
        }
    }

    impl RefineEye for Face {
        fn refine(&self, _image: RgbView<'_>, eye_roi: SquareRoi) -> Result<IrisFit, ModelError> {
            self.refined.lock().unwrap().push(if eye_roi.mirrored { "left" } else { "right" });
            let contour = std::array::from_fn::<_, EYE_CONTOUR_POINT_COUNT, _>(|index| {
                Point2::new(eye_roi.centre.x + 7.0 - index as f32, eye_roi.centre.y)
            });
            Ok(IrisFit { contour, iris_centre: eye_roi.centre, iris_diameter_px: 6.0 })
        }
    }

    /// Four frames, 33 ms apart.
    #[track_caller]
    fn check(eyes_in_turn_every: Option<Duration>, expected: &[&str]) {
        let refined = Arc::new(Mutex::new(Vec::new()));
        let face = || Face { refined: Arc::clone(&refined) };
        let models =
            FaceModels { detector: Box::new(face()), mesh: Box::new(face()), iris: Box::new(face()) };
        let config = TrackerConfig { eyes_in_turn_every, ..TrackerConfig::default() };
        let mut tracker = FaceTracker::new(Arc::new(models), config);
        let image = RgbImage::filled(100, 100, [90; 3]).unwrap();
        for frame in 0..4 {
            let tracked = tracker.update(image.view(), Timestamp::from_millis(1000 + frame * 33)).unwrap();
            assert_eq!(
                tracked.primary().unwrap().eyes.both().count(),
                2,
                "both eyes are known in every frame"
            );
        }
        assert_eq!(*refined.lock().unwrap(), expected);
    }

    #[test]
    fn every_eye_is_refined_in_every_frame() {
        check(None, &["right", "left", "right", "left", "right", "left", "right", "left"]);
    }

    #[test]
    fn eyes_in_turn_are_refined_one_a_frame_after_the_first() {
        check(Some(Duration::ZERO), &["right", "left", "left", "right", "left"]);
    }

    #[test]
    fn eyes_in_turn_can_pass_over_frames() {
        check(Some(Duration::from_millis(60)), &["right", "left", "left"]);
    }
}
