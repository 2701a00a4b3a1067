# SPDX-License-Identifier: GPL-2.0-only
"""Sphinx: sphinx-build -W Documentation build/doc"""

project = "Hospes"
master_doc = "index"
nitpicky = True
html_theme = "alabaster"
html_show_copyright = False
