"""What a value looks like to a client: its text, and richer forms by MIME type.

The methods are those of IPython's display protocol, which libraries implement.
"""

import sys

FORMS = (
    ("_repr_html_", "text/html"),
    ("_repr_markdown_", "text/markdown"),
    ("_repr_svg_", "image/svg+xml"),
    ("_repr_png_", "image/png"),
    ("_repr_jpeg_", "image/jpeg"),
    ("_repr_pdf_", "application/pdf"),
    ("_repr_latex_", "text/latex"),
    ("_repr_json_", "application/json"),
    ("_repr_javascript_", "application/javascript"),
)


def bundle_of(value):
    """All forms of a value. A form that fails is told of and left out."""
    bundle = {"text/plain": repr(value)}
    for method, kind in FORMS:
        form = call_form(value, method)
        if form is not None:
            bundle[kind] = form
    if isinstance(value, (dict, list)):
        bundle["application/json"] = value
    if is_figure(value):
        bundle["image/png"] = figure_png(value)
    data = frame_data(value)
    if data is not None:
        bundle["e2b/data"] = data
    mixed = call_form(value, "_repr_mimebundle_", include=None, exclude=None)
    if isinstance(mixed, dict):
        bundle.update(mixed)
    return {kind: plain(form) for kind, form in bundle.items() if form is not None}


def call_form(value, name, **arguments):
    # of the class, since a value may answer to any name
    method = getattr(type(value), name, None)
    if method is None or isinstance(value, type):
        return None
    try:
        form = method(value, **arguments)
    except NotImplementedError:
        return None
    except Exception as error:
        print("%s failed: %s: %s" % (name, type(error).__name__, error), file=sys.stderr)
        return None
    return form[0] if isinstance(form, tuple) and form else form


def plain(form):
    if isinstance(form, (bytes, bytearray, memoryview)):
        import base64

        return base64.b64encode(form).decode("ascii")
    return form


def is_figure(value):
    return type(value).__module__.startswith("matplotlib.") and hasattr(value, "savefig")


def figure_png(figure):
    import io

    file = io.BytesIO()
    figure.savefig(file, format="png", bbox_inches="tight")
    return file.getvalue()


def frame_data(value):
    """The columns of a data frame of pandas, which is there only if code loaded it."""
    frame = getattr(sys.modules.get("pandas"), "DataFrame", None)
    if frame is None or not isinstance(value, frame):
        return None
    columns = value.to_dict(orient="list")
    return {
        str(name): [v.isoformat() if hasattr(v, "isoformat") else v for v in column]
        for name, column in columns.items()
    }


def encode_bundle(bundle, limit, encode):
    """Leaves out what makes a bundle too long, and what is no JSON."""
    sizes = {}
    for kind in list(bundle):
        try:
            sizes[kind] = len(encode(bundle[kind]))
        except (TypeError, ValueError, RecursionError):
            del bundle[kind]
    while sizes and sum(sizes.values()) > limit:
        largest = max(sizes, key=sizes.get)
        if largest == "text/plain":
            bundle[largest] = clip(bundle[largest], limit // 12)  # bytes of a character, at most
            break
        print(
            "result: %s of %d bytes was left out, a result has at most %d" % (largest, sizes[largest], limit),
            file=sys.stderr,
        )
        del bundle[largest], sizes[largest]
    return bundle


def clip(text, limit):
    if len(text) <= limit:
        return text
    return text[:limit] + "\n[cut at %d characters]" % limit


class FigureHook:
    """Makes show() of matplotlib's pyplot a display, when code loads that."""

    def __init__(self, show):
        self.show = show

    def find_spec(self, name, path, target=None):
        if name != "matplotlib.pyplot":
            return None
        import importlib.machinery

        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None:
            execute = spec.loader.exec_module

            def exec_module(module):
                execute(module)
                # a function, since matplotlib gives it attributes
                module.show = lambda *ignored, **also: self.show()

            spec.loader.exec_module = exec_module
        return spec


class DisplayHook:
    """Stands in for IPython.display where IPython is not installed."""

    def __init__(self, display):
        self.display = display

    def find_spec(self, name, path, target=None):
        if name not in ("IPython", "IPython.display"):
            return None
        import importlib.machinery

        return importlib.machinery.ModuleSpec(name, self, is_package=name == "IPython")

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module.display = self.display
        for name, method in (
            ("HTML", "_repr_html_"),
            ("Markdown", "_repr_markdown_"),
            ("Latex", "_repr_latex_"),
            ("SVG", "_repr_svg_"),
            ("JSON", "_repr_json_"),
            ("Javascript", "_repr_javascript_"),
            ("Image", "_repr_png_"),
        ):
            setattr(module, name, form_class(name, method))


def form_class(name, method):
    def __init__(self, data=None, filename=None):
        if data is None and filename is not None:
            with open(filename, "rb") as file:
                data = file.read()
            if method != "_repr_png_":
                data = data.decode("utf-8")
        self.data = data

    return type(name, (), {"__init__": __init__, method: lambda self: self.data})
