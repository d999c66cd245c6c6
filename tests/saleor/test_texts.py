"""Every sentence exists in every language, and the compiled catalogues say the same."""

import re
from pathlib import Path

import django
import pytest
from babel.messages import mofile, pofile
from django.conf import settings
from django.template.backends.django import DjangoTemplates
from django.template.base import Node

import saleor_aftersale

PACKAGE = Path(saleor_aftersale.__file__).parent
TEMPLATES = PACKAGE / "templates"
LOCALE = PACKAGE / "locale"

if not settings.configured:
    settings.configure(INSTALLED_APPS=[], USE_I18N=True, USE_TZ=True, LOCALE_PATHS=[str(LOCALE)])
    django.setup()

from django.utils import translation  # noqa: E402 -- settings first

from saleor_aftersale import texts  # noqa: E402 -- settings first
from saleor_aftersale.returns import policy, states  # noqa: E402 -- settings first
from saleor_aftersale.tracking import incidents  # noqa: E402 -- settings first
from saleor_aftersale.tracking.statuses import ShipmentStatus  # noqa: E402 -- settings first
from saleor_aftersale.tracking.timeline import (  # noqa: E402 -- settings first
    MilestoneCode,
    MilestoneState,
)

TRANSLATED = [language for language in texts.LANGUAGES if language != "en"]
PLURALS = {"pl": 4, "bg": 2, "ru": 4}


def template_names():
    files = [file for file in TEMPLATES.rglob("*") if file.suffix in (".html", ".txt")]
    return sorted(file.relative_to(TEMPLATES).as_posix() for file in files if file.is_file())


def template_messages(name):
    """Context and sentence (or both forms of it) of every translation in a template."""
    options = {"NAME": "texts", "DIRS": [str(TEMPLATES)], "APP_DIRS": False, "OPTIONS": {}}
    template = DjangoTemplates(options).get_template(name).template
    for node in template.nodelist.get_nodes_by_type(Node):
        if hasattr(node, "plural"):
            forms = [part for part in (node.singular, node.plural) if part]
            sentence = tuple(node.render_token_list(part)[0] for part in forms)
            yield node.message_context, sentence if len(sentence) > 1 else sentence[0]
        elif hasattr(node, "noop"):
            yield node.message_context, str(node.filter_expression.var.literal)


def all_sentences():
    """Every sentence of texts.py and of the templates."""
    with translation.override(None):
        found = {str(sentence) for sentence in texts.TEXTS.values()}
    for name in template_names():
        found |= {sentence for _, sentence in template_messages(name)}
    return found


def po_of(language):
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return pofile.read_po(file, locale=language)


