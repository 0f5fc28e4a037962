"""Images that staff chose in a form which is not saved yet.

They are stored in the media storage, which all web servers share, so that they are not lost if
another field has an error. Saving the form keeps the file; a daily job deletes the others.
"""

from datetime import timedelta

from django.core import signing
from django.core.files.storage import default_storage
from django.utils import timezone

from catalog.models import ProductImage
from microflight.core.image_uploads import EncodedImage

FOLDER = "images/uploads"
_SALT = "image upload"
_DAYS_CHECKED = 14  # in which a daily job runs at least once


def store(image: EncodedImage) -> str:
    """Store an image; return its signed name."""
    name = default_storage.save(f"{FOLDER}/{timezone.localdate()}/{image.name}", image)
    return signing.dumps(name, salt=_SALT)


def stored_name(signed: str) -> str:
    """Return the name of a stored file; empty if it is not signed, or deleted."""
    try:
        name = str(signing.loads(signed, salt=_SALT))
    except signing.BadSignature:
        return ""
    return name if default_storage.exists(name) else ""


def delete_old_uploads() -> int:
    """Delete the files that were stored before yesterday and belong to no product."""
    deleted = 0
    for days in range(2, 2 + _DAYS_CHECKED):
        folder = f"{FOLDER}/{timezone.localdate() - timedelta(days=days)}"
        if not default_storage.exists(folder):
            continue
        names = {f"{folder}/{name}" for name in default_storage.listdir(folder)[1]}
        used = ProductImage.objects.filter(original__in=names).values_list("original", flat=True)
        for name in names - set(used):
            default_storage.delete(name)
            deleted += 1
    return deleted
