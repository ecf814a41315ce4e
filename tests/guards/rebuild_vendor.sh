#!/bin/sh
# Builds static_site/vendor/preact-htm.js afresh from npm and prints its sha256.
# The vendored file is right when this equals `sha256sum static_site/vendor/preact-htm.js`.
# With an argument the fresh file is also copied there: rebuild_vendor.sh static_site/vendor/preact-htm.js
set -eu

PREACT=11.2.0
HTM=3.1.1
ESBUILD=0.28.2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

cat > "$work/entry.js" <<'JS'
import { h } from 'preact';
import htm from 'htm';
export { render } from 'preact';
export { useEffect, useErrorBoundary, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
export const html = htm.bind(h);
JS

(
    cd "$work"
    printf '{"private": true}\n' > package.json
    npm install --silent --ignore-scripts --no-audit --no-fund --save-exact "preact@$PREACT" "htm@$HTM" "esbuild@$ESBUILD"
    npx --no-install esbuild entry.js --bundle --minify --format=esm --target=es2020 --charset=utf8 \
        --legal-comments=none --log-level=warning --outfile=preact-htm.js \
        "--banner:js=/* preact $PREACT (MIT), htm $HTM (Apache-2.0): see vendor/README */"
) >&2

if [ $# -gt 0 ]; then cp "$work/preact-htm.js" "$1"; fi
sha256sum < "$work/preact-htm.js" | cut -d' ' -f1
