"""`python -m gonghui`: the `gonghui` command, for whoever starts it by its interpreter."""

from gonghui.cli import main

main()
