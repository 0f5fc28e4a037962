"""Renditions: made by the first request for them, then served from the web server's disk."""

import io
import re
import threading
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from PIL import Image

from catalog import read_model, renditions
from catalog.images import srcset
from catalog.models import Product, ProductImage
from tests.catalog import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def root(settings, tmp_path):
    """An empty folder for renditions."""
    settings.RENDITIONS_ROOT = tmp_path / "renditions"
    return settings.RENDITIONS_ROOT


def _file(width: int, height: int, kind: str = "PNG", **options: object) -> bytes:
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.fixture
def upload():
    """A function that stores a file and returns its measured image row."""

    def store(content: bytes, name: str = "a.png", size: tuple[int, int] = (700, 350)):
        product = Product.objects.create(title="Part", structure=Product.STANDALONE)
        stored = default_storage.save(f"test/{name}", ContentFile(content))
        return ProductImage.objects.create(
            product=product, original=stored, width=size[0], height=size[1]
        )

    yield store
    for name in default_storage.listdir("test")[1]:
        default_storage.delete(f"test/{name}")


def _files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("original", "expected"),
    [(1200, [320, 640, 1200]), (2400, [320, 640, 1200]), (500, [320, 500]), (40, [40]), (0, [])],
)
def test_widths_never_exceed_the_original(original, expected):
    assert renditions.widths(original) == expected


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_every_offered_rendition_has_its_size_and_format(client, upload, root, kind):
    image = upload(_file(1600, 800, kind), f"a.{kind.lower()}", (1600, 800))
    for extension, media_type in renditions.FORMATS.items():
        for width in (320, 640, 1200):
            response = client.get(renditions.url(image.original.name, width, extension))
            assert response.status_code == 200
            assert response["Content-Type"] == media_type
            assert response["Cache-Control"] == "public, max-age=31536000, immutable"
            with Image.open(io.BytesIO(response.content)) as made:
                assert (made.size, made.format) == ((width, width // 2), extension.upper())
    assert len(_files(root)) == 6


def test_second_request_is_served_from_the_file_without_queries(
    client, upload, root, django_assert_num_queries
):
    url = renditions.url(upload(_file(700, 350)).original.name, 320, "avif")
    first = client.get(url)
    default_storage.delete("test/a.png")
    with django_assert_num_queries(0):
        second = client.get(url)
    assert second.content == first.content
    assert _files(root) == ["test/a.png.w320.avif"]
    assert (root / "test/a.png.w320.avif").stat().st_mode & 0o777 == 0o644


def test_deleted_renditions_are_made_again_with_the_same_bytes(client, upload, root):
    url = renditions.url(upload(_file(700, 350)).original.name, 320, "avif")
    first = client.get(url).content
    (root / "test/a.png.w320.avif").unlink()
    assert client.get(url).content == first


def test_images_that_differ_in_extension_have_their_own_renditions(client, upload):
    wide, tall = upload(_file(700, 350), "a.png"), upload(_file(350, 700, "JPEG"), "a.jpg")
    ProductImage.objects.filter(pk=tall.pk).update(width=350, height=700)
    for image, size in ((wide, (320, 160)), (tall, (320, 640))):
        response = client.get(renditions.url(image.original.name, 320, "webp"))
        assert Image.open(io.BytesIO(response.content)).size == size


def test_every_image_url_of_a_page_answers(client, upload):
    product = factories.product("Mayfly", sku="MF-1", pictures=0)
    ProductImage.objects.filter(pk=upload(_file(700, 350)).pk).update(product=product)
    read_model.refresh([product])
    html = client.get(product.get_absolute_url()).content.decode()
    urls = set(re.findall(r"/renditions/[^\s\",]+", html))
    assert len(urls) == 6  # three widths in two formats
    assert [client.get(url).status_code for url in urls] == [200] * 6


def test_name_with_spaces_and_accents_round_trips(client, upload):
    image = upload(_file(700, 350), "a.png")
    default_storage.save("test/b é%.png", ContentFile(_file(700, 350)))
    ProductImage.objects.filter(pk=image.pk).update(original="test/b é%.png")
    image.refresh_from_db()
    for entry in srcset(image, "webp").split(", "):
        assert client.get(entry.split()[0]).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "test/a.png.w641.avif",  # not a width that pages offer
        "test/a.png.w1200.avif",  # larger than the original
        "test/a.png.w0.avif",
        "test/a.png.w99999.avif",
        "test/a.png.w320.png",
        "test/a.png.w320.AVIF",
        "test/a.png",
        "test/absent.png.w320.avif",
        "test/plain.png.w320.avif",  # a file, but not a product image
        "test/broken.png.w320.avif",  # a row without a width: it could not be read
        "test/gone.png.w320.avif",  # a row whose file is lost
        "test/garbled.png.w320.avif",  # a row whose file is no image any more
        f"{'a' * 3000}.w320.avif",
        "test/a.png%00.w320.avif",
    ],
)
def test_rendition_that_no_page_offers_is_not_found_and_nothing_is_stored(
    client, upload, root, path
):
    upload(_file(700, 350))
    default_storage.save("test/plain.png", ContentFile(_file(700, 350)))
    upload(b"not an image", "broken.png", (0, 0))
    upload(b"not an image", "garbled.png")
    upload(_file(700, 350), "gone.png")
    default_storage.delete("test/gone.png")
    response = client.get(f"/renditions/{path}")
    assert response.status_code == 404
    assert "immutable" not in response.get("Cache-Control", "")
    assert _files(root) == []


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "%2e%2e/secret",
        "test/../../secret",
        "/etc/passwd",
        "..%2fsecret",
        "./../secret",
    ],
)
def test_url_that_leaves_the_folder_gets_4xx(client, root, path):
    root.mkdir()
    secret = root.parent / "secret.w320.avif"
    secret.write_text("secret")
    response = client.get(f"/renditions/{path}.w320.avif")
    assert response.status_code in (400, 404)
    assert b"secret\n" not in response.content
    assert response.content != b"secret"
    assert _files(root.parent) == ["secret.w320.avif"]


