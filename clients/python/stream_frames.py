"""Streams a folder of pictures to the inference service and prints one JSON line per answer.

    python stream_frames.py FOLDER [--address 127.0.0.1:50051] [--model REF] [--mode lossless|latest]

Needs the stubs of proto/resmask/inference/v1 on the path; the README beside this file says how they are made.
"""

import argparse
import json
import pathlib
import sys

import grpc
from resmask.inference.v1 import frame_stream_pb2, image_pb2, inference_service_pb2_grpc

PICTURES = {".jpg", ".jpeg", ".png", ".webp"}
MODES = {
    "latest": frame_stream_pb2.DELIVERY_MODE_LATEST,
    "lossless": frame_stream_pb2.DELIVERY_MODE_LOSSLESS,
}


def requests(folder, config):
    """The configuration, then a frame per picture; gRPC asks for the next one when the connection has room."""
    yield frame_stream_pb2.StreamFramesRequest(config=config)
    pictures = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)
    for frame_id, path in enumerate(pictures, start=1):
        frame = frame_stream_pb2.Frame(frame_id=frame_id, image=image_pb2.Image(encoded=path.read_bytes()))
        frame.capture_time.GetCurrentTime()
        yield frame_stream_pb2.StreamFramesRequest(frame=frame)


def face_document(face):
    box = face.box
    return {
        "box": {"x": box.x, "y": box.y, "width": box.width, "height": box.height},
        "label": face.label,
        "probability": face.probability,
        "probabilities": {entry.label: entry.probability for entry in face.probabilities},
    }


def document(response):
    """An answer to a frame as a JSON document; None for words about the stream itself."""
    kind = response.WhichOneof("message")
    if kind not in ("result", "dropped", "error"):
        return None
    answer = getattr(response, kind)
    found = {"frameId": answer.frame_id, "type": kind}
    if kind == "result":
        found["faces"] = [face_document(face) for face in answer.faces]
    if kind == "error":
        found["message"] = answer.status.message
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--address", default="127.0.0.1:50051")
    parser.add_argument("--model", default="")
    parser.add_argument("--mode", choices=MODES, default="lossless")
    options = parser.parse_args()
    config = frame_stream_pb2.StreamConfig(model=options.model, mode=MODES[options.mode])
    with grpc.insecure_channel(options.address) as channel:
        stub = inference_service_pb2_grpc.InferenceServiceStub(channel)
        try:
            for response in stub.StreamFrames(requests(options.folder, config)):
                found = document(response)
                if found:
                    print(json.dumps(found), flush=True)
        except grpc.RpcError as error:
            sys.exit(f"{error.code().name}: {error.details()}")


if __name__ == "__main__":
    main()
