"""The Face API and Analyze Image on still pictures, through Azure's own Python clients, unmodified."""

import io
import sys
import uuid
from pathlib import Path

from azure.ai.vision.face import FaceClient, FaceSessionClient
from azure.ai.vision.face.models import (
    CreateLivenessWithVerifySessionContent,
    FaceAttributeTypeDetection03,
    FaceAttributeTypeRecognition04,
    FaceDetectionModel,
    FaceRecognitionModel,
    LivenessOperationMode,
    QualityForRecognition,
)
from azure.cognitiveservices.vision.computervision import ComputerVisionClient
from azure.cognitiveservices.vision.computervision.models import (
    ComputerVisionErrorResponseException,
    VisualFeatureTypes,
)
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from msrest.authentication import CognitiveServicesCredentials

endpoint, key, media = sys.argv[1:4]
obama, biden, astronaut = ((Path(media) / name).read_bytes() for name in ("obama.jpg", "biden.jpg", "astronaut.png"))


def refused(code, call):
    try:
        call()
    except HttpResponseError as error:
        assert error.error.code == code, error
    else:
        raise AssertionError(f"{code} was expected")


with FaceClient(endpoint, AzureKeyCredential(key)) as client:

    def detect(picture, **more):
        return client.detect(
            picture,
            detection_model=FaceDetectionModel.DETECTION03,
            recognition_model=FaceRecognitionModel.RECOGNITION04,
            **{"return_face_id": True, **more},
        )

    [face] = detect(
        astronaut,
        return_face_landmarks=True,
        return_recognition_model=True,
        face_id_time_to_live=120,
        return_face_attributes=[
            FaceAttributeTypeDetection03.HEAD_POSE,
            FaceAttributeTypeDetection03.BLUR,
            FaceAttributeTypeDetection03.MASK,
            FaceAttributeTypeRecognition04.QUALITY_FOR_RECOGNITION,
        ],
    )
    assert face.recognition_model == "recognition_04" and face.face_rectangle.width > 36
    assert face.face_landmarks.pupil_left.x < face.face_landmarks.pupil_right.x
    assert abs(face.face_attributes.head_pose.yaw) < 40
    assert face.face_attributes.mask.type == "noMask" and not face.face_attributes.mask.nose_and_mouth_covered
    assert face.face_attributes.quality_for_recognition != QualityForRecognition.LOW
    assert face["liveness"]["decision"] != "realface", "our own addition"

    [one], [again], [other] = detect(obama), detect(obama), detect(biden)
    same = client.verify_face_to_face(face_id1=one.face_id, face_id2=again.face_id)
    assert same.is_identical and same.confidence >= 0.5
    different = client.verify_face_to_face(face_id1=one.face_id, face_id2=other.face_id)
    assert not different.is_identical and different.confidence < 0.5
    refused("FaceNotFound", lambda: client.verify_face_to_face(face_id1=one.face_id, face_id2=str(uuid.uuid4())))
    refused("UnsupportedFeature", lambda: detect(obama, return_face_attributes=["age"]))
    refused("InvalidImage", lambda: detect(bytes(5000)))
    refused("InvalidImageSize", lambda: detect(bytes(7 << 20)))
    refused(
        "InvalidURL",
        lambda: client.detect_from_url(
            url="https://localhost/a.jpg",
            detection_model=FaceDetectionModel.DETECTION03,
            recognition_model=FaceRecognitionModel.RECOGNITION04,
            return_face_id=False,
        ),
    )

with FaceSessionClient(endpoint, AzureKeyCredential(key)) as client:

    def create(picture):
        content = CreateLivenessWithVerifySessionContent(
            liveness_operation_mode=LivenessOperationMode.PASSIVE, device_correlation_id=str(uuid.uuid4())
        )
        return client.create_liveness_with_verify_session(content, verify_image=picture)

    session = create(obama)
    assert session.auth_token and session.verify_image.quality_for_recognition in ("medium", "high")
    assert session.verify_image.face_rectangle.height > 36
    read = client.get_liveness_with_verify_session_result(session.session_id)
    assert read.status == "NotStarted"
    assert session.session_id in [entry.id for entry in client.get_liveness_with_verify_sessions(top=1000)]
    assert client.get_liveness_with_verify_session_audit_entries(session.session_id) == []
    client.delete_liveness_with_verify_session(session.session_id)
    refused("InvalidImage", lambda: create(bytes(5000)))
    refused("InvalidImageSize", lambda: create(bytes(100)))

client = ComputerVisionClient(endpoint, CognitiveServicesCredentials(key))
faces = [VisualFeatureTypes.faces]
# A stream goes out in chunks, without a length.
analysis = client.analyze_image_in_stream(io.BytesIO(astronaut), visual_features=faces)
[face] = analysis.faces
assert face.face_rectangle.width > 36 and face.age is None and face.gender is None
assert (analysis.metadata.width, analysis.metadata.format) == (512, "Png")
assert uuid.UUID(analysis.request_id)


def refused_within(code, call):
    try:
        call()
    except ComputerVisionErrorResponseException as error:
        told = error.error.error
        assert (told.code, told.innererror.code) == ("InvalidRequest", code), (told.code, told.innererror)
    else:
        raise AssertionError(f"{code} was expected")


refused_within("InvalidImageFormat", lambda: client.analyze_image_in_stream(io.BytesIO(bytes(5000)), visual_features=faces))
refused_within("InvalidImageSize", lambda: client.analyze_image_in_stream(io.BytesIO(bytes(5 << 20)), visual_features=faces))
refused_within(
    "NotSupportedVisualFeature",
    lambda: client.analyze_image_in_stream(io.BytesIO(astronaut), visual_features=[VisualFeatureTypes.tags]),
)
refused_within("InvalidImageUrl", lambda: client.analyze_image("http://localhost/a.jpg", visual_features=faces))
