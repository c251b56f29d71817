import random
from datetime import UTC, datetime, timedelta

from payments.allocation import draw, payable_window

NOW = datetime(2026, 4, 14, tzinfo=UTC)


def test_a_whole_price_has_ninety_nine_amounts_below_it():
    assert payable_window(100_00) == list(range(9999, 9900, -1))


def test_whole_rupees_are_left_out_of_an_odd_price():
    window = payable_window(99_50)

    assert len(window) == 98
    assert 9900 not in window
    assert (window[0], window[-1]) == (9949, 9851)


def test_where_whole_rupees_are_allowed_the_next_one_below_belongs_to_it():
    assert payable_window(100_00, allow_whole_rupee=True)[-1] == 9900


def test_nothing_below_one_rupee_is_handed_out():
    assert min(payable_window(2_00, width=300)) == 101


def test_a_wider_window_reaches_further_down():
    window = payable_window(100_00, width=299)

    assert len(window) == 297
    assert min(window) == 9701


def test_every_free_amount_can_be_drawn():
    window = payable_window(100_00)
    drawn = {draw(window, held={9999}, last_held_until={}, dice=random.Random(seed)) for seed in range(3000)}

    assert drawn == set(window) - {9999}


def test_amounts_nobody_held_of_late_come_first():
    used = dict.fromkeys(range(9902, 10000), NOW)

    assert draw(range(9901, 10000), held=set(), last_held_until=used, dice=random.Random(1)) == 9901


def test_else_one_of_the_least_recently_held_half_is_drawn():
    used = {paise: NOW + timedelta(minutes=paise) for paise in (9901, 9902, 9903, 9904)}
    drawn = {draw(used, held=set(), last_held_until=used, dice=random.Random(seed)) for seed in range(100)}

    assert drawn == {9901, 9902}


def test_a_full_window_gives_nothing():
    assert draw([9901, 9902], held={9901, 9902}, last_held_until={}, dice=random.Random(1)) is None
