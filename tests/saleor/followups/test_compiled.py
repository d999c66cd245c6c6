"""Compiled templates say to the letter what Django's own say."""

import pytest
from django.template import Context, Engine
from django.utils import translation
from django.utils.safestring import mark_safe

from saleor_aftersale import texts
from saleor_aftersale.followups import rendering
from saleor_aftersale.followups.compiled import Compiled, NotCompiled
from tests.saleor.followups import test_templates as mails

every_mail = mails.every_mail
every_language = mails.every_language

PARTS = {
    "frame.html": "[{% block head %}of {{ a }}{% endblock %}|{% block foot %}foot{% endblock %}]",
    "part.html": "<{{ label }}:{{ a }}>",
    "names.html": "{% load i18n %}{% trans 'Hello,' context 'aftersale' as label %}",
}
VALUES = {
    "a": "1 < 2",
    "safe": mark_safe("<b>"),
    "number": 12345,
    "nothing": None,
    "many": ["x", "y"],
    "pairs": [{"key": "k&", "value": 3}],
    "one": {"two": {"three": "deep"}},
    "on": mails.NOON,
    "long": "word " * 50,
    "spaced": " two \n words ",
}


def engine():
    loader = ("django.template.loaders.locmem.Loader", PARTS)
    return Engine(loaders=[loader], libraries=rendering._engine().libraries)


def both(source, language="pl"):
    """What Django and what we make of a template."""
    template = engine().from_string("{% load i18n %}" + source)
    with translation.override(language):
        return template.render(Context(dict(VALUES))), Compiled(template, language).render(VALUES)


@every_language
@every_mail
@pytest.mark.parametrize("context", [mails.normal, mails.sparse, mails.nasty, mails.long])
def test_mail_is_the_same_when_compiled(key, language, context):
    values = context(key, language)

    for part in rendering.PARTS:
        template = rendering.template(f"saleor_aftersale/mail/{key}/{part}")
        with texts.in_language(language):
            wanted = template.render(Context(dict(values)))
            assert Compiled(template, language).render(values) == wanted


@pytest.mark.parametrize(
    "source",
    [
        "{{ a }}|{{ safe }}|{{ number }}|{{ nothing }}|{{ missing }}|{{ missing.more }}",
        "{% autoescape off %}{{ a }}{% include 'part.html' %}{% endautoescape %}{{ a }}",
        "{{ one.two.three }}|{{ one.two }}|{{ many.0 }}|{{ many.9 }}|{{ many.count }}",
        "{{ a|upper }}|{{ on|date:'j E Y' }}|{{ a|linebreaksbr }}|{{ many|length }}",
        "{{ long|truncatewords:3|truncatechars:9 }}|{{ spaced|truncatewords:3|truncatechars:60 }}",
        "{{ number|truncatewords:3|truncatechars:60 }}|{{ safe|truncatewords:3|truncatechars:9 }}",
        "{% if a %}1{% elif nothing %}2{% else %}3{% endif %}",
        "{% if nothing %}1{% elif missing %}2{% else %}3{% endif %}",
        "{% if number > 5 and one.two %}1{% endif %}{% if a == 'x' %}2{% endif %}",
        "{% if missing|length > 1 %}1{% endif %}{% if True %}2{% endif %}",
        "{% for x in many %}{{ forloop.counter }}{{ forloop.last }}{{ x }}{% endfor %}{{ x }}",
        "{% for x in missing %}{{ x }}{% endfor %}{% for x in nothing %}{{ x }}{% endfor %}",
        "{% for p in pairs %}{{ p.key }}={{ p.value }}{% for x in many %}"
        "{{ forloop.parentloop.counter }}{% endfor %}{% endfor %}",
        "{% with b=a c=number %}{{ b }}{{ c }}{% endwith %}{{ b }}",
        "{% include 'part.html' with label=a %}{% include 'part.html' with label='x' only %}",
        "{% trans 'Hello,' context 'aftersale' as label %}{{ label }}{{ label|upper }}"
        "{% include 'part.html' with label=label only %}{% include 'part.html' %}",
        "{% if nothing %}{% trans 'Hello,' context 'aftersale' as label %}{% endif %}[{{ label }}]",
        "{% trans 'Hello,' context 'aftersale' as label %}{% if a %}"
        "{% trans 'Reason' context 'aftersale' as label %}{% endif %}[{{ label }}]",
        "{% for x in many %}[{{ label }}]{% trans 'Reason' context 'aftersale' as label %}"
        "{% endfor %}[{{ label }}]",
        "{% include 'names.html' %}[{{ label }}]",
        "{% with label=a %}{{ label }}{% endwith %}",
        "{% trans 'Hello,' context 'aftersale' as label %}{% with label=a %}{{ label }}"
        "{% endwith %}{{ label }}",
        "{% trans 'Hello,' context 'aftersale' as a %}{% for a in many %}{{ a }}{% endfor %}"
        "{{ a }}",
        "{% blocktrans context 'aftersale' with name=a trimmed %}Hello {{ name }},"
        "{% endblocktrans %}",
        "{% blocktrans %}100 % of {{ a }} and {{ missing }}{% endblocktrans %}{% trans '5 %' %}",
        "{% blocktrans asvar said %}of {{ a }}{% endblocktrans %}{{ said }}",
        "{% blocktrans count n=number %}one {{ a }}{% plural %}{{ n }} of {{ a }}"
        "{% endblocktrans %}",
        "{% comment %}no{% endcomment %}{# nor this #}yes",
    ],
)
def test_template_is_the_same_when_compiled(source):
    theirs, ours = both(source)

    assert ours == theirs


def test_frame_is_the_same_when_compiled():
    source = (
        "{% extends 'frame.html' %}{% load i18n %}{% block head %}"
        "{% trans 'Hello,' context 'aftersale' as foot %}{{ foot }}{% endblock %}"
        "{% block foot %}[{{ foot }}]{% endblock %}"
    )
    template = engine().from_string(source)

    with translation.override("pl"):
        theirs = template.render(Context(dict(VALUES)))

        assert Compiled(template, "pl").render(VALUES) == theirs


@pytest.mark.parametrize(
    "source",
    [
        "{% now 'Y' %}",
        "{% extends name %}",
        "{% include name %}",
        "{% for a, b in pairs %}{% endfor %}",
        "{% trans name %}",
        "{% extends 'frame.html' %}{% block head %}{{ block.super }}{% endblock %}",
    ],
)
def test_template_is_left_to_django_when_it_holds_something_else(source):
    load = "" if "extends" in source else "{% load i18n %}"
    template = engine().from_string(load + source)

    with pytest.raises(NotCompiled):
        Compiled(template, "en")


def test_every_mail_of_ours_is_compiled():
    for key in mails.CONTEXTS:
        for part in rendering.PARTS:
            assert rendering.renderer(f"{key}/{part}", "en").__name__ == "render"
