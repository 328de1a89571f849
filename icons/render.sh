#!/usr/bin/env bash
# Renders every icon from icons/svg. Needs rsvg-convert (Debian: librsvg2-bin) and Node.js.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for source in svg/tray/*.svg; do
  state=$(basename "$source" .svg)
  [ "$state" = rehearsal-badge ] && continue
  badge=$(sed '1d;$d' svg/tray/rehearsal-badge.svg)
  with_badge=$(sed '$d' "$source"; printf '%s\n</svg>\n' "$badge")
  for size in 22 44; do
    suffix=; [ "$size" = 22 ] && suffix=-22
    rsvg-convert -w "$size" -h "$size" "$source" -o "tray/$state$suffix.png"
    rsvg-convert -w "$size" -h "$size" <(printf '%s' "$with_badge") -o "tray/$state-rehearsal$suffix.png"
  done
done

for size in 16 32 48 64 128 256 512; do
  rsvg-convert -w "$size" -h "$size" svg/app.svg -o "$work/$size.png"
done
cp "$work/32.png" app/32x32.png
cp "$work/128.png" app/128x128.png
cp "$work/256.png" app/128x128@2x.png
cp "$work/512.png" app/icon.png
node pack.mjs "$work" app