def test_post_is_not_allowed(client, upload, root):
    image = upload(_file(700, 350))
    assert client.post(renditions.url(image.original.name, 320, "avif")).status_code == 405
    assert _files(root) == []


def test_server_that_cannot_store_still_serves(client, upload, root):
    image = upload(_file(700, 350))
    root.write_text("a file where the folder should be")
    response = client.get(renditions.url(image.original.name, 320, "avif"))
    assert response.status_code == 200
    assert Image.open(io.BytesIO(response.content)).size == (320, 160)
    assert root.read_text() == "a file where the folder should be"


def test_interrupted_write_leaves_no_file(client, upload, root, monkeypatch):
    def fail(*args: object) -> None:
        raise OSError("disk full")

    image = upload(_file(700, 350))
    monkeypatch.setattr(Path, "replace", fail)
    assert client.get(renditions.url(image.original.name, 320, "avif")).status_code == 200
    assert _files(root) == []


def test_second_process_in_the_middle_of_the_first_ones_write(upload, root, monkeypatch):
    """Between the first one's last byte and its rename, the second sees no half file."""
    name = upload(_file(700, 350)).original.name
    original_replace, seen = Path.replace, []

    def replace(self: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "replace", original_replace)
        assert not target.exists()
        seen.append(renditions.read(name, 320, "avif"))
        return original_replace(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    first = renditions.read(name, 320, "avif")
    assert seen == [first]
    assert _files(root) == ["test/a.png.w320.avif"]
    assert (root / "test/a.png.w320.avif").read_bytes() == first


@pytest.mark.django_db(transaction=True)
def test_threads_that_request_a_new_rendition_at_once_get_the_same_file(upload, root):
    url = renditions.url(upload(_file(1600, 800), size=(1600, 800)).original.name, 640, "avif")
    start, responses = threading.Barrier(4), []

    def request() -> None:
        start.wait()
        responses.append(Client().get(url))
        connection.close()

    threads = [threading.Thread(target=request) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [response.status_code for response in responses] == [200] * 4
    assert len({response.content for response in responses}) == 1
    assert _files(root) == ["test/a.png.w640.avif"]
    assert (root / "test/a.png.w640.avif").read_bytes() == responses[0].content
