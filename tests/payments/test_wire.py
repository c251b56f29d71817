import json

import pytest

from payments.wire import (
    InvalidJson,
    JsonText,
    NumberText,
    canonical_metadata,
    javascript_number,
    read_json,
    write_json,
)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("99.00", "99"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("1e16", "10000000000000000"),
        ("1e21", "1e+21"),
        ("123456789012345680000", "123456789012345680000"),
        ("0.00001", "0.00001"),
        ("0.0000001", "1e-7"),
        ("1.5E3", "1500"),
        ("-1.25e-9", "-1.25e-9"),
        ("5e-324", "5e-324"),
    ],
)
def test_numbers_are_printed_as_javascript_prints_them(text, printed):
    assert javascript_number(text) == printed


def test_keys_that_are_array_indexes_come_first_and_ascending_at_every_depth():
    value = read_json('{"b":1,"10":2,"2":{"x":0,"1":0},"01":3,"4294967295":4,"4294967294":5,"a":6}')

    assert write_json(value) == '{"2":{"1":0,"x":0},"10":2,"4294967294":5,"b":1,"01":3,"4294967295":4,"a":6}'


def test_text_is_escaped_as_javascript_escapes_it():
    assert write_json({"k": 'é"\\\n\x1f\x7f\u2028😀'}) == '{"k":"é\\"\\\\\\n\\u001f\x7f\u2028😀"}'


def test_empty_containers_and_constants():
    assert (
        write_json({"a": [], "b": {}, "c": None, "d": [True, False, 7]})
        == '{"a":[],"b":{},"c":null,"d":[true,false,7]}'
    )


def test_finished_text_is_written_as_it_stands():
    assert write_json({"payable_amount": JsonText("99.00")}) == '{"payable_amount":99.00}'


def test_a_float_has_no_exact_form():
    with pytest.raises(TypeError):
        write_json({"amount": 1.5})


def test_numbers_arrive_as_they_were_written():
    assert read_json('{"amount": 100.10}') == {"amount": NumberText("100.10")}


@pytest.mark.parametrize(
    "text", ["", "{", "[1,]", "{'a':1}", "NaN", "[Infinity]", "[-Infinity]", "nul", '"\x01"', "\ufeff{}"]
)
def test_what_is_not_json_is_refused(text):
    with pytest.raises(InvalidJson):
        read_json(text)


@pytest.mark.parametrize("text", ["[" * 3000 + "]" * 3000, '{"a":' * 3000 + "1" + "}" * 3000, "[" * 100_000])
def test_deep_nesting_is_refused_before_it_is_parsed(text):
    with pytest.raises(InvalidJson, match="nested deeper"):
        read_json(text)


def test_brackets_inside_strings_do_not_nest():
    text = json.dumps({"a": "[" * 100 + '"' + "{" * 100, "b": "\\[" * 50})

    assert read_json(text) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a":9007199254740993}', "send it as text"),
        ('{"a":-9007199254740992}', "send it as text"),
        ('{"a":' + "1" * 5000 + "}", "send it as text"),
        ('{"a":1e400}', "send it as text"),
        ('{"a":"\\u0000"}', "NUL"),
        ('{"\\u0000":1}', "NUL"),
        ('{"a":["\\ud800"]}', "surrogate"),
        ('{"a":{"__proto__":1}}', "__proto__"),
        ('{"a":[[[[[1]]]]]}', "5 levels"),
        ("[1]", "JSON object"),
        ('"text"', "JSON object"),
        ('{"a":"' + "x" * 8192 + '"}', "8 KB"),
        ('{"a":"' + "é" * 4096 + '"}', "8 KB"),
    ],
)
def test_metadata_that_would_not_come_back_the_same_is_refused(text, problem):
    with pytest.raises(ValueError, match=problem):
        canonical_metadata(read_json(text))


def test_metadata_of_five_levels_is_kept():
    assert (
        canonical_metadata(read_json('{"a": [[[[1.0]]]], "1": 9007199254740991}'))
        == '{"1":9007199254740991,"a":[[[[1]]]]}'
    )
