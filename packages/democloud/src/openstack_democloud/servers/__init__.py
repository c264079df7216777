"""The servers: a million of them must cost next to nothing until somebody touches one.

An untouched server is a pure function of the seed and its number (``seeds``), rendered by a
bytes template (``template``); a touched one is an object (``server``). ``fleet`` holds both.
"""
