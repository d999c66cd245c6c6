"""Both host packages export what ``ports.py`` lists, read without importing them."""

import ast
from pathlib import Path

import pytest

HOST = Path(__file__).parents[2] / "saleor_aftersale" / "host"

#: An installation of 2.10.1 is done by naming its settings; they name its URLs.
ONLY_210 = {"settings.py", "urls.py"}


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def ports():
    """Body of each Protocol of ``ports.py`` by the module it describes."""
    return {
        node.name.lower(): node.body
        for node in tree_of(HOST / "ports.py").body
        if isinstance(node, ast.ClassDef) and any(base.id == "Protocol" for base in node.bases)
    }


def signature_of(function, *, skip=0):
    """Parameter names by kind, and which of them may be left out."""
    names = function.args
    return {
        "positional": [item.arg for item in names.posonlyargs + names.args][skip:],
        "defaults": len(names.defaults),
        "keyword_only": [item.arg for item in names.kwonlyargs],
        "keyword_defaults": [default is not None for default in names.kw_defaults],
        "rest": [item.arg for item in (names.vararg, names.kwarg) if item],
    }


def names_of(tree):
    """What a module defines or lists in ``__all__``; the list decides where there is one."""
    listed, defined = None, set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            defined.add(node.name)
        elif isinstance(node, ast.Assign):
            defined |= {target.id for target in node.targets if isinstance(target, ast.Name)}
            if node.targets[0].id == "__all__":
                listed = ast.literal_eval(node.value)
        elif isinstance(node, ast.AnnAssign):
            defined.add(node.target.id)
    public = defined if listed is None else listed
    return {name for name in public if not name.startswith("_")}


def functions_of(tree):
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def wanted_names(body):
    attributes = {node.target.id for node in body if isinstance(node, ast.AnnAssign)}
    return attributes | {node.name for node in body if isinstance(node, ast.FunctionDef)}


def modules_of(package):
    return {file.name for file in (HOST / package).glob("*.py")}


def test_host_packages_have_the_same_modules_when_compared():
    assert modules_of("saleor210") - ONLY_210 == modules_of("saleor3")
    assert modules_of("saleor3") - {"__init__.py"} == {name + ".py" for name in ports()}


def test_host_offers_a_module_for_every_port_when_asked_for_one():
    assigned = {
        node.targets[0].id: node.value
        for node in tree_of(HOST / "__init__.py").body
        if isinstance(node, ast.Assign)
    }

    assert sorted(ast.literal_eval(assigned["MODULES"])) == sorted(ports())


@pytest.mark.parametrize("package", ["saleor3", "saleor210"])
@pytest.mark.parametrize("module", ports())
def test_host_exports_every_name_of_its_port_when_listed(package, module):
    exported = names_of(tree_of(HOST / package / (module + ".py")))

    assert wanted_names(ports()[module]) - exported == set()


@pytest.mark.parametrize("module", ports())
def test_hosts_export_the_same_names_when_compared(module):
    file = module + ".py"

    assert names_of(tree_of(HOST / "saleor3" / file)) == names_of(
        tree_of(HOST / "saleor210" / file)
    )


@pytest.mark.parametrize("package", ["saleor3", "saleor210"])
@pytest.mark.parametrize("module", ports())
def test_host_functions_take_what_their_port_says_when_compared(package, module):
    own = functions_of(tree_of(HOST / package / (module + ".py")))
    methods = [node for node in ports()[module] if isinstance(node, ast.FunctionDef)]

    # A name taken over from Saleor (as allow_writer is on 3.x) has no definition to compare.
    wanted = {node.name: signature_of(node, skip=1) for node in methods if node.name in own}

    assert {name: signature_of(own[name]) for name in wanted} == wanted


def test_only_a_name_of_saleor_itself_is_not_compared_when_hosts_are_read():
    taken_over = {
        (package, node.name)
        for package in ("saleor3", "saleor210")
        for module, body in ports().items()
        for node in body
        if isinstance(node, ast.FunctionDef)
        and node.name not in functions_of(tree_of(HOST / package / (module + ".py")))
    }

    assert taken_over == {("saleor3", "allow_writer")}
