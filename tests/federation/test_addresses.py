"""Which addresses are public, which internal, and which neither."""

from ipaddress import ip_address

import pytest

from robots.outbound import addresses

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "2a00:1450:4001:81b::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
]
INTERNAL = [
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.255.255",
    "::1",
    "fc00::1",
    "fd12:3456:789a::1",
    "::ffff:127.0.0.1",
    "::ffff:10.1.2.3",
    "64:ff9b::192.168.1.1",
]
NEVER = [
    "0.0.0.0",  # noqa: S104 - the address as such
    "0.1.2.3",
    "100.100.100.200",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::127.0.0.1",
    "::8.8.8.8",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "2002:808:808::",
    "3fff::1",
    "5f00::1",
    "fd00:42::42",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "::ffff:0.0.0.0",
    "::ffff:169.254.169.254",
    "::ffff:100.100.100.200",
    "::ffff:224.0.0.1",
    "::ffff:0:127.0.0.1",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_an_address_of_the_internet_is_public(text: str) -> None:
    assert addresses.is_public(ip_address(text))
    assert not addresses.is_internal(ip_address(text))


@pytest.mark.parametrize("text", INTERNAL)
def test_a_private_address_is_internal_and_never_public(text: str) -> None:
    assert not addresses.is_public(ip_address(text))
    assert addresses.is_internal(ip_address(text))


@pytest.mark.parametrize("text", NEVER)
def test_no_setting_opens_special_addresses(text: str) -> None:
    assert not addresses.is_public(ip_address(text))
    assert not addresses.is_internal(ip_address(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("64:ff9b::127.0.0.1", True),
        ("10.0.0.1", False),
        ("128.0.0.1", False),
        ("::2", False),
        ("0.0.0.0", False),  # noqa: S104 - the address as such
    ],
)
def test_loopback_is_this_machine_in_every_spelling(text: str, expected: bool) -> None:
    assert addresses.is_loopback(ip_address(text)) is expected


def test_an_address_that_python_calls_private_is_never_public() -> None:
    private = [ip_address(text) for text in [*INTERNAL, *NEVER]]
    wrong = [ip for ip in private if ip.is_private and addresses.is_public(ip)]
    assert wrong == []


def test_a_text_that_is_no_address_is_not_parsed() -> None:
    with pytest.raises(ValueError, match="localhost"):
        addresses.parse("localhost")
