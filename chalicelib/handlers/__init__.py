"""HTTP in, HTTP out: parse, one service call, shape."""
