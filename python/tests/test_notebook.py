"""The notebook that is made of the tutorial."""

import importlib.util
import pathlib

ROOT = pathlib.Path(__file__).parents[2]


def test_the_tutorial_becomes_a_notebook():
    path = ROOT / "python" / "extras" / "notebook.py"
    spec = importlib.util.spec_from_file_location("notebook", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = (ROOT / "docs" / "guide" / "tutorial.md").read_text(encoding="utf-8")
    made = module.notebook(page)
    sources = {kind: [] for kind in ("code", "markdown")}
    for cell in made["cells"]:
        sources[cell["cell_type"]].append("".join(cell["source"]))
    assert len(sources["code"]) == page.count("```python\n")
    assert all(source in page for kind in sources.values() for source in kind)
    assert not any("```python" in source for source in sources["markdown"])
    for source in sources["code"]:
        compile(source, "cell", "exec")
    assert len({cell["id"] for cell in made["cells"]}) == len(made["cells"])
