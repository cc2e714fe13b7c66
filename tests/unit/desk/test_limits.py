import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from evenhand.base.limits import BODY_BYTES_MAX
from evenhand.desk.limits import BodyLimit, TooOften, address_of, count_send, network_of


def request_from(address: str) -> HttpRequest:
    return RequestFactory().post("/", REMOTE_ADDR=address)


def test_a_network_may_send_so_often_and_then_no_more() -> None:
    for _ in range(3):
        count_send(request_from("192.0.2.7"), form="a", sends_max=3, clock=lambda: 1000.0)
    with pytest.raises(TooOften):
        count_send(request_from("192.0.2.7"), form="a", sends_max=3, clock=lambda: 1000.0)


def test_another_network_another_form_and_another_window_count_apart() -> None:
    count_send(request_from("192.0.2.8"), form="b", sends_max=1, clock=lambda: 1000.0)

    count_send(request_from("192.0.2.9"), form="b", sends_max=1, clock=lambda: 1000.0)
    count_send(request_from("192.0.2.8"), form="c", sends_max=1, clock=lambda: 1000.0)
    count_send(request_from("192.0.2.8"), form="b", sends_max=1, clock=lambda: 2000.0)


def test_an_ipv6_household_is_one_network() -> None:
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2:ffff::1")
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of("") == "unknown"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "192.0.2.7"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9, 192.0.2.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.7"),
        (1, "", ""),
    ],
)
def test_only_our_own_proxies_are_believed(
    settings: Settings, proxies: int, forwarded: str, address: str
) -> None:
    settings.PROXIES = proxies
    request = request_from("192.0.2.7")
    request.META["HTTP_X_FORWARDED_FOR"] = forwarded

    assert address_of(request) == address


def answered(**headers: str) -> int:
    request = RequestFactory().get("/")
    request.META.update(headers)
    return BodyLimit(lambda _: HttpResponse())(request).status_code


def test_a_large_body_is_refused_before_it_is_read() -> None:
    assert answered(CONTENT_LENGTH=str(BODY_BYTES_MAX)) == 200
    assert answered(CONTENT_LENGTH=str(BODY_BYTES_MAX + 1)) == 413


def test_a_body_of_unknown_length_is_refused() -> None:
    assert answered(CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked") == 411
    assert answered(CONTENT_LENGTH="-1") == 400
    assert answered(CONTENT_LENGTH="٣") == 400
