"""PDFs as they come, and as they should not."""

import io
import zlib

from pypdf import PdfReader, PdfWriter


def pdf(*pages: str) -> bytes:
    """A file with one line of text on each page."""
    return _file([f"BT /F1 12 Tf 72 720 Td ({page}) Tj ET".encode() for page in pages])


def scanned() -> bytes:
    """A page without text."""
    return _file([b"0 0 100 100 re f"])


def encrypted(password: str, *, algorithm: str = "AES-256") -> bytes:
    """A file that opens with a password."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("behind a password"))))
    writer.encrypt(password, "the owner's", algorithm=algorithm)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def bomb(megabytes: int) -> bytes:
    """A page whose content unpacks to so much."""
    packer = zlib.compressobj(9)
    block = b"(x) Tj " * (1024 * 1024 // 7)
    packed = b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()
    return _file([packed], b"/Filter /FlateDecode ")


def _file(contents: list[bytes], facts: bytes = b"") -> bytes:
    """A file with these pages; `facts` stand in the dictionary of each page's content."""
    numbers = [4 + 2 * place for place in range(len(contents))]
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(contents)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, content in zip(numbers, contents, strict=True):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % (number + 1)
        )
        length = b"<< %s/Length %d >>\nstream\n" % (facts, len(content))
        objects.append(length + content + b"\nendstream")
    found, places = b"%PDF-1.7\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(found))
        found += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    end = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1,
        len(found),
    )
    return found + head + table + end
