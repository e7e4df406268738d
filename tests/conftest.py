"""The suite's fixtures come from the kit that plugin authors use; a run ends by saying what the contract tried."""

import pytest

pytest_plugins = ["gonghui.testing.fixtures"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    said = [note for report in reports for note in getattr(report, "user_properties", ())]
    for name, line in dict.fromkeys(said):
        if name == "contract":
            terminalreporter.write_line(line)
