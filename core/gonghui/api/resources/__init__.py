"""The core's own operations, one module for each kind of thing."""

from gonghui.api.resources import (
    accounts,
    calendar,
    deadlines,
    figures,
    imports,
    jobs,
    notifications,
    openings,
    org_units,
    parameters,
    platform,
    plugins,
    registers,
    reorganisations,
    session,
    trail,
)

BLUEPRINTS = (
    session.blueprint,
    org_units.blueprint,
    reorganisations.blueprint,
    parameters.blueprint,
    accounts.blueprint,
    plugins.blueprint,
    platform.blueprint,
    figures.blueprint,
    registers.blueprint,
    imports.blueprint,
    jobs.blueprint,
    openings.blueprint,
    notifications.blueprint,
    calendar.blueprint,
    deadlines.blueprint,
    trail.blueprint,
)
