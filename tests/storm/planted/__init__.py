"""Bugs put into the product from outside, one file each; the test that each file names must turn red.

A file says in its docstring what is wrong, in ``CAUGHT_BY`` which test notices it (or which tests), and in
``SHOWS`` what that test's failure then says, so that a test that fails for another reason is no proof.
``plant()`` changes the product of the running process. Names that begin with ``_`` are the tools, not bugs.
"""
