"""The printed settings of section 3 load, and a setting without its source is refused."""

import pytest

from reference_results import ReferenceDataError, hyperparameters
from reference_results.hyperparameters import parse_hyperparameters


def test_the_settings_of_each_task_are_those_of_section_3() -> None:
    printed = hyperparameters("rin_2018")
    assert printed["adding"]["lengths"].value == [200, 300, 400]
    assert printed["adding"]["learning_rates"].value == [1e-4, 1e-5, 1e-6]
    assert printed["adding"]["batch_size"].value == 32
    assert printed["pixel_mnist"]["learning_rate"].value == 1e-6
    assert printed["pixel_mnist"]["batch_size"].value == 128
    assert printed["babi"]["learning_rate_irnn"].value == 1e-4
    assert printed["babi"]["embedding"].value == 200
    assert printed["initialisation"]["gaussian"].value == 1e-3


def test_a_paper_without_settings_is_refused() -> None:
    with pytest.raises(ReferenceDataError, match="rin_2018"):
        hyperparameters("nobody_2020")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[a.b]\nvalue = 1\nquote = "x"', "locator is missing"),
        ('[a.b]\nvalue = 1\nlocator = "section 1"', "quote is missing"),
        ('[a.b]\nlocator = "section 1"\nquote = "x"', "value is missing"),
        ('[a.b]\nvalue = 1\nlocator = "section 1"\nquote = "x"\nnote = "y"', "unknown field 'note'"),
        ("[a]\nb = 1", "a setting is a table"),
        ("[a.b", "not TOML"),
    ],
)
def test_a_setting_without_its_source_is_refused_in_one_line(text: str, complaint: str) -> None:
    with pytest.raises(ReferenceDataError, match=complaint) as refused:
        parse_hyperparameters(text, "hyperparameters.toml")
    assert str(refused.value).startswith("hyperparameters.toml")
    assert "\n" not in str(refused.value)


def test_zero_is_a_value() -> None:
    setting = parse_hyperparameters('[a.b]\nvalue = 0\nlocator = "section 1"\nquote = "x"', "f")["a"]["b"]
    assert setting.value == 0
