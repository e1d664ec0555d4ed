import pytest

from webapp.auth import addresses


@pytest.mark.parametrize(
    ("typed", "normalized"),
    [
        ("alice@example.org", "alice@example.org"),
        ("Alice@Example.ORG", "alice@example.org"),
        ("alice+codes@example.org", "alice@example.org"),
        ("alice+a+b@example.org", "alice@example.org"),
        ("+alice@example.org", "+alice@example.org"),
        ("bob@Bücher.example", "bob@xn--bcher-kva.example"),
        ("bob@xn--bcher-kva.example", "bob@xn--bcher-kva.example"),
        ("o'neill.b@mail.clinic.local", "o'neill.b@mail.clinic.local"),
        ("  alice@example.org \n", "alice@example.org"),
    ],
)
def test_one_mailbox_is_one_reader(typed: str, normalized: str) -> None:
    address = addresses.read(typed)
    assert address.normalized == normalized
    assert address.typed == typed.strip()


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "alice",
        "@example.org",
        "alice@",
        "alice@@example.org",
        "alice@localhost",
        "alice@127.0.0.1",
        "alice@[127.0.0.1]",
        "Alice <alice@example.org>",
        '"a b"@example.org',
        "älice@example.org",
        "alice@example..org",
        "alice@example.org\r\nBcc: bob@example.org",
        "alice\0@example.org",
        "\ud800@example.org",
        "a" * 65 + "@example.org",
        "alice@" + "a." * 130 + "org",
    ],
)
def test_others_are_refused(typed: str) -> None:
    with pytest.raises(addresses.UnusableAddress):
        addresses.read(typed)
