"""How long the sandbox accepts which client secret. The clock is the test's."""

from __future__ import annotations

from services.sandbox.issued import IssuedSecrets


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_an_old_secret_ends_after_the_overlap_and_the_newest_never() -> None:
    clock = Clock()
    issued = IssuedSecrets(60, clock)
    second = issued.issue("first", "a").client_secret
    clock.now += 59
    assert (issued.accepts("first"), issued.accepts(second)) == (True, True)
    clock.now += 1
    assert (issued.accepts("first"), issued.accepts(second)) == (False, True)
    clock.now += 10**9
    assert issued.accepts(second) is True


def test_a_second_issue_does_not_lengthen_the_life_of_the_first() -> None:
    clock = Clock()
    issued = IssuedSecrets(60, clock)
    second = issued.issue("first", "a").client_secret
    clock.now += 30
    third = issued.issue("first", "b").client_secret
    clock.now += 30
    assert [issued.accepts(secret) for secret in ("first", second, third)] == [False, True, True]
    clock.now += 30
    assert [issued.accepts(secret) for secret in ("first", second, third)] == [False, False, True]


def test_a_repeated_request_gets_the_same_secret_while_it_lives() -> None:
    clock = Clock()
    issued = IssuedSecrets(60, clock)
    first = issued.issue("configured", "a")
    clock.now += 20
    again = issued.issue("configured", "a")
    assert again.client_secret == first.client_secret
    assert (first.previous_seconds, again.previous_seconds) == (60, 40)
    issued.issue(first.client_secret, "b")
    clock.now += 60
    assert issued.issue("x", "a").client_secret != first.client_secret


def test_of_a_secret_that_never_came_up_nothing_is_said() -> None:
    assert IssuedSecrets(60).accepts("whatever") is None
