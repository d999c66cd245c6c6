"""What a merchant's template may hold, and what it makes of values."""

import pytest

from saleor_aftersale.followups import handlebars
from saleor_aftersale.followups.handlebars import Fault

HELPERS = {"": lambda value: "" if value is None else str(value), "loud": lambda value: f"{value}!"}

CONTEXT = {
    "name": "Anna",
    "empty": "",
    "nothing": None,
    "lines": [{"product": "Kettle", "tags": ["a", "b"]}, {"product": "Mug", "tags": []}],
    "none": [],
    "one": {"deep": {"er": "x"}},
}


def filled(source):
    return handlebars.fill(handlebars.parse(source, ["loud"]), CONTEXT, HELPERS)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hello {{name}}, {{ name }}.", "Hello Anna, Anna."),
        ("{{missing}}{{nothing}}{{one.deep.er}}{{one.deep.no}}{{name.no}}", "x"),
        ("{{#if name}}yes{{else}}no{{/if}}", "yes"),
        ("{{#if empty}}yes{{else}}no{{/if}}{{#if none}}1{{/if}}{{#if missing}}2{{/if}}", "no"),
        ("{{#unless empty}}a{{else}}b{{/unless}}{{#unless name}}c{{else}}d{{/unless}}", "ad"),
        (
            "{{#each lines}}{{@index}}:{{product}}{{#unless @last}}, {{/unless}}{{/each}}",
            "0:Kettle, 1:Mug",
        ),
        (
            "{{#each lines}}{{#if @first}}{{product}} of {{../name}}{{/if}}{{/each}}",
            "Kettle of Anna",
        ),
        (
            "{{#each lines}}{{#each tags}}{{this}}{{../product}}{{../../name}} {{/each}}{{/each}}",
            "aKettleAnna bKettleAnna ",
        ),
        ("{{#each none}}1{{else}}nothing{{/each}}{{#each name}}2{{/each}}", "nothing"),
        ("{{#with one.deep}}{{er}}{{this.er}}{{/with}}{{#with nothing}}1{{else}}2{{/with}}", "xx2"),
        ('{{loud name}}{{loud "a b"}}', "Anna!a b!"),
        ("a{{! a note }}b{{!-- another --}}c", "abc"),
        ("a\n{{#if name}}\nb\n{{/if}}\nc\n", "a\nb\nc\n"),
        ("a {{#if name}}\nb{{/if}}\nc", "a \nb\nc"),
        ("{ {{name}} }", "{ Anna }"),
    ],
)
def test_template_is_filled_in(source, text):
    assert filled(source) == text


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("a\n{{#if name}}\n", 2, "never closed"),
        ("a\n\n{{/if}}", 3, "closes nothing"),
        ("{{#if name}}{{/each}}", 1, "closes nothing"),
        ("{{else}}", 1, "belongs into a block"),
        ("{{#if name}}{{else}}{{else}}{{/if}}", 1, "once"),
        ("{{#if empty}}A\n{{else if name}}B{{/if}}", 2, "else if"),
        ("{{#while name}}", 1, "only: if, unless, each, with"),
        ("{{#if}}", 1, "needs the name"),
        ("{{#if name name}}", 1, "needs the name of one"),
        ("{{log name}}", 1, "only: loud"),
        ("{{loud}}", 1, "needs something"),
        ("{{{name}}}", 1, "not the name of a value"),
        ("{{> part}}", 1, "can't be used"),
        ("{{&name}}", 1, "not the name of a value"),
        ("{{name.__class__}}", 1, "not the name of a value"),
        ("{{_name}}", 1, "not the name of a value"),
        ("{{name.[0]}}", 1, "not the name of a value"),
        ("{{@root}}", 1, "not the name of a value"),
        ("{{name()}}", 1, "not the name of a value"),
        ("{{}}", 1, "name"),
        ('{{"a"}}', 1, "name"),
        ('{{loud "a}}', 1, "quote"),
        ("a\n{{name", 2, "fit together"),
        ("name}}", 1, "fit together"),
        ("{{#if a}}" * 6, 1, "More than 5"),
    ],
)
def test_template_is_refused_with_its_line(source, line, words):
    with pytest.raises(Fault, match=words) as fault:
        handlebars.parse(source, ["loud"])

    assert fault.value.line == line


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{missing}}", "There is no missing. Known here: empty, lines, name, none, nothing, one"),
        ("{{#each lines}}{{name}}{{/each}}", "There is no name. Known here: product, tags."),
        ("{{#each name}}{{/each}}", "name is no list"),
        ("{{#with name}}{{/with}}", "name has nothing inside"),
        ("{{#if lines}}\n{{loud more}}{{/if}}", "There is no more"),
    ],
)
def test_template_is_refused_when_a_name_is_not_in_the_sample(source, words):
    parts = handlebars.parse(source, ["loud"])

    with pytest.raises(Fault, match=words):
        handlebars.check(parts, CONTEXT)


@pytest.mark.parametrize("source", ["{{name}}{{#each lines}}{{product}}{{../name}}{{/each}}", "x"])
def test_template_is_fine_when_its_names_are_in_the_sample(source):
    handlebars.check(handlebars.parse(source, []), CONTEXT)


def test_nothing_of_python_can_be_reached():
    class Secret:
        password = "hidden"

    parts = handlebars.parse("{{it.password}}{{it.items}}{{text.upper}}", [])

    assert handlebars.fill(parts, {"it": Secret(), "text": "x"}, HELPERS) == ""


def test_loop_ends_when_the_mail_grows_too_long():
    source = "{{#each l}}{{#each ../l}}{{#each ../../l}}words {{/each}}{{/each}}{{/each}}"
    parts = handlebars.parse(source, [])

    with pytest.raises(Fault, match="grows too long"):
        handlebars.fill(parts, {"l": ["x"] * 1000}, HELPERS)
