"""Cloud Storage's XML API for fake-gcs-server, which writes and deletes through the JSON API only.

obstore speaks the XML API. What is translated are names and headers; whether a condition holds is the server's
own decision, by the object's generation.
"""

from __future__ import annotations

import json
from urllib.parse import quote, unquote, urlencode, urlsplit

from tests.faults.proxy import Answer, Request, Send


def speak_xml(request: Request, send: Send) -> Answer:
    """Passes a request on, in the words of the JSON API where it writes or deletes."""
    bucket, _, name = urlsplit(request.target).path.removeprefix("/").partition("/")
    headers = {key.lower(): value for key, value in request.headers}
    # It takes another host's name for a bucket's.
    request.headers = [(key, value) for key, value in request.headers if key.lower() != "host"]
    if request.method == "PUT":
        given = {"uploadType": "media", "name": unquote(name)}
        if "x-goog-if-generation-match" in headers:
            given["ifGenerationMatch"] = headers["x-goog-if-generation-match"]
        target = f"/upload/storage/v1/b/{bucket}/o?{urlencode(given)}"
        answer = send(Request("POST", target, request.headers, request.body))
        if answer.status == 200:
            made = json.loads(answer.body)
            told = [("ETag", f'"{made["etag"]}"'), ("x-goog-generation", made["generation"])]
            return Answer(200, told, b"")
        return answer
    if request.method == "DELETE":
        target = f"/storage/v1/b/{bucket}/o/{quote(unquote(name), safe='')}"
        return send(Request("DELETE", target, request.headers, request.body))
    return send(request)