def mo_of(language):
    with (LOCALE / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        return mofile.read_mo(file)


def entries(catalogue):
    """(context, sentence or its two forms) -> tuple of translated forms."""
    found = {}
    for entry in catalogue:
        if entry.id:
            # babel reads the context of a .mo as bytes.
            context = entry.context.decode() if isinstance(entry.context, bytes) else entry.context
            sentence = entry.id if isinstance(entry.id, str) else tuple(entry.id)
            found[context, sentence] = forms(entry.string)
    return found


def forms(string):
    return (string,) if isinstance(string, str) else tuple(string)


def placeholders(string):
    return set(re.findall(r"%\(\w+\)s", string))


@pytest.mark.parametrize("language", TRANSLATED)
def test_po_holds_exactly_our_sentences_when_compared_with_code_and_templates(language):
    known = {(texts.CONTEXT, sentence) for sentence in all_sentences()}

    held = set(entries(po_of(language)))

    assert (known - held, held - known) == (set(), set())


@pytest.mark.parametrize("language", TRANSLATED)
def test_po_has_nothing_open_when_read(language):
    catalogue = po_of(language)

    fuzzy = [entry.id for entry in catalogue if entry.id and entry.fuzzy]
    empty = [entry.id for entry in catalogue if not all(forms(entry.string))]

    assert (fuzzy, empty, list(catalogue.obsolete)) == ([], [], [])
    assert catalogue.fuzzy is False


@pytest.mark.parametrize("language", TRANSLATED)
def test_translation_has_the_placeholders_of_its_sentence_when_there_are_some(language):
    for (_, sentence), translated in entries(po_of(language)).items():
        wanted = placeholders(forms(sentence)[-1])

        assert [placeholders(form) for form in translated] == [wanted] * len(translated)


@pytest.mark.parametrize("language", TRANSLATED)
def test_translation_has_every_plural_form_when_it_counts(language):
    plurals = [e for e in po_of(language) if e.id and not isinstance(e.id, str)]

    assert [len(entry.string) for entry in plurals] == [PLURALS[language]] * len(plurals)


@pytest.mark.parametrize("language", TRANSLATED)
def test_mo_equals_its_po_when_both_are_read(language):
    compiled, source = mo_of(language), po_of(language)

    assert entries(compiled) == entries(source)
    assert compiled.num_plurals == source.num_plurals == PLURALS[language]


@pytest.mark.parametrize("name", template_names())
def test_template_translates_in_our_context_when_it_translates(name):
    contexts = [context and context.resolve({}) for context, _ in template_messages(name)]

    assert contexts == [texts.CONTEXT] * len(contexts)


@pytest.mark.parametrize("name", template_names())
def test_template_has_no_bare_words_when_its_tags_are_removed(name):
    source = (TEMPLATES / name).read_text(encoding="utf-8")

    source = re.sub(r"{% blocktrans.*?{% endblocktrans %}", "", source, flags=re.S)
    source = re.sub(r"{[{%#].*?[}%#]}", "", source)
    source = re.sub(r"<style[^>]*>.*?</style>|<[^>]*>", "", source, flags=re.S)

    assert set(re.findall(r"[^\W\d_]{2,}", source)) <= {"UTC"}


def _codes_of_acts():
    """What a customer can do for each reason, and who acts else."""
    by_customer = {
        reason.value
        for reason in incidents.Reason
        if incidents.acts(reason) is incidents.Actor.CUSTOMER
    }
    return by_customer | {"MERCHANT", "NOBODY", "READY_FOR_PICKUP", "ATTEMPT_FAILED"}


def test_codes_have_a_sentence_when_rules_can_give_them():
    wanted = {"parcel." + status.value for status in ShipmentStatus}
    wanted |= {"milestone." + code.value for code in MilestoneCode}
    wanted |= {"milestone_state." + state.value for state in MilestoneState}
    wanted |= {"return." + state.value for state in states.ReturnState}
    wanted |= {"parcel.WAITS_UNTIL", "parcel.LATE", "parcel.STALLED", "entry.LATE", "entry.STALLED"}
    wanted |= {"incident." + reason.value for reason in incidents.Reason}
    wanted |= {"act." + code for code in _codes_of_acts()}
    wanted |= {"refusal." + refusal.value for refusal in policy.Refusal}
    wanted |= {"refusal." + code for code in policy.DECLINE_CODES}
    wanted |= {"reason." + code for code in policy.REASONS}

    assert wanted - set(texts.codes()) == set()


@pytest.mark.parametrize(
    "language, sentence",
    [
        ("en", "1 of 2 parcels delivered"),
        ("pl", "Doręczone paczki: 1 z 2"),
        ("bg", "Доставени пратки: 1 от 2"),
        ("ru", "Доставлено посылок: 1 из 2"),
    ],
)
def test_text_fills_in_numbers_when_a_language_is_active(language, sentence):
    with texts.in_language(language):
        assert texts.text("parcels.delivered", delivered=1, total=2) == sentence


def test_text_is_readable_when_the_code_has_no_sentence():
    assert texts.text("order.NEW_WORD") == "New word"


@pytest.mark.parametrize(
    "wishes, language",
    [(("pl-PL",), "pl"), (("RU_ru",), "ru"), (("de", "bg"), "bg"), (("de",), "en"), ((), "en")],
)
def test_language_is_the_first_we_have_when_several_are_wished(wishes, language):
    assert texts.language_for(*wishes) == language
