#!/usr/bin/env bash
# Runs the benchmarks at their full sizes and prints what docs/benchmarks.md quotes. Hours, not minutes.
# Usage: bash build/soak.sh [scenario …]   (default: all)
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build bench/Sluice.Bench -c Release >/dev/null
bench() { dotnet artifacts/bin/Sluice.Bench/release/Sluice.Bench.dll "$@"; }
scenarios=("$@")
if [ ${#scenarios[@]} -eq 0 ]; then scenarios=(intake plan last-page latency events); fi

echo "commit $(git rev-parse --short HEAD), $(nproc) cores, $(free -g | awk '/Mem:/ {print $2}') GiB"
for scenario in "${scenarios[@]}"; do
  case "$scenario" in
    intake)
      bench intake --members 1000000 --runs 5
      bench intake --members 100000 --runs 5
      ;;
    plan) bench plan --members 1000000 --runs 5 ;;
    last-page) bench last-page --members 10000000 ;;
    latency) bench latency --members 100000 --changes 200 ;;
    events)
      bench events --members 1000000 --runs 5
      bench events-long --members 20000000
      bench event-delivery --members 100000
      ;;
    *) echo "unknown scenario: $scenario" >&2; exit 2 ;;
  esac
done
