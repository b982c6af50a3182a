"""The policy pack as the engine speaks to it: Pulumi's analyzer protocol.

Served here rather than through `pulumi_policy` (1.21), which hands a policy neither what is secret (a secret's text
would reach the rules and their messages), nor a level for each violation (one finding of a rule may stop a change
that another does not), nor the whole of a stack while it holds an unknown value.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

import grpc
import psutil
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import (
    analyzer_pb2,
    analyzer_pb2_grpc,
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
)

from environments import places
from environments.problems import Refusal
from policies.crossguard import engine_graph, judgement, program_graph
from policies.crossguard.judgement import Judgement
from policies.gate.capture import capture
from policies.gate.context import Context
from policies.gate.graph import ResourceGraph
from policies.gate.verdicts import Finding, Severity

NAME = "sluice"
VERSION = "1.0.0"
CONTEXT = "context"
"""The policy whose configuration says what a stack that is not ours cannot say of itself."""
_LARGEST_MESSAGE = 400 * 2**20
_SEVERITIES = {
    Severity.LOW: analyzer_pb2.POLICY_SEVERITY_LOW,
    Severity.MEDIUM: analyzer_pb2.POLICY_SEVERITY_MEDIUM,
    Severity.HIGH: analyzer_pb2.POLICY_SEVERITY_HIGH,
    Severity.CRITICAL: analyzer_pb2.POLICY_SEVERITY_CRITICAL,
}


class Analyzer(analyzer_pb2_grpc.AnalyzerServicer):
    """Gathers the inputs of each resource, and judges all of them when the engine shows the whole stack."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._inputs: dict[str, analyzer_pb2.AnalyzeRequest] = {}
        self._configured = analyzer_pb2.AnalyzerStackConfigureRequest()
        self._context: dict[str, Any] = {}
        self._beside = ThreadPoolExecutor(1)
        self._program: Future[ResourceGraph] | None = None
        self._lock = threading.Lock()

    def Handshake(self, request: Any, context: Any) -> Any:
        """Nothing is asked of the engine."""
        return analyzer_pb2.AnalyzerHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Name and version of the pack's program."""
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetAnalyzerInfo(self, request: Any, context: Any) -> Any:
        """All rules."""
        info = analyzer_pb2.AnalyzerInfo(
            name=NAME,
            displayName="Sluice",
            version=VERSION,
            supportsConfig=True,
            description="Sluice's Rego and graph rules, judged on what the engine is about to make",
        )
        try:
            known = judgement.rules()
        except Refusal:
            known = []  # said once, when the stack is judged
        for rule in known:
            info.policies.add(
                name=rule.id,
                displayName=rule.title,
                description=rule.title,
                # Of each violation its own level counts: it depends on the tier and on the verdict.
                enforcementLevel=analyzer_pb2.MANDATORY,
                policy_type=analyzer_pb2.POLICY_TYPE_STACK,
                severity=_SEVERITIES[rule.severity],
                remediation_steps=rule.fix,
                tags=[rule.category],
            )
        settings = info.policies.add(
            name=CONTEXT,
            description="What the rules know of a stack besides its resources",
            enforcementLevel=analyzer_pb2.MANDATORY,
            policy_type=analyzer_pb2.POLICY_TYPE_STACK,
        )
        schema = Context.model_json_schema()
        definitions = schema.get("$defs", {})
        for name, described in schema["properties"].items():
            settings.configSchema.properties.update({name: _inlined(described, definitions)})
        return info

    def Configure(self, request: Any, context: Any) -> Any:
        """Takes the context of a stack that is not ours."""
        if CONTEXT in request.policyConfig:
            self._context = _whole_numbers(
                json_format.MessageToDict(request.policyConfig[CONTEXT].properties)
            )
        return empty_pb2.Empty()

    def ConfigureStack(self, request: Any, context: Any) -> Any:
        """Takes the stack's configuration."""
        self._configured = request
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    def Remediate(self, request: Any, context: Any) -> Any:
        """Nothing is mended behind the program's back."""
        return analyzer_pb2.RemediateResponse()

    def Analyze(self, request: Any, context: Any) -> Any:
        """Keeps a resource's inputs. The first of a cloud sets off the capture, beside the engine's own work."""
        with self._lock:
            self._inputs[request.urn] = request
            if self._program is None and _is_of_a_cloud(request):
                stack, project = engine_graph.stack_and_project([request])
                self._program = self._beside.submit(self._capture, stack, project)
        return analyzer_pb2.AnalyzeResponse()

    def AnalyzeStack(self, request: Any, context: Any) -> Any:
        """Judges the whole stack."""
        try:
            return self._judged(request)
        except Refusal as refusal:
            return analyzer_pb2.AnalyzeResponse(
                diagnostics=[
                    _diagnostic(
                        "sluice/evaluation",
                        "The rules could not be evaluated",
                        str(refusal),
                        analyzer_pb2.MANDATORY,
                    )
                ]
            )

    def end(self) -> NoReturn:
        """Ends the process at once, with a capture that may still run: the engine waits for its plugins."""
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        self._beside.shutdown()
        os._exit(0)

    def _judged(self, request: Any) -> Any:
        stack, project = engine_graph.stack_and_project(request.resources)
        if not stack:
            return analyzer_pb2.AnalyzeResponse()
        folder = self._folder(project, stack)
        graph = engine_graph.read(
            request.resources,
            self._inputs,
            engine_graph.Stack(
                folder,
                dict(self._configured.config),
                frozenset(self._configured.config_secret_keys),
                self._configured.organization or "organization",
            ),
        )
        response = analyzer_pb2.AnalyzeResponse()
        if self._program is not None:
            try:
                graph = program_graph.filled(graph, self._program.result())
            except Refusal as refusal:
                response.diagnostics.append(_no_program(refusal))
        judged = judgement.judge(graph, self._context)
        response.diagnostics.extend(
            _violation(finding, judged, number) for number, finding in enumerate(judged.findings)
        )
        self._tell(judged.summary(graph))
        return response

    def _tell(self, line: str) -> None:
        """Says a line in the engine's own output; an engine that is not there is told nothing."""
        with contextlib.suppress(grpc.RpcError), grpc.insecure_channel(self._engine) as channel:
            engine_pb2_grpc.EngineStub(channel).Log(
                engine_pb2.LogRequest(severity=engine_pb2.INFO, message=line), timeout=5
            )

    def _capture(self, stack: str, project: str) -> ResourceGraph:
        folder = self._folder(project, stack)
        if folder == places.ROOT:
            return capture(folder, stack)
        secret = set(self._configured.config_secret_keys)
        config = {key: item for key, item in self._configured.config.items() if key not in secret}
        return capture(folder, stack, config=config)

    def _folder(self, project: str, stack: str) -> Path:
        if judgement.is_own(project, stack):
            return places.ROOT
        here = Path.cwd()
        return next((path for path in (here, *here.parents) if (path / "Pulumi.yaml").exists()), here)


