"""Customers' photos of what they return: JPEG, and nothing but pixels."""

from django.core.files.uploadedfile import UploadedFile

from checkout.returns.models import Return, ReturnPhoto
from microflight.core import image_uploads
from microflight.core.image_uploads import EncodedImage

MAX_PHOTOS = 6  # per return
LONGEST_SIDE = 2000  # pixels of the stored photo


def reencode(upload: UploadedFile) -> EncodedImage:
    """Return an upload as a clean JPEG; raise InvalidImage."""
    return image_uploads.reencode(upload, box=(LONGEST_SIDE, LONGEST_SIDE), always_jpeg=True)


def save_photo(parent: Return, photo: EncodedImage) -> ReturnPhoto:
    """Store a photo of a return under a random file name."""
    row = ReturnPhoto(parent=parent, width=photo.width, height=photo.height)
    row.file.save(f"{row.key}.jpg", photo, save=False)
    row.save()
    return row
