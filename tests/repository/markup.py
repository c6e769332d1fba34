"""What of a page may be read as Markdown: a small judge of expressions, over the syntax tree of every page.

Safe are constants, numbers (a format that only numbers take), words of the table of score types, and whatever went
through `plain`; so is what is put together of these. Everything else is unsafe, whatever it holds.
"""

import ast
import re

from tests.conftest import ROOT

PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
# Positions of what Streamlit reads as Markdown, and what it reads by name.
_FIRST = (
    "markdown caption write title header subheader info success warning error toast badge button download_button"
    " link_button form_submit_button checkbox toggle selectbox multiselect slider select_slider text_input text_area"
    " number_input file_uploader date_input expander popover tabs status spinner page_link"
)
# The title of a column is drawn as it stands; what explains it is read.
_COLUMNS = ("Column", "NumberColumn", "TextColumn", "CheckboxColumn", "ProgressColumn")
_CHOICES = ("radio", "segmented_control", "pills")
_POSITIONS = {
    **dict.fromkeys(_FIRST.split(), (0,)),
    **dict.fromkeys(_CHOICES, (0, 1)),
    **dict.fromkeys(_COLUMNS, ()),
    "progress": (1,),
    "metric": (0, 1, 2),
}
_NAMES = {"label", "body", "text", "help"}
_MORE_NAMES = {"metric": {"value", "delta"}, **{name: {"options", "format_func"} for name in _CHOICES}}
# A format that raises for text: what it lets through is a number.
_NUMERIC = re.compile(r"^[+]?(,|,?(\.\d+)?[dfeg%])$")
# Functions that give numbers, our own words, or text that was escaped.
_GIVES = {"len", "int", "round", "sum", "min", "max", "plain", "linked", "ours", "duration"}
_KEEPS = {"list", "next", "iter", "zip", "dict"}
_TIDIES = {"capitalize", "lower", "upper", "join", "replace", "items", "get"}
_COMPREHENSIONS = (ast.GeneratorExp, ast.ListComp, ast.DictComp, ast.SetComp)


def promises(annotation):
    """Whether an annotation says `Markdown`."""
    return annotation is not None and "Markdown" in ast.unparse(annotation)


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def parameters(function):
    return [*function.args.args, *function.args.kwonlyargs]


def named(node, *names):
    """Whether it is one of these names, or a constant of a module where none is given."""
    return isinstance(node, ast.Name) and (node.id in names if names else node.id.strip("_").isupper())


