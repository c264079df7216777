"""How the documentation is built; it needs neither the network nor an extension."""

project = "Synchronizer"
author = "OpenStack Synchronizer contributors"
project_copyright = author
html_theme = "alabaster"
html_theme_options = {
    "description": "The watch API for OpenStack",
    "fixed_sidebar": True,
    "page_width": "1080px",
}
html_show_copyright = False
html_copy_source = False
exclude_patterns = ["_build"]
highlight_language = "none"
nitpicky = True
smartquotes = False
