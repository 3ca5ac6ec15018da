"""Escapes and bombs that people try on template engines; none may run, none may cost much."""

from itertools import product

_CHAINS = (
    "__class__", "__class__.__mro__", "__class__.__base__.__subclasses__()", "__init__.__globals__",
    "__dict__", "__globals__", "__builtins__", "__subclasses__()", "__reduce_ex__(2)", "__getattribute__('x')",
    "mro()", "format_map({})", "_data", "_budget", "_reference", "__slots__", "__iter__()", "__len__()",
)  # fmt: skip
_BASES = ("input", "''", "[]", "{}", "1", "input.rows", "range", "nodes")
_CALLS = (
    "__import__('os').system('touch MARK')", "eval('1')", "exec('1')", "open('/etc/passwd').read()",
    "globals()", "locals()", "vars()", "dir()", "getattr(input, '__class__')", "compile('1','','eval')",
    "namespace(a=1)", "cycler(1,2)", "joiner(',')", "lipsum()", "debug()", "dict(a=1)", "self", "caller()",
    "super()", "now()", "_b", "_m", "_b.steps", "_arithmetic(_b, '+', 1, 2)", "_f_upper(_b, 'a')",
    "input.update({'a': 1})", "input.rows.append(1)", "input.rows.clear()", "input.pop('rows')",
    "input.setdefault('x', 1)", "input.rows.sort()", "input.keys()", "input.items()",
    "''.join(input.rows)", "'{0.__class__}'.format(input)", "'%s' % input", "input.rows.__setitem__(0, 1)",
    "range.__class__", "cycler.__init__.__globals__.os.popen('id').read()",
    "lipsum.__globals__['os'].popen('id').read()", "config", "request", "get_flashed_messages()", "url_for()",
    "input|attr('__class__')", "input|attr('_data')", "''|attr('__class__')|attr('__mro__')",
    "input|map('attr', '__class__')|list", "input.rows|map('__class__')|list", "input|pprint", "input|safe",
    "input.rows|select('__class__')|list", "input|xmlattr", "input|random", "input|filesizeformat",
    "'x'|e|attr('x')", "input is callable", "input is sameas(input)", "input|forceescape",
    "['__class__']|map('string')|map(attribute='__class__')|list", "input['__class__']",
    "input['__class__']['__mro__'][1]", "(input|first)['__class__']", "input.rows[input.__class__]",
    "input.rows|sort(attribute='__class__')", "input.rows|groupby('__class__')",
    "input.rows|sum(attribute='__class__')", "input.rows|map(attribute='__class__')|list",
    "lambda: 1", "[x for x in input]", "input := 1", "import os", "os.system('id')", "`id`", "$(id)",
    "${7*7}", "#{7*7}", "<%= 7*7 %>", "{%25 x %25}", "\x00", "\ud800", "{{ 1 }}", "'\\u0000'", "'\\ud800'",
)  # fmt: skip
_STATEMENTS = (
    "{% import 'os' as os %}", "{% from 'os' import system %}", "{% include '/etc/passwd' %}",
    "{% extends 'x' %}", "{% block a %}{% endblock %}", "{% set a = 1 %}", "{% macro a() %}{% endmacro %}",
    "{% call a() %}{% endcall %}", "{% filter upper %}{% endfilter %}", "{% do input.clear() %}",
    "{% autoescape false %}{% endautoescape %}", "{% raw %}{{ 1 }}{% endraw %}", "{% with a=1 %}{% endwith %}",
    "{% debug %}", "{% trans %}{% endtrans %}", "{% for _b in input.rows %}{{ _b }}{% endfor %}",
    "{% for loop in input.rows %}{{ loop.__class__ }}{% endfor %}", "{% for a in input.rows recursive %}{{ loop(a) }}{% endfor %}",
    "{% if input.__class__ %}x{% endif %}", "{% for a in input.__dict__ %}{% endfor %}",
)  # fmt: skip

ESCAPES: tuple[str, ...] = (
    *("{{ " + f"{base}.{chain}" + " }}" for base, chain in product(_BASES, _CHAINS)),
    *("{{ " + call + " }}" for call in _CALLS),
    *_STATEMENTS,
)

_BIG = "'x' * 1000000000"
BOMBS: tuple[str, ...] = (
    "{{ [[[[1]*100]*100]*100]*100 }}",
    "{{ " + _BIG + " }}",
    "{{ 'x'|replace('x', 'xxxxxxxxxx')" + "|replace('x', 'xxxxxxxxxx')" * 12 + " }}",
    "{{ range(10000000) | list }}",
    "{{ range(10000) | map('string') | join('" + "y" * 3_000 + "') }}",
    "{{ 9 ** 9 ** 9 ** 9 }}",
    "{{ 9 ** 999999999 }}",
    "{{ 10 ** 18 * 10 ** 18 * 10 ** 18 }}",
    "{{ " + "(" * 2_000 + "1" + ")" * 2_000 + " }}",
    "{{ " + "[" * 1_500 + "]" * 1_500 + " }}",
    "{{ " + "-" * 3_000 + "1 }}",
    "{{ " + "not " * 900 + "true }}",
    "{{ " + "1+" * 1_900 + "1 }}",
    "{{ input" + ".a" * 1_900 + " }}",
    "{{ 1" + "|abs" * 900 + " }}",
    "{{ 'a' ~ 'a'" + " ~ input.long" * 200 + " }}",
    "{{ input.long | indent(1000000) }}",
    "{{ input.long | indent(100) | indent(100) | indent(100) }}",
    "{{ '%999999999d' | format(1) }}",
    "{{ '%.999999999f' | format(1.5) }}",
    "{{ input.long | urlencode | urlencode | urlencode | urlencode | urlencode | urlencode }}",
    "{{ input.long | escape | escape | escape | escape | escape | escape | escape | escape }}",
    "{{ input.long | tojson | tojson | tojson | tojson | tojson | tojson | tojson | tojson | tojson }}",
    "{{ input.many | batch(1) | batch(1) | batch(1) | batch(1) | tojson }}",
    "{{ input.many | zip(input.many, input.many, input.many) | tojson | length }}",
    "{{ input.many | map('tojson') | map('tojson') | map('tojson') | join }}",
    "{{ [input.many, input.many, input.many, input.many] | tojson }}" * 40,
    "{{ input.long | split('') }}",
    "{{ input.long | replace('', input.long) }}",
    "{{ range(10000) | map('string') | sort | groupby('x') }}",
    "{{ 1e308 * 1e308 }}",
    "{{ 0.0 / 0 }}",
    "{{ '9' * 100000 | int }}",
    "{{ " + "'" + "9" * 3_900 + "' | int }}",
    "{{ " + "9" * 3_900 + " }}",
    "{{ input }}" * 300,
    "{{ input.deep }}" + "x" * 5_000,
)
TEXT_BOMBS: tuple[str, ...] = (
    "{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}",
    "{% for a in range(10000) %}{{ input.long }}{% endfor %}",
    "{% for a in range(9) %}" * 200 + "{% endfor %}" * 200,
    "{% if true %}" * 600 + "{% endif %}" * 600,
    "{% for a in range(10000) %}{{ range(10000) | sum }}{% endfor %}",
)
