"""Encodings, separators, lines, dates and headings as foreign systems write them."""

import io

import pytest

from integrations.rules import columns, dates, encodings, fields, tables


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Motor ok\n", "utf-8"),
        ("Küche;Größe\n", "utf-8"),
        ("Küchenlüfter;Größe straße\n", "cp1252"),
        ("10 €;Prüfung – ok\n", "cp1252"),
        ("Привет насос котёл проверка\n" * 5, "cp1251"),
        ("\ufeffKüche\n", "utf-8"),
        ("Küche\n", "utf-16"),
    ],
)
def test_a_text_is_read_in_its_encoding(text: str, encoding: str) -> None:
    data = text.encode(encoding)

    guess = encodings.guess(data)

    assert data.decode(guess.encoding) == text.removeprefix("\ufeff")
    assert guess.is_clean


def test_a_few_broken_bytes_do_not_spoil_utf8() -> None:
    guess = encodings.guess("Ärger über Öl ".encode() + b"21 \xb0C\n")

    assert (guess.encoding, guess.is_clean) == ("utf-8", False)
    assert guess.notice == "1 bytes are not valid UTF-8 and become “�”."


@pytest.mark.parametrize("delimiter", list(tables.DELIMITERS))
def test_the_separator_is_found_even_beside_other_signs(delimiter: str) -> None:
    lines = [["code", "name"], ["A", "Pump, old; noisy"], ["B", 'two\nlines "quoted"']]
    text = "\n".join(
        delimiter.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines
    )

    assert tables.find_delimiter(text) == delimiter


def test_lines_are_counted_through_quoted_line_breaks() -> None:
    text = 'code,notes\r\nA,"one\r\ntwo\r\nthree"\r\n\r\nB,x\r\n"C\n",y\nD,z'

    records = list(tables.read_records(io.StringIO(text, newline=""), ","))

    assert [(record.line, record.values[0].strip()) for record in records] == [
        (1, "code"), (2, "A"), (6, "B"), (7, "C"), (9, "D"),
    ]  # fmt: skip


def test_a_quotation_that_never_ends_names_its_line() -> None:
    text = "code,notes\nA,x\nB," + '"' + "y" * (tables.LONGEST_FIELD + 1)

    with pytest.raises(tables.BadTable, match="Line 3 cannot be read"):
        list(tables.read_records(io.StringIO(text, newline=""), ","))


@pytest.mark.parametrize("cell", ['"Pump', '"Pump" spare', '"5" pipe"'])
def test_a_quotation_that_is_not_closed_swallows_no_lines(cell: str) -> None:
    text = f"code,name\nA,x\nB,{cell}\nC,Fan\nD,Gate\n"

    with pytest.raises(tables.BadTable, match="Line 3 cannot be read"):
        list(tables.read_records(io.StringIO(text, newline=""), ","))


def test_headings_are_unique_and_never_empty() -> None:
    assert tables.check_header([" Code ", "", "Code"]) == ["Code", "Column 2", "Code (2)"]
    with pytest.raises(tables.BadTable, match="201 columns"):
        tables.check_header(["x"] * 201)


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2026-03-04", "iso", "2026-03-04"),
        ("20260304", "dmy", "2026-03-04"),
        ("04/03/2026", "dmy", "2026-03-04"),
        ("04/03/2026", "mdy", "2026-04-03"),
        ("4.3.26", "dmy", "2026-03-04"),
        ("4 March 2026", "iso", "2026-03-04"),
        ("01/08/2025 05:00", "dmy", "2025-08-01T05:00:00"),
        ("3/4/2026 1:05 PM", "mdy", "2026-03-04T13:05:00"),
        ("12/1/2026 12:00 am", "mdy", "2026-12-01T00:00:00"),
        ("2024-03-02 16:25:04.594", "iso", "2024-03-02T16:25:04.594000"),
        ("2026-03-04T08:00:00Z", "iso", "2026-03-04T08:00:00+00:00"),
        ("2026-03-04T08:00-05:00", "iso", "2026-03-04T08:00:00-05:00"),
    ],
)  # fmt: skip
def test_dates_as_people_write_them(text: str, order: str, expected: str) -> None:
    assert dates.parse(text, order).isoformat() == expected


@pytest.mark.parametrize(
    "text", ["", "soon", "31/02/2026", "13/13/2026", "5/2026", "1/1/2026 25:00", "2026-13-04"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    for order in dates.ORDERS:
        with pytest.raises(
            ValueError, match=f"^“{text}” is not a date. Write a day of the calendar with"
        ):
            dates.parse(text, order)


@pytest.mark.parametrize(
    ("values", "order", "is_ambiguous", "unreadable"),
    [
        (["01/02/2026", "13/02/2026", ""], "dmy", False, 0),
        (["01/02/2026", "02/13/2026"], "mdy", False, 0),
        (["01/02/2026", "03/04/2026"], "dmy", True, 0),
        (["2026-01-02", "2026-03-04"], "iso", False, 0),
        (["03/03/2026"], "dmy", False, 0),
        (["13/02/2026", "soon"], "dmy", False, 1),
    ],
)
def test_the_order_of_day_and_month_is_decided_over_the_column(
    values: list[str], order: str, is_ambiguous: bool, unreadable: int
) -> None:
    finder = dates.OrderFinder()
    for value in values:
        finder.see(value)

    assert (finder.order, finder.is_ambiguous, finder.unreadable) == (
        order,
        is_ambiguous,
        unreadable,
    )


def test_columns_of_another_system_are_understood_by_name_and_values() -> None:
    header = ["Name", "Title", "Starts On", "Frequency", "Recurrence Type", "Asset Name", "Colour"]
    samples = {"Frequency": ["1", "2"], "Recurrence Type": ["weekly", "yearly"]}

    assert columns.propose(header, samples, fields.ENTITIES["schedules"]) == {
        "Title": "title",
        "Starts On": "start_at",
        "Frequency": "interval",
        "Recurrence Type": "frequency",
        "Asset Name": "resource",
    }


def test_every_word_of_a_choice_means_one_value() -> None:
    for entity in fields.ENTITIES.values():
        names = [field.name for field in entity]
        assert len(names) == len(set(names))
        for field in entity:
            for word, value in field.choices.items():
                assert columns.choice(field, word.upper()) == value
