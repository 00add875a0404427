"""What tells images apart, and how much of them is kept."""

import mlx.core as mx

from mlx_workers.message_parts import ImagePart
from mlx_workers.vision.images import EncodedImage, ImageCache, PreparedImage, image_key

KILOBYTE = 1024


def prepared(key: int, floats: int) -> PreparedImage:
    return PreparedImage(key=key, ids=[1], inputs={"pixel_values": mx.zeros((floats,))}, grids={})


def test_equal_bytes_of_another_shape_are_another_image():
    wide, high = (ImagePart(width=w, height=h, pixels=memoryview(bytes(range(6)))) for w, h in ((2, 1), (1, 2)))
    assert image_key(wide) != image_key(high)


def test_a_single_changed_byte_is_another_image_and_no_key_is_a_token_id():
    pixels = bytes(range(12))
    first = image_key(ImagePart(width=2, height=2, pixels=memoryview(pixels)))
    assert first == image_key(ImagePart(width=2, height=2, pixels=memoryview(bytes(pixels))))
    assert first != image_key(ImagePart(width=2, height=2, pixels=memoryview(pixels[:-1] + b"x")))
    assert first < 0


def test_the_image_used_longest_ago_goes_first():
    cache = ImageCache(KILOBYTE * 3)
    for key in (-1, -2, -3):
        cache.put(prepared(key, KILOBYTE // 4))
    assert cache.get(-1) is not None
    cache.put(prepared(-4, KILOBYTE // 4))
    assert cache.get(-2) is None
    assert cache.get(-1) is not None
    assert cache.byte_count == KILOBYTE * 3


def test_an_image_that_grows_when_it_is_encoded_drives_others_out():
    cache = ImageCache(KILOBYTE * 3)
    first, second = prepared(-1, KILOBYTE // 4), prepared(-2, KILOBYTE // 4)
    cache.put(first)
    cache.put(second)
    second.encoded = EncodedImage(mx.zeros((KILOBYTE * 3 // 4,)), None, None, None)
    cache.trim()
    assert cache.get(-1) is None
    assert cache.get(-2) is second


def test_no_more_than_a_bounded_number_is_kept_however_small():
    cache = ImageCache()
    for key in range(-1, -300, -1):
        cache.put(prepared(key, 1))
    assert cache.get(-1) is None
    assert cache.get(-299) is not None
