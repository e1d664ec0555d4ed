"""The Alphabetic Index becomes terms: forms of main terms, qualifiers, subterms, and “see” as far as it leads."""

from __future__ import annotations

from itertools import pairwise

import pytest

from webapp.codes.terms import index_paths
from webapp.codes.terms.index_paths import Found, Indexed

ABNORMAL = "Abnormal, abnormality, abnormalities"


def code(path: str, key: str, optional: str = "") -> Indexed:
    return Indexed(path, "code", key, optional, "")


def see(path: str, target: str) -> Indexed:
    return Indexed(path, "see", "", "", target)


def found(*entries: Indexed) -> dict[str, Found]:
    return {each.phrase: each for each in index_paths.found(list(entries))}


def forms(*mains: str) -> dict[str, str]:
    return index_paths.forms_of(code(main, "A00") for main in mains)


def test_other_shapes_of_a_main_term_are_read_as_its_first_form() -> None:
    assert forms(ABNORMAL) == {"abnormality": "abnormal"}
    assert forms("Ulcer, ulcerated, ulcerating, ulceration") == {
        "ulcerated": "ulcer",
        "ulcerating": "ulcer",
        "ulceration": "ulcer",
    }


@pytest.mark.parametrize(
    "main", ["Fracture, traumatic", "Heart attack, heart attacks", "Gout", "Cyst, cystic fibrosis"]
)
def test_what_follows_a_main_term_may_be_no_form_of_it(main: str) -> None:
    assert forms(main) == {}


def test_a_form_of_a_form_leads_to_the_first() -> None:
    assert forms("Ulceration, ulcerative", "Ulcer, ulceration") == {"ulceration": "ulcer", "ulcerative": "ulcer"}


def test_a_main_term_is_spoken_in_its_first_form() -> None:
    way = found(code(f"{ABNORMAL} > gait", "R26.9"))[f"{ABNORMAL}, gait"]
    assert (way.words, way.code, way.default) == ("abnormal gait", "R26.9", False)


def test_a_qualifier_after_a_main_term_is_spoken() -> None:
    way = found(code("Delivery, cesarean > twin", "O00"))["Delivery, cesarean, twin"]
    assert way.words == "delivery cesarean twin"


def test_fractures_are_traumatic_without_saying_so() -> None:
    ways = found(code("Fracture, traumatic > rib", "S22.3"), code("Fracture, pathological > rib", "M84.48"))
    assert [way.words for way in ways.values()] == ["fracture rib", "fracture pathological rib"]


def test_a_main_terms_own_code_is_its_default() -> None:
    ways = found(code("Gout", "M10.9"), code("Gout > lead", "M10.10"))
    assert [way.default for way in ways.values()] == [True, False]


def test_nonessential_words_may_be_said_and_need_not() -> None:
    way = found(code("Cyst", "L72.9", "(colloid) (mucous)"))["Cyst"]
    assert (way.words, way.optional) == ("cyst", "(colloid) (mucous)")


def test_a_manifestation_is_a_way_to_its_code() -> None:
    assert found(Indexed("Dragon > smoke", "manifestation", "B10", "", ""))["Dragon, smoke"].code == "B10"


def test_see_leads_to_the_code_of_what_it_names() -> None:
    way = found(code("Abnormal > gait", "R26.9"), see("Lameness > leg", "Abnormal, gait"))[
        "Lameness, leg, see Abnormal, gait"
    ]
    assert (way.words, way.code) == ("lameness leg", "R26.9")


def test_see_may_name_any_form_of_a_main_term() -> None:
    ways = found(code(f"{ABNORMAL} > gait", "R26.9"), see("Limp", "Abnormality, gait"))
    assert ways["Limp, see Abnormality, gait"].code == "R26.9"


def test_see_is_followed_through_two_steps() -> None:
    ways = found(code("Abnormal > gait", "R26.9"), see("Walk > odd", "Abnormal, gait"), see("Limp", "Walk, odd"))
    assert ways["Limp, see Walk, odd"].code == "R26.9"


def test_see_is_followed_no_further_than_a_few_steps() -> None:
    mains = [chr(letter) * 4 for letter in range(ord("a"), ord("k"))]
    steps = [see(here, there) for here, there in pairwise(mains)]
    ways = {way.words for way in index_paths.found([*steps, code(mains[-1], "R26.9")])}
    assert mains[-1 - index_paths.DEEPEST] in ways
    assert mains[0] not in ways


def test_of_several_codes_at_one_place_see_leads_to_the_first() -> None:
    entries = [code("Wing > broken", "S52.0"), code("Wing > broken", "S52.1"), see("Limb", "Wing, broken")]
    assert [way.code for way in index_paths.found(entries) if way.words == "limb"] == ["S52.0"]


@pytest.mark.parametrize(
    "entries",
    [
        [see("Limp", "Nowhere, land")],
        [see("Limp", "Walk"), see("Walk", "Limp")],
        [see("Limp", "Limp")],
        [see("Limp", "Gout, by site"), code("Gout > toe", "M10.9")],
        [Indexed("Limp", "see_also", "", "", "Gout"), Indexed("Limp", "term", "", "", "")],
    ],
    ids=["nothing there", "a circle", "itself", "many places", "see also"],
)
def test_what_leads_to_no_single_code_is_left_out(entries: list[Indexed]) -> None:
    assert not [way for way in found(*entries).values() if way.words == "limp"]


def test_see_by_site_leads_to_the_main_terms_own_code() -> None:
    ways = found(code("Gout", "M10.9"), see("Limp", "Gout, by site"))
    assert ways["Limp, see Gout, by site"].code == "M10.9"


def test_nec_and_nos_are_not_looked_for() -> None:
    ways = found(code("Anemia NEC", "D64.9"), see("Thin blood", "Anemia"))
    assert ways["Thin blood, see Anemia"].code == "D64.9"
