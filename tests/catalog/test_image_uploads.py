"""Images that staff upload: each keeps its own renditions, colours and nothing else."""

import io
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from catalog import renditions
from catalog.images import measure
from catalog.models import Category, Product, ProductClass, ProductImage
from tests.admin_forms import submit
from tests.project import images as files

pytestmark = pytest.mark.django_db
RED, GREEN, BLUE = (200, 20, 20), (20, 160, 20), (20, 20, 200)


@pytest.fixture(autouse=True)
def _empty_storage(settings: Any, tmp_path: Any) -> None:
    settings.RENDITIONS_ROOT = tmp_path / "renditions"
    for name in _stored():
        default_storage.delete(name)


@pytest.fixture
def upload(staff: Client) -> Any:
    """A function that saves a product with one image in the admin and returns the image."""
    product_class = ProductClass.objects.create(name="Motor")
    category = Category.objects.add_root(instance=Category(name="Motors"))

    def save(name: str, data: bytes) -> ProductImage | None:
        product = Product.objects.create(
            title=f"Motor {Product.objects.count()}", product_class=product_class
        )
        empty = {
            f"{prefix}-{count}_FORMS": 0
            for prefix in (
                "facts",
                "stockrecords",
                "primary_recommendations",
                "images",
                "external_offers",
                "kit_components",
            )
            for count in ("TOTAL", "INITIAL")
        }
        form = {
            "title": product.title, "weight_g": "1",
            "priority": "0", "categories": [category.pk], **empty,
            "new_images": SimpleUploadedFile(name, data),
        }  # fmt: skip
        url = reverse("admin:catalogue_product_change", args=[product.pk])
        answer = submit(staff, url, form)
        assert answer.status_code in (200, 302)
        image = product.images.first()
        if image:
            assert measure(image)
        else:
            text = answer.content.decode()
            save.message = text  # type: ignore[attr-defined]
        return image

    return save


def _picture(colour: tuple[int, int, int], kind: str = "PNG", **options: Any) -> bytes:
    return files.encoded(Image.new("RGB", (700, 350), colour), kind, **options)


def _served(client: Client, image: ProductImage, extension: str, width: int = 320) -> bytes:
    answer = client.get(renditions.url(str(image.original.name), width, extension))
    assert answer.status_code == 200
    return answer.content


def _colour(data: bytes) -> tuple[int, ...]:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB").getpixel((image.width // 2, image.height // 2))


def _stored(folder: str = "images") -> set[str]:
    """Return the names of all files in a folder of the storage."""
    if not default_storage.exists(folder):
        return set()
    folders, names = default_storage.listdir(folder)
    inside = set().union(*(_stored(f"{folder}/{name}") for name in folders))
    return inside | {f"{folder}/{name}" for name in names}


def _is_near(found: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    return all(abs(one - other) <= 2 for one, other in zip(found, expected, strict=True))


# Mutation: with the name that staff gave, the second "front.png" is "front_1a2b3c.png" only as
# long as the first one is stored.
def test_images_of_one_name_have_their_own_renditions(upload: Any, client: Client):
    uploads = [("front.png", RED, "PNG"), ("front.jpg", GREEN, "JPEG"), ("front.png", BLUE, "PNG")]
    images = [upload(name, _picture(colour, kind)) for name, colour, kind in uploads]
    assert len({image.original.name for image in images}) == 3
    for image, (_, colour, _) in zip(images, uploads, strict=True):
        for extension in renditions.FORMATS:
            assert _is_near(_colour(_served(client, image, extension)), colour)


def test_name_of_a_deleted_image_never_shows_another_one(upload: Any, client: Client):
    first = upload("front.png", _picture(RED))
    assert _is_near(_colour(_served(client, first, "webp")), RED)
    default_storage.delete(first.original.name)
    first.delete()
    second = upload("front.png", _picture(BLUE))
    assert second.original.name != first.original.name
    assert _is_near(_colour(_served(client, second, "webp")), BLUE)


def test_photo_of_a_phone_keeps_only_its_pixels_in_every_rendition(upload: Any, client: Client):
    data = _picture(
        (200, 100, 50), "JPEG", quality=100, subsampling=0, exif=files.exif(6),
        icc_profile=files.p3_profile(), comment=files.SECRET,
    )  # fmt: skip
    image = upload("IMG_0001.jpg", data)
    assert (image.width, image.height) == (350, 700)
    with image.original.open() as original:
        copies = [original.read()]
    copies += [
        _served(client, image, extension, width)
        for extension in renditions.FORMATS
        for width in renditions.widths(350)
    ]
    assert len(copies) == 5
    for copy in copies:
        assert files.SECRET not in copy
        assert _is_near(_colour(copy), files.srgb_of_p3((200, 100, 50)))
        with Image.open(io.BytesIO(copy)) as opened:
            assert opened.width < opened.height
            assert not opened.getexif()
            assert "icc_profile" not in opened.info


def test_original_that_was_stored_as_it_came_has_clean_renditions(upload: Any, client: Client):
    """Such files are from before uploads were re-encoded, or from a script."""
    image = upload("a.png", _picture(RED))
    wide = files.encoded(
        Image.new("RGB", (700, 350), (200, 100, 50)), icc_profile=files.p3_profile()
    )
    name = default_storage.save("images/script.png", io.BytesIO(wide))  # type: ignore[arg-type]
    ProductImage.objects.filter(pk=image.pk).update(original=name)
    image.refresh_from_db()
    for extension in renditions.FORMATS:
        for width in (320, 640, 700):
            copy = _served(client, image, extension, width)
            assert _is_near(_colour(copy), files.srgb_of_p3((200, 100, 50)))
            assert files.SECRET not in copy
            assert b"icc" not in copy.lower()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (files.encoded(Image.effect_noise((99, 99), 99))[:2000], "front.png cannot be read."),
        (
            files.encoded(
                Image.new("RGB", (9, 9)), save_all=True, append_images=[Image.new("RGB", (9, 9), 9)]
            ),
            "front.png is animated.",
        ),
    ],
    ids=["cut off", "animated"],
)
def test_invalid_image_is_rejected_and_nothing_is_stored(upload: Any, data: bytes, message: str):
    before = _stored()
    assert upload("front.png", data) is None
    assert message in upload.message
    assert not ProductImage.objects.exists()
    assert _stored() == before


def test_category_image_is_re_encoded(staff: Client):
    category = Category.objects.add_root(instance=Category(name="Motors"))
    url = reverse("admin:catalogue_category_change", args=[category.pk])
    data = _picture((200, 100, 50), "JPEG", exif=files.exif(6), icc_profile=files.p3_profile())
    form = {"name": "Motors", "slug": "motors", "image": SimpleUploadedFile("m.jpg", data)}
    answer = submit(staff, url, form)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    category.refresh_from_db()
    with category.image.open() as file:
        stored = file.read()
    assert files.SECRET not in stored
    assert _is_near(_colour(stored), files.srgb_of_p3((200, 100, 50)))
    form["image"] = SimpleUploadedFile("m.jpg", data[:400])
    assert "m.jpg cannot be read." in submit(staff, url, form).content.decode()
    before = category.image.name
    category.refresh_from_db()
    assert category.image.name == before
