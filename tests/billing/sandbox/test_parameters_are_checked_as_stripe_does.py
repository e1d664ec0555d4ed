"""Parameters are decoded from Stripe's form encoding and checked against the library's own types."""

from __future__ import annotations

from typing import Any

import pytest
from stripe.params import (
    PriceCreateParams,
    SubscriptionListParams,
    SubscriptionModifyParams,
    SubscriptionUpdateParams,
    WebhookEndpointCreateParams,
)
from stripe.params.checkout import SessionCreateParams

from webapp.billing.sandbox.errors import ApiError
from webapp.billing.sandbox.forms import decode
from webapp.billing.sandbox.validation import checked, shape


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a=1&b=", {"a": "1", "b": ""}),
        ("a[b][c]=x", {"a": {"b": {"c": "x"}}}),
        ("a[]=x&a[]=y", {"a": ["x", "y"]}),
        ("a[1]=y&a[0]=x", {"a": ["x", "y"]}),
        ("a[0][b]=x&a[0][c]=y&a[1][b]=z", {"a": [{"b": "x", "c": "y"}, {"b": "z"}]}),
        ("a%5Bb%5D=%C3%A9+%26", {"a": {"b": "é &"}}),
        ("", {}),
    ],
)
def test_forms_are_decoded(text: str, tree: dict[str, Any]) -> None:
    assert decode(text) == tree


@pytest.mark.parametrize("text", ["a=1&a[b]=2", "a[b]=2&a=1", "[a]=1", "a[b=1", "a" + "[b]" * 20 + "=1"])
def test_a_form_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ApiError) as raised:
        decode(text)
    assert raised.value.status == 400


@pytest.mark.parametrize("params", [SubscriptionUpdateParams, SubscriptionModifyParams])
def test_values_get_their_types(params: type) -> None:
    text = (
        "items[0][price]=price_1&items[0][quantity]=2&cancel_at_period_end=true&trial_end=now&cancel_at=5"
        "&pause_collection=&metadata[0]=zero&metadata[gone]=&off_session=false&default_tax_rates="
    )
    assert checked(decode(text), params) == {
        "items": [{"price": "price_1", "quantity": 2}],
        "cancel_at_period_end": True,
        "trial_end": "now",
        "cancel_at": 5,
        "pause_collection": "",
        "metadata": {"0": "zero", "gone": ""},
        "off_session": False,
        "default_tax_rates": "",
    }


def test_a_time_may_be_an_instant_or_a_range() -> None:
    assert checked(decode("created=7"), SubscriptionListParams) == {"created": 7}
    assert checked(decode("created[gte]=7&created[lt]=9"), SubscriptionListParams) == {"created": {"gte": 7, "lt": 9}}


def test_decimals_stay_as_they_were_written() -> None:
    params = checked(decode("currency=usd&unit_amount_decimal=0.50"), PriceCreateParams)
    assert params["unit_amount_decimal"] == "0.50"


@pytest.mark.parametrize(
    ("params", "text", "code", "param", "message"),
    [
        (SubscriptionUpdateParams, "colour=red", "parameter_unknown", "colour", "Received unknown parameter: colour"),
        (
            SubscriptionUpdateParams,
            "items[0][colour]=red",
            "parameter_unknown",
            "items[0][colour]",
            "Received unknown parameter: items[0][colour]",
        ),
        (None, "a=1&b=2", "parameter_unknown", "a", "Received unknown parameters: a, b"),
        (SubscriptionUpdateParams, "stripe_account=acct_1", "parameter_unknown", "stripe_account", None),
        (WebhookEndpointCreateParams, "url=x", "parameter_missing", "enabled_events", None),
        (
            SessionCreateParams,
            "custom_fields[0][key]=x&custom_fields[0][type]=text",
            "parameter_missing",
            "custom_fields[0][label]",
            "Missing required param: custom_fields[0][label].",
        ),
        (
            SessionCreateParams,
            "line_items[0][quantity]=two",
            "parameter_invalid_integer",
            "line_items[0][quantity]",
            "Invalid integer: two",
        ),
        (SubscriptionUpdateParams, "trial_end=never", "parameter_invalid_integer", "trial_end", None),
        (SubscriptionUpdateParams, "cancel_at_period_end=yes", None, "cancel_at_period_end", "Invalid boolean: yes"),
        (
            SessionCreateParams,
            "mode=gift",
            None,
            "mode",
            "Invalid mode: must be one of payment, setup, or subscription",
        ),
        (SubscriptionUpdateParams, "items=x", None, "items", "Invalid array"),
        (SubscriptionUpdateParams, "metadata=x", None, "metadata", "Invalid object"),
        (SubscriptionUpdateParams, "description[a]=x", None, "description", None),
        (SessionCreateParams, "success_url=", "parameter_invalid_empty", "success_url", None),
        (SubscriptionUpdateParams, f"description={'x' * 5001}", "parameter_invalid_string_length", "description", None),
        (SubscriptionUpdateParams, f"metadata[a]={'x' * 501}", None, "metadata[a]", None),
        (SubscriptionUpdateParams, f"metadata[{'x' * 41}]=a", None, "metadata", None),
        (SubscriptionUpdateParams, "&".join(f"metadata[k{i}]=a" for i in range(51)), None, "metadata", None),
    ],
)
def test_what_stripe_refuses_is_refused_in_its_words(
    params: type | None, text: str, code: str | None, param: str, message: str | None
) -> None:
    with pytest.raises(ApiError) as raised:
        checked(decode(text), params)
    error = raised.value.body()["error"]
    assert (raised.value.status, error["type"]) == (400, "invalid_request_error")
    assert (error.get("code"), error["param"]) == (code, param)
    assert message is None or error["message"] == message


def test_the_options_of_a_request_are_no_parameters() -> None:
    known = shape(SubscriptionModifyParams).fields
    assert "items" in known
    assert not {"api_key", "idempotency_key", "stripe_version", "headers"} & set(known)
