"""Faults and orders of outgoing calls. Handlers share no memory: a death or a race is always at a call.

``line`` puts one hook around every outgoing call, ``breaker`` breaks some of them, ``flow`` says what a
flow is, ``scheduler`` decides whose call is next, ``invariants`` say what must hold, ``world`` is fresh ground.
"""
