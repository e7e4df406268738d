"""The core's own operations, one module for each kind of thing."""

from gonghui.api.resources import accounts, figures, org_units, plugins, session, trail

BLUEPRINTS = (
    session.blueprint,
    org_units.blueprint,
    accounts.blueprint,
    plugins.blueprint,
    figures.blueprint,
    trail.blueprint,
)
