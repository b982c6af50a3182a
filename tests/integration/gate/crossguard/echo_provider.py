"""A provider plugin that makes nothing: it answers with what it was given, so that the real engine can preview
programs whose providers cannot be had here. What a resource was not given is unknown in a preview."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc
from pulumi.runtime.rpc import UNKNOWN

# What the clouds would say to the programs' questions.
ANSWERS = {
    "gcp:storage/getProjectServiceAccount:getProjectServiceAccount": {
        "emailAddress": "service-1@gs-project-accounts.iam.gserviceaccount.com",
        "id": "service-1@gs-project-accounts.iam.gserviceaccount.com",
        "member": "serviceAccount:service-1@gs-project-accounts.iam.gserviceaccount.com",
        "project": "project-1",
    },
    "azure-native:authorization:getClientConfig": {
        "clientId": "11111111-1111-1111-1111-111111111111",
        "objectId": "22222222-2222-2222-2222-222222222222",
        "subscriptionId": "33333333-3333-3333-3333-333333333333",
        "tenantId": "44444444-4444-4444-4444-444444444444",
    },
}


class Echo(provider_pb2_grpc.ResourceProviderServicer):
    """Says back what it hears."""

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="99.0.0")

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse()

    def Configure(self, request: Any, context: Any) -> Any:
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    def Check(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse()

    def Create(self, request: Any, context: Any) -> Any:
        properties = struct_pb2.Struct()
        properties.update(_answered(json_format.MessageToDict(request.properties)))
        return provider_pb2.CreateResponse(id="" if request.preview else "made", properties=properties)

    def Invoke(self, request: Any, context: Any) -> Any:
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").update(ANSWERS[request.tok])
        return response

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()


def _answered(value: Any) -> Any:
    """What was given, but for what Azure answers in another form: a list of identities comes back as a map."""
    if isinstance(value, list):
        return [_answered(item) for item in value]
    if isinstance(value, dict):
        return {
            key: UNKNOWN if key == "userAssignedIdentities" else _answered(item)
            for key, item in value.items()
        }
    return value


if __name__ == "__main__":
    server = grpc.server(ThreadPoolExecutor(8), options=[("grpc.max_receive_message_length", 2**28)])
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Echo(), server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    server.wait_for_termination()
