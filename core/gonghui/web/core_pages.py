"""Pages of the core; each module has a `blueprint`."""

from gonghui.web import (
    calendar,
    documentation,
    figures,
    home,
    jobs,
    parameters,
    plugins,
    refusals,
    signing_in,
    told,
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
    signing_in,
    documentation,
    refusals,
)
