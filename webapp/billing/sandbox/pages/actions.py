"""What the control page and POST /_sandbox/{action} can do. Each takes the same fields as a form and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from webapp.billing.sandbox.engine import customers, disputes, settings
from webapp.billing.sandbox.errors import invalid

if TYPE_CHECKING:
    from webapp.billing.sandbox.server import Sandbox


class Given:
    """The fields of a form or a JSON object. An empty one counts as not given. Errors: ApiError."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields = fields

    def text(self, name: str) -> str | None:
        return str(self.fields.get(name, "")).strip() or None

    def needed(self, name: str) -> str:
        found = self.text(name)
        if found is None:
            raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
        return found

    def number(self, name: str, default: float) -> float:
        try:
            return float(self.text(name) or default)
        except ValueError:
            raise invalid(f"Invalid number: {self.fields[name]}", name) from None

    def whole(self, name: str, default: int) -> int:
        return int(self.number(name, default))

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.fields.get(name, default)
        return value if isinstance(value, bool) else str(value).lower() in {"1", "true", "on", "yes"}


Action = Callable[["Sandbox", Given], Any]


def fail_requests(sandbox: Sandbox, given: Given) -> None:
    status = given.needed("status")
    if status not in {"hang", "close"} and not (status.isdecimal() and 400 <= int(status) <= 599):
        raise invalid("status is 400 to 599, hang or close", "status")
    sandbox.faults.api(
        int(status) if status.isdecimal() else status,  # type: ignore[arg-type]  # checked above
        times=given.whole("times", 1),
        method=given.text("method"),
        path=given.text("path"),
        seconds=given.number("seconds", 30),
        then_do=given.flag("then_do"),
    )


def drop(sandbox: Sandbox, given: Given) -> None:
    sandbox.faults.drop(given.whole("times", 1), given.text("type"))


def duplicate(sandbox: Sandbox, given: Given) -> None:
    sandbox.faults.duplicate(given.whole("times", 1), given.text("type"))


def hold(sandbox: Sandbox, given: Given) -> None:
    sandbox.faults.hold(given.flag("on", True))


def release(sandbox: Sandbox, given: Given) -> None:
    order = given.text("order") or "as sent"
    if order not in {"as sent", "reversed", "shuffled"}:
        raise invalid("order is as sent, reversed or shuffled", "order")
    sandbox.faults.release(order, given.whole("seed", 0))  # type: ignore[arg-type]  # checked above


def replay(sandbox: Sandbox, given: Given) -> int | str:
    return sandbox.faults.replay(given.needed("event"))


def delay(sandbox: Sandbox, given: Given) -> None:
    sandbox.faults.delay(given.number("seconds", 0))


def roll_secret(sandbox: Sandbox, given: Given) -> str:
    secret = sandbox.faults.roll_secret(given.flag("overlap"))
    sandbox.write_credentials()
    return secret


def send(sandbox: Sandbox, given: Given) -> int | str:
    event = given.fields.get("event")
    if not isinstance(event, dict):
        raise invalid("event is the object to send", "event")
    timestamp = given.text("timestamp")
    return sandbox.faults.send(
        event,
        timestamp=int(timestamp) if timestamp else None,
        secret=given.text("secret"),
        signature=given.text("signature"),
    )


def clear(sandbox: Sandbox, given: Given) -> None:
    sandbox.faults.clear()


def settle(sandbox: Sandbox, given: Given) -> None:
    sandbox.settle(given.number("seconds", 10))


def move_clock(sandbox: Sandbox, given: Given) -> None:
    sandbox.move_clock(given.whole("seconds", 0))


def move_to_renewal(sandbox: Sandbox, given: Given) -> None:
    sandbox.move_to_renewal()


def webhook_url(sandbox: Sandbox, given: Given) -> None:
    sandbox.set_webhook_url(given.needed("url"))
    sandbox.write_credentials()


def dunning(sandbox: Sandbox, given: Given) -> None:
    end = given.needed("end")
    with sandbox.store.session() as state:
        settings.save(state, dunning_end=end)


def fail_next(sandbox: Sandbox, given: Given) -> None:
    with sandbox.store.session() as state:
        customers.fail_next_payments(state, given.needed("customer"), given.whole("times", 1))


def dispute(sandbox: Sandbox, given: Given) -> None:
    with sandbox.store.session() as state:
        disputes.open_dispute(state, given.needed("charge"), given.text("reason") or "fraudulent")


def close_dispute(sandbox: Sandbox, given: Given) -> None:
    with sandbox.store.session() as state:
        disputes.close_dispute(state, given.needed("dispute"), given.flag("won"))


def fraud_warning(sandbox: Sandbox, given: Given) -> None:
    with sandbox.store.session() as state:
        disputes.early_fraud_warning(state, given.needed("charge"))


def refund(sandbox: Sandbox, given: Given) -> None:
    amount = given.text("amount")
    with sandbox.store.session() as state:
        disputes.refund(state, given.needed("charge"), int(amount) if amount else None)


ACTIONS: dict[str, Action] = {
    "api": fail_requests,
    "clear": clear,
    "clock": move_clock,
    "close_dispute": close_dispute,
    "delay": delay,
    "dispute": dispute,
    "drop": drop,
    "dunning": dunning,
    "duplicate": duplicate,
    "fail_next": fail_next,
    "fraud_warning": fraud_warning,
    "hold": hold,
    "next_renewal": move_to_renewal,
    "refund": refund,
    "release": release,
    "replay": replay,
    "roll_secret": roll_secret,
    "send": send,
    "settle": settle,
    "webhook_url": webhook_url,
}
