"""Reports: small objects that print as tables, and as HTML in a notebook."""

from html import escape

__all__ = ["Info", "Ladder", "Report", "Rung", "VariableInfo", "Verified"]


class _Record:
    """Named facts, each an attribute. Two records are equal if all their facts are."""

    def __init__(self, facts):
        self.__dict__.update(facts)

    def to_dict(self):
        """The facts as a dictionary."""
        return dict(self.__dict__)

    def __eq__(self, other):
        return type(self) is type(other) and self.__dict__ == other.__dict__

    __hash__ = None

    def _rows(self):
        return [(name.replace("_", " "), _shown(fact)) for name, fact in self.__dict__.items()]

    def __repr__(self):
        rows = self._rows()
        width = max((len(name) for name, _ in rows), default=0)
        lines = [f"  {name:<{width}}  {fact}" for name, fact in rows]
        return "\n".join([f"foresz.{type(self).__name__}", *lines])

    def _repr_html_(self):
        row = "<tr><th style='text-align:left'>{}</th><td style='text-align:left'>{}</td></tr>"
        rows = (row.format(escape(name), escape(fact)) for name, fact in self._rows())
        title = f"<caption>foresz.{type(self).__name__}</caption>"
        return f"<table>{title}<tbody>{''.join(rows)}</tbody></table>"


class Info(_Record):
    """What a stream holds.

    ``mode`` and ``asked`` are the bound as it was asked for, ``bound`` the absolute bound that
    every value keeps (0 where there is none), ``max_error`` the largest error that was
    measured when the stream was made.
    """


class Report(_Record):
    """What a compression has to say for itself."""


class VariableInfo(_Record):
    """A variable in a stream: its bounds, the largest error, and the bytes it takes."""


class Verified(_Record):
    """How decoded values compare with their originals.

    ``broken`` counts values that break their bound or had to be the same and are not,
    ``specials`` NaN, infinities and fill values, and ``worst`` is the value that is off by
    most, if any breaks its bound.
    """

    @property
    def kept(self):
        """Whether all is as it was promised."""
        return self.broken == 0

    def _rows(self):
        return [("kept", _shown(self.kept)), *super()._rows()]

    def __bool__(self):
        return self.kept


class Table:
    """What prints as rows under a head, and some remarks."""

    def __repr__(self):
        head, rows = self._table()
        widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
        lines = ["  ".join(f"{x:>{w}}" for x, w in zip(row, widths)) for row in [head, *rows]]
        return "\n".join([*lines, *self._remarks()])

    def _repr_html_(self):
        head, rows = self._table()
        cell = "<{0} style='text-align:right'>{1}</{0}>"
        heads = "".join(cell.format("th", escape(x)) for x in head)
        body = "".join(
            "<tr>" + "".join(cell.format("td", escape(x)) for x in row) + "</tr>" for row in rows
        )
        remarks = "".join(f"<p>{escape(remark)}</p>" for remark in self._remarks())
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>{remarks}"


class Rung(_Record):
    """What one bound does."""


class Ladder(Table, _Record):
    """What bounds do to an array, from the loosest to the tightest.

    ``gentle`` is the largest bound that changes differences between neighbours by 5 % at
    most. ``step`` is what the values were rounded to before, if they were.
    """

    def __init__(self, facts):
        rungs = [Rung(rung) for rung in facts["rungs"]]
        super().__init__({**facts, "rungs": rungs})

    def _table(self):
        head = ["bound", "ratio", "bits/value", "PSNR", "largest error", "gradients"]
        rows = [
            [
                f"{rung.bound:.3g}",
                f"{rung.ratio:.2f}",
                f"{rung.bits_per_value:.2f}",
                "exact" if rung.psnr is None else f"{rung.psnr:.1f} dB",
                f"{rung.max_error:.3g}",
                f"{100 * rung.gradient_change:.2g} %",
            ]
            for rung in self.rungs
        ]
        return head, rows

    def _remarks(self):
        remarks = []
        if self.step is not None:
            remarks.append(f"The values lie on a lattice of step {self.step:.6g}.")
        if self.gentle is not None:
            remarks.append(f"A bound of {self.gentle:.3g} changes gradients by 5 % at most.")
        return remarks


def _shown(fact):
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    if fact is None:
        return "none"
    if isinstance(fact, float):
        return f"{fact:.6g}"
    if isinstance(fact, int):
        return f"{fact:,}".replace(",", " ")
    if isinstance(fact, dict):
        return ", ".join(f"{key}: {_shown(value)}" for key, value in fact.items()) or "none"
    if isinstance(fact, (tuple, list)):
        return ", ".join(_shown(value) or "-" for value in fact) or "none"
    return str(fact)
