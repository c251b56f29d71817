import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.addresses import BadUrl, check_url, is_allowed, parse_networks

NOBODY = ()
LOOPBACK = parse_networks(("127.0.0.0/8", "::1/128"))

REFUSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "100.100.100.200",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::1",
    "2001::1",
    "2001:1ff::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "100::1",
    "4000::1",
    "2606:4700::1%eth0",
    "fe80::1%1",
]
PUBLIC = [
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "192.167.255.255",
    "192.169.0.1",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "168.63.129.15",
    "2606:4700:4700::1111",
    "2001:200::1",
    "2400:cb00::1",
    "3ffe::1",
    "::ffff:1.1.1.1",
    "64:ff9b::101:101",
]


@pytest.mark.parametrize("address", REFUSED)
def test_private_and_special_addresses_are_refused(address):
    assert not is_allowed(address, NOBODY)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address):
    assert is_allowed(address, NOBODY)


@pytest.mark.parametrize("text", ["localhost", "", "127.1", "2130706433", "0x7f.1", "1.1.1.1 "])
def test_what_is_no_concrete_address_is_refused(text):
    assert not is_allowed(text, NOBODY)


@given(st.ip_addresses(v=4))
def test_an_address_wrapped_in_ipv6_gets_the_verdict_of_the_one_inside(inner):
    number = int(inner)
    tail = f"{number >> 16:x}:{number & 0xFFFF:x}"
    verdict = is_allowed(str(inner), LOOPBACK)
    assert is_allowed(f"::ffff:{tail}", LOOPBACK) == verdict
    assert is_allowed(f"64:ff9b::{tail}", LOOPBACK) == verdict


@given(st.ip_addresses(v=6))
def test_outside_the_public_block_only_wrapped_addresses_can_be_allowed(ip):
    wrapped = ip.ipv4_mapped or str(ip).startswith("64:ff9b::")
    if is_allowed(str(ip), NOBODY) and not wrapped:
        assert int(ip) >> 125 == 1


def test_a_listed_network_is_allowed_and_opens_nothing_else():
    allowed = parse_networks(("10.0.5.0/24", "127.0.0.1/32"))
    assert is_allowed("10.0.5.9", allowed)
    assert is_allowed("127.0.0.1", allowed)
    assert is_allowed("::ffff:10.0.5.9", allowed)
    assert not is_allowed("10.0.6.1", allowed)
    assert not is_allowed("127.0.0.2", allowed)
    assert not is_allowed("192.168.0.1", allowed)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
        "fd00:42::42",
        "fe80::a9fe:a9fe",
    ],
)
def test_metadata_services_need_an_entry_of_their_own(address):
    wide = parse_networks(("0.0.0.0/0", "::/0", "169.254.0.0/16", "fd00::/8"))
    assert not is_allowed(address, wide)
    assert is_allowed(address, parse_networks((address,)))


@pytest.mark.parametrize("address", ["::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"])
def test_a_metadata_service_in_ipv6_clothes_needs_the_entry_of_the_one_inside(address):
    assert not is_allowed(address, parse_networks(("0.0.0.0/0", "::/0", f"{address}/128")))
    assert is_allowed(address, parse_networks(("169.254.169.254",)))


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example.in/webhook",
        "http://shop.example.in:8080/hooks?shop=7",
        "https://दुकान.भारत/webhook",
        "https://1.1.1.1/webhook",
        "https://[2606:4700:4700::1111]/webhook",
        "  https://shop.example.in/webhook  ",
        "HTTPS://Shop.Example.IN./webhook",
        "http://shop_web:8000/",
        "http://1shop/",
        "http://0xcafe.example.in/",
        "http://[2606:4700:4700:0::1111]:8443/",
        "http://[::ffff:1.1.1.1]/",
        "https://shop.example.in/%0d%0aX-Evil:%201",
        "https://shop.example.in/" + "x" * 2024,
    ],
)
def test_a_good_url_is_taken_as_it_is(url):
    assert check_url(url, NOBODY) == url.strip()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "starts with https"),
        ("shop.example.in/webhook", "starts with https"),
        ("ftp://shop.example.in/", "starts with https"),
        ("javascript:alert(1)", "starts with https"),
        ("file:///etc/passwd", "starts with https"),
        ("https://", "starts with https|not a URL"),
        ("https:///webhook", "starts with https|not a URL"),
        ("https://asha:secret@shop.example.in/", "user name and password"),
        ("https://asha@shop.example.in/", "user name and password"),
        ("https://shop.example.in/#top", "from # on"),
        ("https://shop.example.in/#", "from # on"),
        ("https://shop.example.in/" + "x" * 2025, "at most 2048"),
        ("https://shop.example.in/a b", "no blanks"),
        ("https://shop.example.in\\@10.0.0.1/", "backslashes"),
        ("https://shop.example.in/\x00", "no blanks"),
        ("https://shop.example.in:99999/", "not a URL"),
        ("https://shop.example.in:http/", "not a URL"),
        ("https://[::1/", "not a URL"),
        ("http://10.0.0.1/webhook", "private network"),
        ("http://127.0.0.1:3000/", "private network"),
        ("http://127.1/", "private network"),
        ("http://2130706433/", "private network"),
        ("http://0x7f.1/", "private network"),
        ("http://0177.0.0.1/", "private network"),
        ("http://127.0.0.1./", "private network"),
        ("http://[::1]/", "private network"),
        ("http://[::ffff:127.0.0.1]/", "private network"),
        ("http://169.254.169.254/latest/meta-data/", "link-local address.* exactly this address"),
        ("http://169.254.169.254./", "link-local address.* exactly this address"),
        ("http://0xa9fea9fe/", "link-local address.* exactly this address"),
        ("http://[::ffff:a9fe:a9fe]/", "link-local address.* exactly this address"),
        ("http://[fe80::1%25eth0]/", "link-local address.* exactly this address"),
        ("http://[2606:4700:4700::1111%eth0]/", "private network"),
        ("http://[::]/", "private network"),
        ("http://0.0.0.0/", "private network"),
        ("http://127。0。0。1/", "private network"),
        ("http://１２７.０.０.１/", "private network"),
        ("http://127.0x1/", "private network"),
        ("http://:@shop.example.in/", "user name and password"),
        ("http://10.0.0.1%2f@shop.example.in/", "user name and password"),
        ("http://[1.1.1.1]/", "not a URL"),
        ("http://shop.example.in:0/", "port 0"),
        ("http://16843009/", "Write the address as 1.1.1.1"),
        ("http://1.1/", "Write the address as 1.0.0.1"),
        ("http://01.01.01.01/", "Write the address as 1.1.1.1"),
        ("http://1.1.1.1./", "Write the address as 1.1.1.1"),
        ("http://256.1.1.1/", "neither the name of a host nor an address"),
        ("http://1.2.3.4.5/", "neither the name of a host nor an address"),
        ("http://shop..in/", "neither the name of a host nor an address"),
        ("http://.example.in/", "neither the name of a host nor an address"),
        (f"http://{'a' * 64}.in/", "neither the name of a host nor an address"),
        ("http://127.0.0.1%00.example.in/", "neither the name of a host nor an address"),
        ("http://shop.example.in%0d%0aX-Evil/", "neither the name of a host nor an address"),
    ],
)
def test_a_bad_url_is_refused_with_a_reason(url, why):
    with pytest.raises(BadUrl, match=why):
        check_url(url, NOBODY)


def test_a_private_address_is_taken_where_the_operator_lists_it():
    assert check_url("http://127.0.0.1:4000/webhook", LOOPBACK) == "http://127.0.0.1:4000/webhook"
