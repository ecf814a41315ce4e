#!/bin/sh
# The site's JSDoc types, checked by the compiler; nothing is built and nothing is installed outside .tools/.
# Without npm a contributor is told and let through; CI is not.
set -eu

TYPESCRIPT=7.0.2

cd "$(dirname "$0")/../.."
prefix=".tools/typescript@$TYPESCRIPT"
tsc="$prefix/node_modules/.bin/tsc"

if [ ! -x "$tsc" ]; then
    if ! command -v npm >/dev/null; then
        echo "NOT CHECKED: the types of static_site need Node.js with npm, which is not installed." >&2
        [ "${CI:-}" = true ] && exit 1
        exit 0
    fi
    mkdir -p "$prefix"
    npm install --silent --prefix "$prefix" --no-save --no-audit --no-fund "typescript@$TYPESCRIPT"
fi

"$tsc" -p static_site/jsconfig.json
echo "static_site: types are sound"
