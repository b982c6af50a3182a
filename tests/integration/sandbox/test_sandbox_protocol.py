"""How the sandbox answers a client that is right, wrong, too fast, too late, or out of luck."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

import httpx
import pytest

FEBRUARY = {"updated_since": "2025-02-01T00:00:00Z", "updated_before": "2025-03-01T00:00:00Z"}


def is_problem(answer: httpx.Response, status: int) -> bool:
    return (
        answer.status_code == status
        and answer.headers["Content-Type"] == "application/problem+json"
        and answer.json()["status"] == status
        and bool(answer.json()["detail"])
    )


@pytest.fixture
def client(fast) -> Any:
    return fast.client()


# Tokens


def test_a_token_is_given_for_the_secret_in_the_secrets_service(fast, ask_token) -> None:
    answer = ask_token(fast.url)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 60)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_form_encoded_secret_is_accepted_too(http, fast, oauth_client) -> None:
    pair = ":".join(quote_plus(oauth_client[key]) for key in ("client_id", "client_secret"))
    answer = http.post(
        fast.url + "/oauth/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()},
    )
    assert answer.status_code == 200


def test_a_wrong_client_secret_is_401_invalid_client(fast, ask_token) -> None:
    answer = ask_token(fast.url, client_secret="wrong")
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    "header", [None, "Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer abc", "Basic /w=="]
)
def test_malformed_client_authentication_is_401(http, fast, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    answer = http.post(fast.url + "/oauth/token", data={"grant_type": "client_credentials"}, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_another_grant_type_is_400(fast, ask_token) -> None:
    assert ask_token(fast.url, grant_type="password").json() == {"error": "unsupported_grant_type"}
    assert ask_token(fast.url, grant_type="").json() == {"error": "invalid_request"}


def test_without_the_secret_the_token_endpoint_says_503_until_it_is_there(
    serve, ask_token, secrets_service
) -> None:
    sandbox = serve("--client-secret-name", "made-later")
    answer = ask_token(sandbox.url)
    assert is_problem(answer, 503)
    assert "made-later" in answer.json()["detail"]
    secrets_service.create_secret(Name="made-later", SecretString="not JSON: hunter2")
    answer = ask_token(sandbox.url)
    assert is_problem(answer, 503)
    assert "hunter2" not in answer.text
    new = {"client_id": "sluice", "client_secret": "first"}
    secrets_service.put_secret_value(SecretId="made-later", SecretString=json.dumps(new))
    assert ask_token(sandbox.url, client_secret="first").status_code == 200
    new["client_secret"] = "rotated"
    secrets_service.put_secret_value(SecretId="made-later", SecretString=json.dumps(new))
    assert ask_token(sandbox.url, client_secret="rotated").status_code == 200
    assert ask_token(sandbox.url, client_secret="first").status_code == 401


def ask_secret(url: str, http: httpx.Client, shown: str, key: str, client: str = "sluice") -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return http.post(f"{url}/oauth/clients/{client}/secrets", auth=("sluice", shown), headers=headers)


def test_a_client_gets_a_new_secret_beside_its_old_one(http, serve, ask_token, secrets_service) -> None:
    first = {"client_id": "sluice", "client_secret": "first"}
    secrets_service.create_secret(Name="rotating", SecretString=json.dumps(first))
    sandbox = serve("--client-secret-name", "rotating")
    answer = ask_secret(sandbox.url, http, "first", "key-1")
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    new = answer.json()["client_secret"]
    assert ask_secret(sandbox.url, http, "first", "key-1").json()["client_secret"] == new
    for secret in (new, "first"):
        assert ask_token(sandbox.url, client_secret=secret).status_code == 200
    newer = ask_secret(sandbox.url, http, new, "key-2").json()["client_secret"]
    assert len({"first", new, newer}) == 3
    log = sandbox.log.read_text()
    assert new not in log and newer not in log


def test_nobody_gets_a_new_secret_without_showing_an_old_one(http, fast, oauth_client) -> None:
    right = oauth_client["client_secret"]
    assert ask_secret(fast.url, http, "wrong", "key").status_code == 401
    assert is_problem(ask_secret(fast.url, http, right, "key", client="another"), 403)
    for key in ("", "k" * 201):
        assert is_problem(ask_secret(fast.url, http, right, key), 400)


def test_no_or_a_made_up_token_is_401_with_a_challenge(http, fast) -> None:
    for headers in ({}, {"Authorization": "Bearer made-up"}, {"Authorization": "Basic abc"}):
        # A 500 strikes a request once, so the second answer is the honest one.
        answer = [http.get(fast.url + "/v1/transactions", headers=headers) for _ in range(2)][-1]
        assert is_problem(answer, 401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_that_expires_between_pages_is_401_and_a_new_one_goes_on_with_the_cursor(
    http, forgetful
) -> None:
    client = forgetful.client()
    pages: Iterator[Any] = client.pages("/v1/transactions", limit=1000, **FEBRUARY)
    seen = {row["transaction_id"] for row in next(pages)}
    time.sleep(1.6)
    stale = http.get(
        client.base_url + "/v1/transactions", headers={"Authorization": f"Bearer {client.token}"}
    )
    assert "expired" in stale.headers["WWW-Authenticate"]
    client.met.clear()
    seen |= {row["transaction_id"] for page in pages for row in page}
    assert client.met[0] == 401
    assert len(seen) == 11_272


# Too fast, out of luck


def test_a_burst_meets_429_and_obeying_retry_after_succeeds(http, serve) -> None:
    url = serve("--rate", "2", "--error-rate", "0").url
    answers = [http.get(url + "/feeds/ecb/eurofxref-2025-02-03.csv") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    # As many as it takes: a busy machine is no fast client.
    burst = (http.get(url + "/feeds/ecb/eurofxref-2025-02-03.csv") for _ in range(500))
    refused = next(answer for answer in burst if answer.status_code == 429)
    assert is_problem(refused, 429)
    assert refused.headers["Retry-After"] == "1"
    time.sleep(1)
    assert http.get(url + "/feeds/ecb/eurofxref-2025-02-03.csv").status_code == 200


def test_an_injected_500_does_not_strike_the_same_request_again(http, serve) -> None:
    url = serve("--rate", "5000", "--error-rate", "1").url
    for path in ("/feeds/ecb/", "/feeds/ecb/?from=2026-01-01"):
        assert is_problem(http.get(url + path), 500)
        assert [http.get(url + path).status_code for _ in range(5)] == [200] * 5


# Wrong use


@pytest.mark.parametrize(
    "parameters",
    [
        {"updated_since": "yesterday"},
        {"updated_since": "2025-02-03"},
        {"updated_since": "2025-02-03T00:00:00"},
        {"updated_before": "2025-02-30T00:00:00Z"},
        {"updated_before": ""},
        {"updated_before": "9999-12-31T23:59:59.5Z"},
        {"updated_since": "0001-01-01T00:00:00+14:00"},
        {"updated_since": "2025-03-01T00:00:00Z", "updated_before": "2025-02-01T00:00:00Z"},
        {"limit": "0"},
        {"limit": "1001"},
        {"limit": "-1"},
        {"limit": "ten"},
        {"limit": "٣"},
        {"limit": ""},
        {"limit": ["1", "2"]},
        {"cursor": ""},
        {"cursor": "made-up"},
        {"cursor": "ünïcode"},
        {"updated_sinse": "2025-02-03T00:00:00Z"},
    ],
)
@pytest.mark.parametrize("path", ["/v1/transactions", "/v1/customers"])
def test_bad_parameters_are_400(client, path: str, parameters: dict[str, Any]) -> None:
    assert is_problem(client.get(path, **parameters), 400)


@pytest.mark.parametrize(
    "parameters",
    [
        {"from": "soon"},
        {"to": "2025-02-30"},
        {"from": "2025-02-04", "to": "2025-02-03"},
        {"form": "2025-02-03"},
    ],
)
def test_bad_days_of_the_feed_are_400(client, parameters: dict[str, str]) -> None:
    assert is_problem(client.get("/feeds/ecb/", **parameters), 400)


def test_a_cursor_serves_its_own_query_only(client) -> None:
    cursor = client.get("/v1/transactions", **FEBRUARY).json()["next_cursor"]
    for path, others in (
        ("/v1/transactions", {**FEBRUARY, "updated_before": "2025-02-28T00:00:00Z"}),
        ("/v1/transactions", {**FEBRUARY, "updated_since": "2025-02-01T00:00:01Z"}),
        ("/v1/customers", FEBRUARY),
        ("/v1/customers", {}),
    ):
        assert is_problem(client.get(path, **others, cursor=cursor), 400)
    tampered = cursor[:-3] + ("A" if cursor[-3] != "A" else "B") + cursor[-2:]
    assert is_problem(client.get("/v1/transactions", **FEBRUARY, cursor=tampered), 400)
    same = client.get("/v1/transactions", **FEBRUARY, cursor=cursor).json()
    assert len(same["data"]) == 100
    # The cursor knows its bounds, and the same moment may be written otherwise.
    assert client.get("/v1/transactions", cursor=cursor).json() == same
    elsewhere = {"updated_since": "2025-02-01T01:00:00+01:00"}
    assert client.get("/v1/transactions", **elsewhere, cursor=cursor).json() == same


def test_unknown_paths_and_methods_are_problems_too(http, fast) -> None:
    assert is_problem(http.get(fast.url + "/nowhere"), 404)
    assert is_problem(http.delete(fast.url + "/healthz"), 405)


# Control


@pytest.fixture
def order(http, fast) -> Iterator[Any]:
    def give(mode: str, **seconds: float) -> httpx.Response:
        return http.post(fast.url + "/_control", json={"mode": mode, **seconds})

    yield give
    give("healthy")


def test_down_is_503_on_all_but_health_and_ends_by_itself(http, fast, client, order, ask_token) -> None:
    assert order("down", seconds=0.5).json() == {"mode": "down", "seconds": 0.5}
    assert is_problem(client.get("/v1/transactions"), 503)
    assert is_problem(client.get("/feeds/ecb/"), 503)
    assert is_problem(ask_token(fast.url), 503)
    assert http.get(fast.url + "/healthz").status_code == 200
    time.sleep(0.6)
    assert client.get("/v1/transactions").status_code == 200


def test_garbage_is_200_and_not_json(client, order) -> None:
    order("garbage")
    for path in ("/v1/transactions", "/v1/customers", "/feeds/ecb/"):
        answer = client.get(path)
        assert answer.status_code == 200
        with pytest.raises(ValueError):
            answer.json()
    order("healthy")
    assert client.get("/v1/transactions").json()["data"]


def test_contractless_rows_are_json_with_the_same_ids_and_all_wrong(client, order) -> None:
    right = client.get("/v1/transactions", **FEBRUARY).json()
    order("contractless")
    wrong = client.get("/v1/transactions", **FEBRUARY).json()
    assert wrong["next_cursor"] == right["next_cursor"]
    assert [row["transaction_id"] for row in wrong["data"]] == [
        row["transaction_id"] for row in right["data"]
    ]
    assert all(row["customer_id"] is None and row["amount"].startswith("-") for row in wrong["data"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"down"',
        b"\xff",
        b'{"mode": "asleep"}',
        b'{"mode": ["down"]}',
        b'{"mode": "down", "seconds": -1}',
        b'{"mode": "down", "seconds": NaN}',
        b'{"mode": "down", "seconds": "x"}',
    ],
)
def test_a_bad_order_is_400(http, fast, body: bytes) -> None:
    assert is_problem(http.post(fast.url + "/_control", content=body), 400)


def test_without_the_flag_there_is_no_control(http, usual) -> None:
    assert is_problem(http.post(usual.url + "/_control", json={"mode": "down"}), 404)
