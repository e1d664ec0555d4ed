import pytest

from webapp.auth.strength import weakness

OWN = ("alice@clinic.example", "Codeshelf")


@pytest.mark.parametrize(
    "password",
    [
        "password12",
        "Password123!",
        "P@ssw0rd2024",
        "passwordpassword",
        "1234567890",
        "0987654321",
        "qwertyuiop",
        "QWERTZUIOP",
        "azertyuiop123",
        "asdfghjkl;'",
        "1qaz2wsx3edc",
        "q1w2e3r4t5y6",
        "zxcvbnm123456",
        "12345qwert",
        "iloveyou123",
        "letmein-letmein",
        "welcome2024!",
        "!!sunshine!!",
        "superman1990",
        "adminadmin1",
        "correct horse battery staple",
        "correcthorsebatterystaple",
        "trustno1trustno1",
    ],
)
def test_common_ones(password: str) -> None:
    assert "guessed" in (weakness(password, OWN) or "")


@pytest.mark.parametrize("password", ["aaaaaaaaaa", "abcabcabcabc", "1212121212", "xyxyxyxyxy1", "          "])
def test_repeated_ones(password: str) -> None:
    assert "repeats" in (weakness(password, OWN) or "")


@pytest.mark.parametrize("password", ["alice@clinic.example", "Alice-clinic-1", "codeshelf2026", "clinic_codeshelf"])
def test_ones_own_words(password: str) -> None:
    assert "built on" in (weakness(password, OWN) or "")


@pytest.mark.parametrize(
    "password",
    [
        "quiet lantern 81",
        "tango-lima-42-kilo",
        "my cat eats 9 melons",
        "alice-rides-a-blue-horse",
        "Tr0ub4dor&3x",
        "9f3kd02mzq",
        "8675309442",
        "ключ под ковриком",
        "漢字漢字かな交じり文です",
        "zebra umbrella kiosk",
        "xK9#mP2$vL",
        "p" + "assw9" * 3 + "-hedgehog-lamp",
    ],
)
def test_the_others_are_taken_whatever_they_are_made_of(password: str) -> None:
    assert weakness(password, OWN) is None


def test_the_limits_of_length_count_characters() -> None:
    assert weakness("é漢ßñøåüœæ") is not None
    assert weakness("é漢ßñøåüœæ1") is None
    assert weakness("zebra umbrella " * 8 + "kiosk 12") is None
    assert weakness("zebra umbrella " * 8 + "kiosk 123") is not None
