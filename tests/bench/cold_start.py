"""A fresh process as Lambda starts one: imports app.py of a built tree, then answers events. Stands alone.

``python -I -B cold_start.py TREE [EVENT ...]``, each event a JSON text. Ends badly unless all are answered 200.
"""

import sys

if len(sys.argv) > 1:
    sys.path.insert(0, sys.argv[1])
    import app

    for text in sys.argv[2:]:
        import json

        answer = app.app(json.loads(text), None)
        if answer["statusCode"] != 200:
            sys.exit(str(answer))
