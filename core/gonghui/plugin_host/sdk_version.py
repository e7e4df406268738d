"""The version of the SDK, low enough in the house for the plugin host to hold plugins against it."""

#: Semantic version of `gonghui.sdk` and `gonghui.testing`, which change together. *Major*: a name is gone or means
#: something else, so a plugin may have to be changed. *Minor*: there is something new, or a name is going and warns so;
#: a plugin that worked goes on working. *Patch*: a name does better what it said before. A plugin that uses what came
#: with 1.2 asks for `>=1.2,<2`.
VERSION = "1.0.0"
