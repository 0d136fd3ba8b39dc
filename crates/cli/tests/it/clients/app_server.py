"""The session API through Azure's own Python client, unmodified: only endpoint and key are ours.

Prints the session's token, waits until the device is done (a line on standard input), prints what came out.
"""

import json
import sys
import uuid

from azure.ai.vision.face import FaceSessionClient
from azure.ai.vision.face.models import (
    CreateLivenessSessionContent,
    CreateLivenessWithVerifySessionContent,
    LivenessOperationMode,
)
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

endpoint, key = sys.argv[1:3]


def create(client, **more):
    return client.create_liveness_session(
        CreateLivenessSessionContent(
            liveness_operation_mode=LivenessOperationMode.PASSIVE,
            device_correlation_id=str(uuid.uuid4()),
            send_results_to_client=False,
            auth_token_time_to_live_in_seconds=300,
            **more,
        )
    )


def refused(code, call, kind=HttpResponseError):
    try:
        call()
    except kind as error:
        assert error.error.code == code, error
    else:
        raise AssertionError(f"{code} was expected")


# The client names its own version in the path, or the one it is given; the paths stay those of the previews.
for version in ({}, {"api_version": "v1.1-preview.1"}, {"api_version": "v1.2"}):
    with FaceSessionClient(endpoint, AzureKeyCredential(key), **version) as client:
        session = create(client)
        read = client.get_liveness_session_result(session.session_id)
        assert (read.id, read.status, read.session_expired) == (session.session_id, "NotStarted", False)
        assert read.auth_token_time_to_live_in_seconds == 300 and read.created_date_time.tzinfo
        assert session.session_id in [entry.id for entry in client.get_liveness_sessions(top=1000)]
        assert client.get_liveness_session_audit_entries(session.session_id) == []
        client.delete_liveness_session(session.session_id)
        refused(
            "SessionNotFound",
            lambda: client.get_liveness_session_result(session.session_id),
            ResourceNotFoundError,
        )

with FaceSessionClient(endpoint, AzureKeyCredential("wrong")) as client:
    refused("401", lambda: create(client))

with FaceSessionClient(endpoint, AzureKeyCredential(key)) as client:
    verify = CreateLivenessWithVerifySessionContent(
        liveness_operation_mode=LivenessOperationMode.PASSIVE, device_correlation_id=str(uuid.uuid4())
    )
    refused(
        "InvalidImage",
        lambda: client.create_liveness_with_verify_session(verify, verify_image=b"\xff\xd8" + bytes(2000)),
    )
    without_image = client.create_liveness_with_verify_session(verify, verify_image=None)
    client.delete_liveness_with_verify_session(without_image.session_id)

    session = create(client, enable_session_image=True)
    print(session.auth_token, flush=True)
    sys.stdin.readline()
    read = client.get_liveness_session_result(session.session_id)
    entries = client.get_liveness_session_audit_entries(session.session_id)
    assert [entry.id for entry in entries] == sorted((entry.id for entry in entries), reverse=True)
    decided = next(entry for entry in entries if entry.response.status_code == 200)
    assert (read.status, read.result.digest) == ("ResultAvailable", decided.digest)
    assert decided.response.latency_in_milliseconds > 0
    body = read.result.response.body
    print(json.dumps({"decision": body.liveness_decision, "digest": read.result.digest, "width": body.target.face_rectangle.width}))
    picture = b"".join(client.get_session_image(read.result.session_image_id))
    assert picture.startswith(b"\xff\xd8\xff"), "a JPEG"
    client.delete_liveness_session(session.session_id)
    refused("SessionNotFound", lambda: client.get_session_image(read.result.session_image_id), ResourceNotFoundError)
