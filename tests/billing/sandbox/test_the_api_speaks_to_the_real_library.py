"""What every request has in common: keys, versions, idempotency, expansion, pages of lists, many at once."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import stripe

from webapp.billing.sandbox.server import Sandbox

MakeClient = Callable[..., stripe.StripeClient]
FORM = "application/x-www-form-urlencoded"


def ask(
    sandbox: Sandbox, method: str, path: str, body: str = "", **headers: str
) -> tuple[int, http.client.HTTPMessage, str]:
    """Send one bare request."""
    parts = urlsplit(sandbox.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    sent = {"Authorization": f"Bearer {sandbox.key}", "Content-Type": FORM}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, path, body, sent)
        with connection.getresponse() as response:
            return response.status, response.headers, response.read().decode()
    finally:
        connection.close()


def test_the_account_and_its_key(sandbox: Sandbox, stripe_client: stripe.StripeClient) -> None:
    account = stripe_client.v1.accounts.retrieve_current()
    assert account.charges_enabled
    assert account.details_submitted
    assert sandbox.key.startswith("sk_test_")


def test_another_key_is_refused_without_being_shown_whole(make_client: MakeClient) -> None:
    wrong = f"sk_live_{'x' * 20}tail"
    with pytest.raises(stripe.AuthenticationError) as raised:
        make_client(key=wrong).v1.accounts.retrieve_current()
    assert raised.value.http_status == 401
    assert wrong not in str(raised.value)


def test_no_key_is_refused(sandbox: Sandbox) -> None:
    status, _, body = ask(sandbox, "GET", "/v1/account", Authorization="")
    assert status == 401
    assert "did not provide an API key" in body


def test_the_version_is_checked_and_echoed(sandbox: Sandbox) -> None:
    status, headers, _ = ask(sandbox, "GET", "/v1/account", Stripe_Version="2025-03-31.basil")
    assert (status, headers["Stripe-Version"]) == (200, "2025-03-31.basil")
    status, headers, body = ask(sandbox, "GET", "/v1/account", Stripe_Version="newest")
    assert status == 400
    assert "Invalid Stripe API version: newest" in body
    assert headers["Request-Id"].startswith("req_")


def test_an_unknown_address_and_a_wrong_content_type(sandbox: Sandbox) -> None:
    status, _, body = ask(sandbox, "GET", "/v1/nothing")
    assert status == 404
    assert "Unrecognized request URL (GET: /v1/nothing)" in body
    status, _, body = ask(sandbox, "POST", "/v1/customers", '{"name": "alice"}', Content_Type="application/json")
    assert status == 400
    assert "check that your POST content type" in body


def test_errors_reach_the_library_as_its_own(stripe_client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as raised:
        stripe_client.v1.customers.create({"nickname": "al"})  # type: ignore[arg-type]  # not a parameter
    assert (raised.value.code, raised.value.param) == ("parameter_unknown", "nickname")
    with pytest.raises(stripe.InvalidRequestError) as raised:
        stripe_client.v1.customers.retrieve("cus_9")
    assert (raised.value.code, raised.value.http_status) == ("resource_missing", 404)
    assert raised.value.request_id


def test_a_repeated_key_gets_the_first_answer(stripe_client: stripe.StripeClient) -> None:
    first = stripe_client.v1.customers.create({"name": "alice"}, {"idempotency_key": "one"})
    again = stripe_client.v1.customers.create({"name": "alice"}, {"idempotency_key": "one"})
    assert again.id == first.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(stripe_client.v1.customers.list().data) == 1


def test_a_key_belongs_to_its_parameters(stripe_client: stripe.StripeClient) -> None:
    stripe_client.v1.customers.create({"name": "alice"}, {"idempotency_key": "one"})
    with pytest.raises(stripe.IdempotencyError) as raised:
        stripe_client.v1.customers.create({"name": "bob"}, {"idempotency_key": "one"})
    assert raised.value.http_status == 400


def test_a_refusal_is_kept_but_not_one_of_the_parameters(stripe_client: stripe.StripeClient) -> None:
    """https://docs.stripe.com/api/idempotent_requests: results are kept once the endpoint began its work."""
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError):
            stripe_client.v1.customers.update("cus_9", {"name": "alice"}, {"idempotency_key": "two"})
    with pytest.raises(stripe.InvalidRequestError):
        stripe_client.v1.customers.create({"nickname": "al"}, {"idempotency_key": "three"})  # type: ignore[arg-type]  # not a parameter
    assert stripe_client.v1.customers.create({"name": "alice"}, {"idempotency_key": "three"}).name == "alice"


def test_one_key_many_requests_at_once_one_customer(sandbox: Sandbox, stripe_client: stripe.StripeClient) -> None:
    def create(_: int) -> int:
        return ask(sandbox, "POST", "/v1/customers", "name=alice", Idempotency_Key="same")[0]

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(create, range(40)))
    assert set(statuses) <= {200, 409}
    assert 200 in statuses
    assert len(stripe_client.v1.customers.list().data) == 1


def test_many_requests_at_once(sandbox: Sandbox, stripe_client: stripe.StripeClient) -> None:
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda n: ask(sandbox, "POST", "/v1/customers", f"name=reader{n}")[0], range(60)))
    assert statuses == [200] * 60
    assert len(list(stripe_client.v1.customers.list({"limit": 7}).auto_paging_iter())) == 60


def test_lists_are_paged_by_the_library(stripe_client: stripe.StripeClient) -> None:
    made = [stripe_client.v1.customers.create({"name": f"reader {number}"}).id for number in range(5)]
    page = stripe_client.v1.customers.list({"limit": 2})
    assert (page.has_more, page.url) == (True, "/v1/customers")
    assert [customer.id for customer in page.auto_paging_iter()] == made[::-1]
    with pytest.raises(stripe.InvalidRequestError) as raised:
        stripe_client.v1.customers.list({"limit": 101})
    assert raised.value.param == "limit"


def test_objects_are_expanded(stripe_client: stripe.StripeClient) -> None:
    product = stripe_client.v1.products.create({"name": "Pro"})
    price = stripe_client.v1.prices.create({"product": product.id, "currency": "usd", "unit_amount": 2900})
    assert price.product == product.id
    expanded = stripe_client.v1.prices.retrieve(price.id, {"expand": ["product"]})
    assert isinstance(expanded.product, stripe.Product)
    assert expanded.product.name == "Pro"
    listed = stripe_client.v1.prices.list({"expand": ["data.product"]}).data[0]
    assert isinstance(listed.product, stripe.Product)
    for wrong in ("nothing", "currency", "product.name.more"):
        with pytest.raises(stripe.InvalidRequestError) as raised:
            stripe_client.v1.prices.retrieve(price.id, {"expand": [wrong]})
        assert raised.value.param == "expand[0]"


def test_what_is_known_outlives_the_process(sandbox: Sandbox, stripe_client: stripe.StripeClient) -> None:
    customer = stripe_client.v1.customers.create({"name": "alice"})
    sandbox.stop()
    with Sandbox(sandbox.folder) as again:
        assert again.key == sandbox.key
        http = stripe.RequestsClient(timeout=5)
        client = stripe.StripeClient(again.key, base_addresses={"api": again.url}, http_client=http)
        assert client.v1.customers.retrieve(customer.id).name == "alice"
        http.close()  # type: ignore[no-untyped-call]  # the library's
