"""Pages of the core; each module has a `blueprint`."""

from gonghui.web import (
    calendar,
    deadlines,
    documentation,
    figures,
    home,
    jobs,
    operating,
    parameters,
    plugins,
    refusals,
    search,
    security,
    signing_in,
    told,
    trail,
    undone,
)
from gonghui.web.imports import deciding, rows, runs, sending

PAGES = (
    home,
    figures,
    told,
    jobs,
    sending,
    runs,
    rows,
    deciding,
    plugins,
    parameters,
    calendar,
    trail,
    deadlines,
    undone,
    operating,
    search,
    security,
    signing_in,
    documentation,
    refusals,
)
