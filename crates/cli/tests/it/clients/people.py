"""Enrolment and identification through Azure's own Python client, unmodified: only endpoint and key are ours.

Takes the address, a key, and pictures: two of one person and one of another.
"""

import sys
import uuid

from azure.ai.vision.face import FaceAdministrationClient, FaceClient
from azure.ai.vision.face.models import FaceDetectionModel, FaceOperationStatus, FaceRecognitionModel
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

endpoint, key = sys.argv[1:3]
one, same, other = (open(name, "rb").read() for name in sys.argv[3:6])
credential = AzureKeyCredential(key)
models = {
    "detection_model": FaceDetectionModel.DETECTION03,
    "recognition_model": FaceRecognitionModel.RECOGNITION04,
}


def refused(code, call, kind=HttpResponseError):
    try:
        call()
    except kind as error:
        assert error.error.code == code, error
    else:
        raise AssertionError(f"{code} was expected")


def detect(client, picture):
    faces = client.detect(picture, return_face_id=True, **models)
    assert len(faces) == 1, faces
    return faces[0].face_id


with FaceAdministrationClient(endpoint, credential) as admin, FaceClient(endpoint, credential) as client:
    # A large face list, and faces that look like one.
    lists, seen = admin.large_face_list, str(uuid.uuid4())
    lists.create(seen, name="Seen", user_data="a note", recognition_model=FaceRecognitionModel.RECOGNITION04)
    refused(
        "LargeFaceListExists",
        lambda: lists.create(seen, name="Seen", recognition_model=FaceRecognitionModel.RECOGNITION04),
        ResourceExistsError,
    )
    lists.update(seen, name="Seen today")
    read = lists.get(seen, return_recognition_model=True)
    assert (read.name, read.user_data, read.recognition_model) == ("Seen today", "a note", "recognition_04"), read
    assert seen in [entry.large_face_list_id for entry in lists.get_large_face_lists()]
    first = lists.add_face(seen, one, detection_model="detection_03", user_data="first").persisted_face_id
    second = lists.add_face(seen, other, detection_model="detection_03").persisted_face_id
    lists.update_face(seen, first, user_data="renamed")
    assert lists.get_face(seen, first).user_data == "renamed"
    assert {face.persisted_face_id for face in lists.get_faces(seen)} == {first, second}
    refused("LargeFaceListNotTrained", lambda: lists.get_training_status(seen), ResourceNotFoundError)
    lists.begin_train(seen, polling_interval=1).result()
    trained = lists.get_training_status(seen)
    assert trained.status == FaceOperationStatus.SUCCEEDED and trained.last_successful_training_date_time, trained
    probe = detect(client, same)
    similar = client.find_similar_from_large_face_list(face_id=probe, large_face_list_id=seen, mode="matchFace")
    assert [face.persisted_face_id for face in similar] == [first, second], similar
    assert similar[0].confidence > similar[1].confidence >= 0
    lists.delete_face(seen, first)
    left = client.find_similar_from_large_face_list(face_id=probe, large_face_list_id=seen, mode="matchFace")
    assert [face.persisted_face_id for face in left] == [second], left
    lists.delete(seen)
    refused("LargeFaceListNotFound", lambda: lists.get(seen), ResourceNotFoundError)

    # A large person group, and who a face is of.
    groups, staff = admin.large_person_group, "staff"
    groups.create(staff, name="Staff", recognition_model=FaceRecognitionModel.RECOGNITION04)
    people = {}
    for name, picture in (("one", one), ("other", other)):
        person = groups.create_person(staff, name=name, user_data="a note").person_id
        face = groups.add_face(staff, person, picture, detection_model="detection_03").persisted_face_id
        groups.update_face(staff, person, face, user_data="front")
        assert groups.get_face(staff, person, face).user_data == "front"
        assert groups.get_person(staff, person).persisted_face_ids == [face]
        people[name] = person
    groups.update_person(staff, people["one"], name="One")
    assert groups.get_person(staff, people["one"]).name == "One"
    assert [person.person_id for person in groups.get_persons(staff)] == sorted(people.values())
    assert [group.large_person_group_id for group in groups.get_large_person_groups()] == [staff]
    unlike = detect(client, other)
    identify = lambda **more: client.identify_from_large_person_group(
        face_ids=[probe, unlike], large_person_group_id=staff, **more
    )
    refused("LargePersonGroupNotTrained", identify)
    groups.begin_train(staff, polling_interval=1).result()
    assert groups.get_training_status(staff).status == FaceOperationStatus.SUCCEEDED
    found = identify(confidence_threshold=0.3, max_num_of_candidates_returned=1)
    assert [answer.face_id for answer in found] == [probe, unlike]
    assert [answer.candidates[0].person_id for answer in found] == [people["one"], people["other"]], found
    verify = lambda face, person: client.verify_from_large_person_group(
        face_id=face, large_person_group_id=staff, person_id=person
    )
    assert verify(unlike, people["other"]).is_identical
    assert not verify(unlike, people["one"]).is_identical
    groups.delete_person(staff, people["one"])
    found = identify(confidence_threshold=0.3)
    assert found[0].candidates == [], "erased, and not found although nobody trained again"
    refused("PersonNotFound", lambda: groups.get_person(staff, people["one"]), ResourceNotFoundError)

    # Faces among themselves.
    again = detect(client, one)
    assert [face.face_id for face in client.find_similar(face_id=again, face_ids=[unlike, probe], mode="matchFace")] == [
        probe,
        unlike,
    ]
    grouped = client.group(face_ids=[unlike, again, detect(client, one)])
    assert grouped.messy_group == [unlike] and len(grouped.groups) == 1, grouped
    groups.delete(staff)
    refused("LargePersonGroupNotFound", identify)
