"""Calls a server with the stock tritonclient, as its own examples do; prints what came back as one JSON document."""

import base64
import json
import queue
import sys
from functools import partial

import numpy as np
import tritonclient.grpc as triton
from google.protobuf.json_format import MessageToDict
from tritonclient.grpc import model_config_pb2, service_pb2
from tritonclient.utils import InferenceServerException

address, model, input_name, output_name, shape, data = sys.argv[1:]
rows = np.frombuffer(base64.b64decode(data), dtype=np.float32).reshape(json.loads(shape))
client = triton.InferenceServerClient(address)


def inputs(array):
    tensor = triton.InferInput(input_name, list(array.shape), "FP32")
    tensor.set_data_from_numpy(array)
    return [tensor]


def outputs():
    return [triton.InferRequestedOutput(output_name)]


def elements(result):
    return result.as_numpy(output_name).tolist()


def error_of(call):
    try:
        call()
    except InferenceServerException as error:
        return {"status": error.status(), "message": error.message()}


def stream(requests, **options):
    """Answers and errors in the order they came."""
    answers = queue.Queue()
    client.start_stream(partial(lambda into, result, error: into.put((result, error)), answers), **options)
    for i, (name, array) in enumerate(requests):
        client.async_stream_infer(name, inputs(array), request_id=str(i), outputs=outputs())
    received = [answers.get(timeout=60) for _ in requests]
    client.stop_stream()
    return [
        {"error": str(error)} if error else {"id": result.get_response().id, "elements": elements(result)}
        for result, error in received
    ]


def asynchronous():
    answers = queue.Queue()
    client.async_infer(model, inputs(rows), lambda result, error: answers.put((result, error)), outputs=outputs())
    result, error = answers.get(timeout=60)
    return {"error": str(error)} if error else elements(result)


def perf_analyzer_calls():
    """What perf_analyzer asks of a server before and after it measures, in its order."""
    metadata = client.get_server_metadata()
    described = client.get_model_metadata(model)
    config = client.get_model_config(model).config
    before = client.get_inference_statistics(model).model_stats
    client.infer(model, inputs(rows))
    after = client.get_inference_statistics(model).model_stats
    return {
        "statistics": "statistics" in metadata.extensions,
        "version": described.versions[0],
        "max_batch_size": config.max_batch_size,
        "decoupled": config.model_transaction_policy.decoupled,
        "scheduler": config.WhichOneof("scheduling_choice"),
        "inferences": sum(s.inference_count for s in after) - sum(s.inference_count for s in before),
        "executions": sum(s.execution_count for s in after) - sum(s.execution_count for s in before),
    }


def wire_numbers():
    """Numbers and types of every field the client knows."""
    messages = {}

    def add(message):
        for nested in message.nested_types:
            add(nested)
        messages[message.full_name] = {field.name: [field.number, field.type] for field in message.fields}

    for file in (service_pb2.DESCRIPTOR, model_config_pb2.DESCRIPTOR):
        for message in file.message_types_by_name.values():
            add(message)
    return messages


as_dict = partial(MessageToDict, preserving_proto_field_name=True)
print(
    json.dumps(
        {
            "live": client.is_server_live(),
            "ready": client.is_server_ready(),
            "model_ready": client.is_model_ready(model),
            "unknown_ready": client.is_model_ready("nobody"),
            "server": as_dict(client.get_server_metadata()),
            "metadata": as_dict(client.get_model_metadata(model)),
            "config": as_dict(client.get_model_config(model)),
            "index": as_dict(client.get_model_repository_index()),
            "infer": elements(client.infer(model, inputs(rows), outputs=outputs(), request_id="one")),
            "own_parameters": as_dict(
                client.infer(model, inputs(rows), parameters={"frame_id": 7}).get_response()
            )["parameters"],
            "classes": client.infer(
                model, inputs(rows), outputs=[triton.InferRequestedOutput(output_name, class_count=2)]
            )
            .as_numpy(output_name)
            .astype(str)
            .tolist(),
            "asynchronous": asynchronous(),
            "stream": stream([(model, rows[i : i + 1]) for i in range(len(rows))]),
            "stream_error": stream([(model, rows), ("nobody", rows), (model, rows)]),
            "stream_status": stream([("nobody", rows)], headers={"triton_grpc_error": "true"}),
            "unknown_model": error_of(lambda: client.infer("nobody", inputs(rows))),
            "wrong_shape": error_of(lambda: client.infer(model, inputs(rows[0]))),
            "shared_memory": error_of(client.get_system_shared_memory_status),
            "statistics": as_dict(client.get_inference_statistics(model)),
            "perf_analyzer": perf_analyzer_calls(),
            "unload": client.unload_model(model),
            "load": client.load_model(model),
            "wire_numbers": wire_numbers(),
        }
    )
)
