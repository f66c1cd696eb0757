"""A writer of remote write 1.0 for tests: protobuf and snappy (literals only) by hand.

Series are given as (labels, samples): labels a dict with __name__, samples a list of (milliseconds, value), where value is
a float or a dict that describes a native histogram (count, sum, schema, zero_threshold, zero_count, positive, negative:
dicts of bucket index to population, custom: upper bounds).
"""

import struct
import urllib.request

STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]


def varint(number):
    number &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def zigzag(number):
    return varint(number << 1 if number >= 0 else (-number << 1) - 1)


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def field_varint(number, value):
    return varint(number << 3) + varint(value)


def field_double(number, value):
    return varint(number << 3 | 1) + struct.pack("<d", value)


def spans(buckets):
    """The runs of neighbouring indices, each with the gap before it, and the populations in order."""
    runs, next_index = [], 0
    for index in sorted(buckets):
        if runs and index == next_index:
            runs[-1][1] += 1
        else:
            runs.append([index - next_index, 1])
        next_index = index + 1
    return runs, [float(buckets[index]) for index in sorted(buckets)]


def histogram(time, value):
    custom = value.get("custom")
    out = field_double(2, float(value["count"])) + field_double(3, float(value["sum"]))
    out += varint(4 << 3) + zigzag(-53 if custom else value.get("schema", 0))
    out += field_double(5, float(value.get("zero_threshold", 0)))
    out += field_double(7, float(value.get("zero_count", 0)))
    # Spans and float populations: negative buckets are fields 8 and 10, positive ones 11 and 13.
    for side, span_field, count_field in (("negative", 8, 10), ("positive", 11, 13)):
        runs, populations = spans(value.get(side, {}))
        for offset, length in runs:
            out += field(span_field, varint(1 << 3) + zigzag(offset) + field_varint(2, length))
        if populations:
            out += field(count_field, b"".join(struct.pack("<d", one) for one in populations))
    out += field_varint(14, 3 if value.get("is_gauge") else 0)
    out += field_varint(15, time)
    if custom:
        out += field(16, b"".join(struct.pack("<d", bound) for bound in custom))
    return out


def write_request(series):
    out = b""
    for labels, samples in series:
        body = b""
        for name, value in sorted(labels.items(), key=lambda label: label[0].encode()):
            body += field(1, field(1, name.encode()) + field(2, value.encode()))
        floats = [(time, value) for time, value in samples if not isinstance(value, dict)]
        for time, value in floats:
            body += field(2, field_double(1, value) + field_varint(2, time))
        for time, value in samples:
            if isinstance(value, dict):
                body += field(4, histogram(time, value))
        out += field(1, body)
    return out


def snappy(data):
    """The block format without any compression: the length, then literals of up to 64 KiB."""
    out = bytearray(varint(len(data)))
    for start in range(0, len(data), 65536):
        piece = data[start : start + 65536]
        out += bytes([61 << 2]) + struct.pack("<H", len(piece) - 1) + piece
    return bytes(out)


def push(base, series):
    """Sends the series to a receiver; fails when it does not accept them all."""
    request = urllib.request.Request(
        base + "/api/v1/write",
        data=snappy(write_request(series)),
        headers={
            "Content-Type": "application/x-protobuf",
            "Content-Encoding": "snappy",
            "X-Prometheus-Remote-Write-Version": "0.1.0",
        },
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status in (200, 204), answer.status