class Page:
    """One file; what functions promise, wherever they stand, is in `gives` and `takes`."""

    def __init__(self, path, gives, takes):
        self.path, self.gives, self.takes = path, gives | _GIVES, takes
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(self.tree):
            for child in ast.iter_child_nodes(node):
                child.parent = node

    def unsafe(self):
        """What may be read as Markdown and is not safe, with its line."""
        parts = [*self.shown(), *self.returned()]
        name = self.path.relative_to(ROOT) if self.path.is_relative_to(ROOT) else self.path.name
        return [f"{name}:{part.lineno}: {ast.unparse(part)}" for part in parts if not self.safe(part)]

    def shown(self):
        """Every expression that is read as Markdown."""
        for call in ast.walk(self.tree):
            if isinstance(call, ast.Call):
                yield from self.shown_by(call)

    def shown_by(self, call):
        func = call.func
        if not isinstance(func, (ast.Name, ast.Attribute)):
            # The function itself is chosen by the page: st.error or st.success.
            yield from call.args if "st." in ast.unparse(func) or "(st," in ast.unparse(func) else ()
            return
        name = func.attr if isinstance(func, ast.Attribute) else self.alias(func.id)
        if name in _POSITIONS and not (name == "write" and not named(func.value, "st")):
            # What formats the choices answers for them.
            formatted = any(given.arg == "format_func" for given in call.keywords)
            names = {"help"} if name in _COLUMNS else _NAMES
            places = _POSITIONS[name][:1] if formatted else _POSITIONS[name]
            yield from (part for place, part in enumerate(call.args) if place in places)
            read = names | _MORE_NAMES.get(name, set()) - ({"options"} if formatted else set())
            yield from (given.value for given in call.keywords if given.arg in read)
        if isinstance(func, ast.Name):
            for place, parameter in self.takes.get(func.id, ()):
                yield from call.args[place : place + 1]
                yield from (given.value for given in call.keywords if given.arg == parameter)

    def alias(self, name):
        """The function of Streamlit that a short name stands for: ``number = st.column_config.NumberColumn``."""
        values = [value for node in ast.walk(self.tree) for value in self.assigned(node, name)]
        return next((value.attr for value in values if isinstance(value, ast.Attribute)), None)

    def returned(self):
        """What functions return that promise `Markdown`; those of text.py are tested by themselves."""
        for function in functions(self.tree) if self.path.name != "text.py" else ():
            if promises(function.returns):
                found = (node for node in ast.walk(function) if isinstance(node, ast.Return))
                yield from (node.value for node in found if self.around(node) is function and node.value is not None)

    def safe(self, node, busy=()):
        match node:
            case ast.Constant() | ast.Compare():
                return True
            case ast.FormattedValue():
                spec = "".join(part.value for part in node.format_spec.values) if node.format_spec else ""
                return bool(_NUMERIC.match(spec)) or self.safe(node.value, busy)
            case ast.Name():
                return named(node) or node.id in _GIVES or self.safe_name(node, busy)
            case ast.Attribute():
                # Words of the table of score types are constants, whichever panel has them.
                of = node.value
                return named(of) or named(of, "score") or (isinstance(of, ast.Attribute) and of.attr == "score")
            case ast.Call():
                return self.safe_call(node, busy)
            case ast.IfExp():
                parts = [node.body, node.orelse]
            case ast.BinOp():
                parts = [node.left, node.right]
            case ast.JoinedStr() | ast.BoolOp():
                parts = node.values
            case ast.List() | ast.Tuple():
                parts = node.elts
            case ast.Dict():
                parts = [*node.keys, *node.values]
            case ast.DictComp():
                parts = [node.key, node.value]
            case ast.GeneratorExp() | ast.ListComp():
                parts = [node.elt]
            case ast.Starred() | ast.NamedExpr() | ast.Subscript():
                parts = [node.value]
            case _:
                return False
        return all(self.safe(part, busy) for part in parts)

    def safe_call(self, call, busy):
        func = call.func
        if isinstance(func, ast.Name):
            kept = func.id in _KEEPS and all(self.safe(part, busy) for part in call.args)
            return func.id in self.gives or kept
        if isinstance(func, ast.Attribute) and func.attr in _TIDIES:
            # What a mapping is asked for is not what it gives.
            args = call.args[1:] if func.attr == "get" else call.args
            return self.safe(func.value, busy) and all(self.safe(part, busy) for part in args)
        return False

    def safe_name(self, name, busy):
        """A name whose every assignment around it is safe, or a parameter that promises `Markdown`."""
        if name.id in busy:
            return True
        around, node, found = self.around(name), name, []
        while node is not around:
            node = node.parent
            if isinstance(node, ast.Lambda):
                return False
            if isinstance(node, _COMPREHENSIONS):
                found += [one for part in node.generators for one in self.bound(part.target, part.iter, name.id)]
        if not found:
            if isinstance(around, ast.FunctionDef) and name.id in [one.arg for one in parameters(around)]:
                return any(one.arg == name.id and promises(one.annotation) for one in parameters(around))
            inside = (node for node in ast.walk(around) if node is not around and self.around(node) is around)
            found = [value for node in inside for value in self.assigned(node, name.id)]
        return bool(found) and all(self.safe(value, (*busy, name.id)) for value in found)

    def around(self, node):
        """The function that a node stands in, or the module."""
        node = node if isinstance(node, ast.Module) else node.parent
        while not isinstance(node, (ast.FunctionDef, ast.Module)):
            node = node.parent
        return node

    def assigned(self, node, name):
        """What a statement makes a name stand for."""
        match node:
            case ast.Assign():
                return [value for target in node.targets for value in self.bound(target, node.value, name)]
            case ast.AnnAssign() | ast.NamedExpr() | ast.AugAssign():
                return self.bound(node.target, node.value, name)
            case ast.For():
                return self.bound(node.target, node.iter, name)
            case ast.Call(func=ast.Attribute(attr="append" | "extend" | "insert", value=ast.Name(id=of))) if of == name:
                return node.args
        return []

    def bound(self, target, value, name):
        """What a name stands for after ``target = value``; the value as a whole, where it cannot be taken apart."""
        if isinstance(target, ast.Name):
            return [value] if target.id == name else []
        if isinstance(target, ast.Subscript):
            return self.bound(target.value, value, name)
        if not isinstance(target, (ast.Tuple, ast.List)):
            return []
        zipped = isinstance(value, ast.Call) and named(value.func, "zip")
        several = value.elts if isinstance(value, (ast.Tuple, ast.List)) else value.args if zipped else []
        given = several if len(several) == len(target.elts) else [value] * len(target.elts)
        return [found for to, one in zip(target.elts, given, strict=True) for found in self.bound(to, one, name)]


def promised(paths):
    """Names of the functions that give `Markdown`, and which parameters of which functions take it."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    every = [function for tree in trees for function in functions(tree)]
    gives = {function.name for function in every if promises(function.returns)}
    takes = {
        function.name: [(n, one.arg) for n, one in enumerate(parameters(function)) if promises(one.annotation)]
        for function in every
    }
    return gives, {name: found for name, found in takes.items() if found}


def unsafe(path, paths=PAGES):
    """What of a page may be read as Markdown and is not safe."""
    return Page(path, *promised(paths)).unsafe()
