//! What requests and answers about those who are enrolled are made of, for the description.

use utoipa::ToSchema;

/// A face list or a group, made or changed.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of what requests hold")]
pub(super) struct CollectionChange {
    /// 1 to 128 characters.
    #[schema(min_length = 1, max_length = 128)]
    name: Option<String>,
    /// Notes, 16 KB at most.
    user_data: Option<String>,
    /// `recognition_01` to `recognition_04`; faces that are searched for must have been detected with the same.
    recognition_model: Option<String>,
    /// People of the directory to add, in a dynamic group.
    add_person_ids: Option<Vec<String>>,
    /// People to take out of a dynamic group.
    remove_person_ids: Option<Vec<String>>,
}

/// A face list or a group. Its id is in the field of its kind.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of an answer that is put together")]
pub(super) struct Collection {
    face_list_id: Option<String>,
    large_face_list_id: Option<String>,
    person_group_id: Option<String>,
    large_person_group_id: Option<String>,
    dynamic_person_group_id: Option<String>,
    name: String,
    user_data: Option<String>,
    /// If it was asked for.
    recognition_model: Option<String>,
    /// Of a face list.
    persisted_faces: Option<Vec<PersistedFace>>,
}

/// A face that is enrolled.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of an answer that is put together")]
pub(super) struct PersistedFace {
    persisted_face_id: String,
    user_data: Option<String>,
}

/// A person's name and notes.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of what requests hold")]
pub(super) struct PersonChange {
    /// 1 to 128 characters.
    #[schema(min_length = 1, max_length = 128)]
    name: Option<String>,
    /// Notes, 16 KB at most.
    user_data: Option<String>,
}

/// A person who is enrolled.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of an answer that is put together")]
pub(super) struct Person {
    person_id: String,
    name: Option<String>,
    user_data: Option<String>,
    /// Not in the directory.
    persisted_face_ids: Option<Vec<String>>,
}

/// Notes beside a face, 1 KB at most.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of what requests hold")]
pub(super) struct FaceChange {
    user_data: Option<String>,
}

/// Where a training stands.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of an answer that is put together")]
pub(super) struct Training {
    /// `running`, `succeeded` or `failed`.
    status: String,
    created_date_time: String,
    last_action_date_time: String,
    last_successful_training_date_time: Option<String>,
    message: Option<String>,
}

/// An operation of the person directory.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of an answer that is put together")]
pub(super) struct EndedOperation {
    operation_id: String,
    /// `succeeded`: an operation is over before it is answered.
    status: String,
    created_time: String,
    last_action_time: String,
    finished_time: String,
}

/// Whom to find among whom.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of what requests hold")]
pub(super) struct IdentifyRequest {
    /// 1 to 10 faces of `detect`.
    #[schema(min_items = 1, max_items = 10)]
    face_ids: Vec<String>,
    person_group_id: Option<String>,
    large_person_group_id: Option<String>,
    /// Previews and v1.3.
    dynamic_person_group_id: Option<String>,
    /// Previews and v1.3: 1 to 30 people of the directory, or `*`.
    person_ids: Option<Vec<String>>,
    #[schema(minimum = 1, maximum = 100, default = 10)]
    max_num_of_candidates_returned: Option<u32>,
    #[schema(minimum = 0, maximum = 1, default = 0.5)]
    confidence_threshold: Option<f64>,
}

/// Who a face may be.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of an answer that is put together")]
pub(super) struct IdentifyAnswer {
    face_id: String,
    /// The likeliest first; nobody if nobody reaches the threshold.
    candidates: Vec<IdentifyCandidate>,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of an answer that is put together")]
pub(super) struct IdentifyCandidate {
    person_id: String,
    /// -log10 of the rate of false matches of one comparison, over 10. Among N people there are N comparisons.
    confidence: f64,
    /// The most that the calibration's data support.
    supported_confidence: f64,
}

/// Which faces look like one.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of what requests hold")]
pub(super) struct FindSimilarRequest {
    face_id: String,
    face_list_id: Option<String>,
    large_face_list_id: Option<String>,
    /// 1 to 1000 faces of `detect`, in the place of a list.
    face_ids: Option<Vec<String>>,
    #[schema(minimum = 1, maximum = 1000, default = 20)]
    max_num_of_candidates_returned: Option<u32>,
    /// `matchPerson`, the default, or `matchFace`.
    mode: Option<String>,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of an answer that is put together")]
pub(super) struct SimilarFace {
    face_id: Option<String>,
    persisted_face_id: Option<String>,
    confidence: f64,
    supported_confidence: f64,
}

/// Which faces are of one person.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of what requests hold")]
pub(super) struct GroupRequest {
    /// 2 to 1000 faces of `detect`.
    #[schema(min_items = 2, max_items = 1000)]
    face_ids: Vec<String>,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of an answer that is put together")]
pub(super) struct GroupAnswer {
    /// The largest first.
    groups: Vec<Vec<String>>,
    /// Those that are like no other.
    messy_group: Vec<String>,
}