def _is_of_a_cloud(request: Any) -> bool:
    """Neither a component, nor a provider, nor made by Python code of the program's own."""
    return request.HasField("provider") and not request.type.startswith("pulumi")


def serve() -> None:
    """Serves the pack until the engine ends it. The engine gives its own address, and reads the port."""
    server = grpc.server(
        ThreadPoolExecutor(4), options=[("grpc.max_receive_message_length", _LARGEST_MESSAGE)]
    )
    analyzer = Analyzer(sys.argv[-1])
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(analyzer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # While the engine starts the program.
    threading.Thread(target=judgement.prepare, daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: analyzer.end())
    server.wait_for_termination()


def _violation(finding: Finding, judged: Judgement, number: int) -> Any:
    level = analyzer_pb2.MANDATORY if judged.stops(number) else analyzer_pb2.ADVISORY
    said = _diagnostic(finding.rule.id, finding.rule.title, _text(finding), level, finding.urn)
    said.severity = _SEVERITIES[finding.rule.severity]
    return said


def _text(finding: Finding) -> str:
    """One finding, as the engine prints it under the rule's name."""
    lines = [f"{finding.verdict.value}: {finding.message}"]
    if finding.attribute:
        lines.append(f"  input: {finding.attribute}")
    lines += [f"  why: {finding.rule.why}", f"  fix: {finding.remedy}"]
    if finding.source:
        lines.append(f"  at: {finding.source}")
    if finding.waived:
        lines.append(f"  waived: {finding.waived}")
    return "\n".join(lines)


def _no_program(refusal: Refusal) -> Any:
    return _diagnostic(
        "sluice/program",
        "The program could not be captured beside the engine's run",
        "findings name no Python lines, and what the engine does not know yet stays undetermined:\n"
        f"{refusal}",
        analyzer_pb2.ADVISORY,
    )


def _diagnostic(policy: str, title: str, message: str, level: Any, urn: str = "") -> Any:
    return analyzer_pb2.AnalyzeDiagnostic(
        policyName=policy,
        policyPackName=NAME,
        policyPackVersion=VERSION,
        description=title,
        message=f"{title}\n{message}",
        enforcementLevel=level,
        urn=urn,
    )


def _inlined(described: Any, definitions: dict[str, Any]) -> Any:
    """A schema without references: the engine keeps each property's alone."""
    if isinstance(described, list):
        return [_inlined(item, definitions) for item in described]
    if not isinstance(described, dict):
        return described
    if "$ref" in described:
        return _inlined(definitions[described["$ref"].rsplit("/", 1)[-1]], definitions)
    return {key: _inlined(item, definitions) for key, item in described.items()}


def _whole_numbers(value: Any) -> Any:
    """Numbers travel as floats."""
    if isinstance(value, dict):
        return {key: _whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
