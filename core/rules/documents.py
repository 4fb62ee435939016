"""What a document is, told by its content. Its name and what the browser claims are not asked."""

import io
import zipfile

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
TEXT = "text/plain"
CSV = "text/csv"

SUFFIXES = {PDF: ".pdf", WORD: ".docx", EXCEL: ".xlsx", TEXT: ".txt", CSV: ".csv"}
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\x1b")
_MARKUP = (b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script")


def content_type_of(data: bytes, name: str) -> str | None:
    """The content type of a PDF, Word, Excel, CSV or text file; None for anything else.

    The name decides only between plain text and CSV, which look alike.
    """
    if data.startswith(b"%PDF-"):
        return PDF
    if data.startswith(b"PK\x03\x04"):
        return _office_type(data)
    if _is_text(data):
        return CSV if name.lower().endswith(".csv") else TEXT
    return None


def _office_type(data: bytes) -> str | None:
    """Looks at the list of contents only; nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile:
        return None
    if "[Content_Types].xml" not in names or any(name.endswith("vbaProject.bin") for name in names):
        return None
    if "word/document.xml" in names:
        return WORD
    return EXCEL if "xl/workbook.xml" in names else None


def _is_text(data: bytes) -> bool:
    """No control characters, and no markup that a browser might run."""
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:16].lower().startswith(_MARKUP):
        return False
    return not any(byte < 32 and byte not in _TEXT_CONTROLS for byte in set(data))
