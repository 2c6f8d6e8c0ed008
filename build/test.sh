#!/usr/bin/env bash
# The one test command, the same locally and on the build server: installs what the tests need and is missing, builds, runs every
# test project of the solution, and ends with one line of totals.
#
#   bash build/test.sh                        everything
#   bash build/test.sh core brevo             only the test projects whose name contains one of the words
#   bash build/test.sh --no-build core        what was built last
#   bash build/test.sh core -- -class '*Plan*'   what follows -- goes to the xunit runner
#
# The exit code is 0 only when tests ran, all passed and, with CI=true, none was skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

install_seconds=${SLUICE_TEST_INSTALL_SECONDS:-300}
build_seconds=${SLUICE_TEST_BUILD_SECONDS:-1200}
project_seconds=${SLUICE_TEST_PROJECT_SECONDS:-2400}
total_seconds=${SLUICE_TEST_TOTAL_SECONDS:-4800}
oldest_postgres=15
results=artifacts/test-results

build=yes
words=()
runner_arguments=()
while [ $# -gt 0 ]; do
    case $1 in
        --no-build) build=no ;;
        --) shift; runner_arguments=("$@"); break ;;
        -h | --help) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' build/test.sh; exit 0 ;;
        -*) echo "Unknown option $1; see --help." >&2; exit 2 ;;
        *) words+=("$1") ;;
    esac
    shift
done

say() { printf '\n== %s\n' "$*"; }

# Runs a command with a time limit, in a process group of its own that is ended as a whole; Ctrl+C ends it too.
child=
stop() {
    if [ -n "$child" ]; then
        kill -TERM "$child" 2>/dev/null || true
        wait "$child" 2>/dev/null || true
    fi
    exit 130
}
trap stop INT TERM
bounded() {
    local seconds=$1 status=0
    shift
    if [ "$SECONDS" -ge "$total_seconds" ]; then
        return 124
    elif [ $((SECONDS + seconds)) -gt "$total_seconds" ]; then
        seconds=$((total_seconds - SECONDS))
    fi
    set -m # without job control, bash would start it with SIGINT ignored, and all its children with it
    timeout --kill-after=20 "$seconds" "$@" </dev/null &
    child=$!
    set +m
    wait "$child" || status=$?
    child=
    return "$status"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        bounded "$install_seconds" "$@"
    else
        bounded "$install_seconds" sudo -n "$@"
    fi
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 install -y --no-install-recommends "$@"
}

has_postgres() {
    local folder version
    [ -n "${SLUICE_TEST_POSTGRES:-}" ] && return 0
    for folder in /usr/lib/postgresql/*/bin; do
        version=${folder#/usr/lib/postgresql/}
        version=${version%/bin}
        case $version in '' | *[!0-9]*) continue ;; esac
        [ "$version" -ge "$oldest_postgres" ] && [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && return 0
    done
    command -v initdb >/dev/null && command -v postgres >/dev/null
}

# The tests start servers of their own. Debian's package would create and start one too, unless told not to; the setting is put back
# afterwards.
install_postgres() {
    local settings=/etc/postgresql-common/createcluster.conf status=0
    as_root apt-get -qq -o Acquire::Retries=3 update && apt_install postgresql-common || return 1
    as_root cp -p "$settings" "$settings.before-sluice" || return 1
    as_root sed -i '1i create_main_cluster = false' "$settings" || return 1
    apt_install postgresql || status=1
    as_root mv "$settings.before-sluice" "$settings" || status=1
    return "$status"
}

prepare_postgres() {
    has_postgres && return
    say "PostgreSQL is missing"
    if ! command -v apt-get >/dev/null; then
        echo "This is no Debian. Install PostgreSQL $oldest_postgres or newer, or set SLUICE_TEST_POSTGRES to a connection string."
    elif [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
        echo "Installing it takes root or sudo without a password. As root: apt-get install postgresql"
    else
        echo "Installing Debian's package postgresql ..."
        install_postgres && has_postgres && return
        echo "PostgreSQL could not be installed."
    fi
    echo "Tests on PostgreSQL are skipped; on the build server they fail."
}

# The proof that nothing acknowledged is lost in a power cut reads a trace of what the program asked of the disk.
prepare_strace() {
    command -v strace >/dev/null && return
    say "strace is missing"
    if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
        echo "Installing Debian's package strace ..."
        as_root apt-get -qq -o Acquire::Retries=3 update && apt_install strace && command -v strace >/dev/null && return
        echo "strace could not be installed."
    else
        echo "As root: apt-get install strace"
    fi
    echo "The power-cut tests are skipped; on the build server they fail."
}

# Vendors' own JavaScript clients are run against the simulators; each has its lock file beside the tests that use it.
prepare_node_modules() {
    local lock folder
    while read -r lock; do
        folder=$(dirname "$lock")
        [ "$folder/node_modules/.package-lock.json" -nt "$lock" ] && continue
        if ! command -v npm >/dev/null; then
            say "Node is missing"
            echo "Tests that run $folder will fail."
            continue
        fi
        say "npm ci in $folder"
        bounded "$install_seconds" npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund \
            || echo "npm ci failed; tests that run $folder will fail."
    done < <(find tests -name package-lock.json -not -path '*/node_modules/*' | sort)
}

# Mixpanel's script for browsers is run in a real one.
prepare_chromium() {
    command -v chromium >/dev/null && return
    say "Chromium is missing"
    if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
        echo "Installing Debian's package chromium ..."
        as_root apt-get -qq -o Acquire::Retries=3 update && apt_install chromium && command -v chromium >/dev/null && return
        echo "Chromium could not be installed."
    else
        echo "As root: apt-get install chromium"
    fi
    echo "Tests that run a browser will fail."
}

prepare() {
    prepare_postgres
    prepare_strace
    prepare_chromium
    prepare_node_modules
}

if ! command -v dotnet >/dev/null; then
    echo "The .NET SDK is missing (see global.json for the version)." >&2
    exit 1
fi

projects=()
while read -r name; do
    if [ ${#words[@]} -eq 0 ]; then
        projects+=("$name")
        continue
    fi
    for word in "${words[@]}"; do
        if [[ ${name,,} == *"${word,,}"* ]]; then
            projects+=("$name")
            break
        fi
    done
done < <(sed -n 's|.*Path="tests/\([^/"]*\.Tests\)/.*|\1|p' Sluice.slnx | sort)
if [ ${#projects[@]} -eq 0 ]; then
    echo "No test project of Sluice.slnx matches: ${words[*]}" >&2
    exit 2
fi

prepare

if [ "$build" = yes ]; then
    targets=(Sluice.slnx)
    if [ ${#words[@]} -gt 0 ]; then
        targets=("${projects[@]/%/.csproj}")
        for i in "${!targets[@]}"; do
            targets[i]="tests/${projects[i]}/${targets[i]}"
        done
    fi
    for target in "${targets[@]}"; do
        say "Building $target"
        # No build servers: they would outlive this script.
        if ! bounded "$build_seconds" dotnet build "$target" -c Release --disable-build-servers -clp:NoSummary -v:minimal; then
            echo "The build failed or took longer than $build_seconds s; no test was run."
            echo "0 passed, 1 failed"
            exit 1
        fi
    done
fi

attribute() { # of the report's <assembly> element
    grep -o '<assembly [^>]*>' "$1" | head -n 1 | sed -n "s/.* $2=\"\([0-9]*\)\".*/\1/p"
}

names_with() { # of the tests with this result
    grep -o "<test [^>]*result=\"$2\"" "$1" | sed 's/.* name="\([^"]*\)".*/\1/' \
        | sed "s/&lt;/</g; s/&gt;/>/g; s/&quot;/\"/g; s/&apos;/'/g; s/&amp;/\\&/g"
}

mkdir -p "$results"
passed=0 failed=0 skipped=0
summary=()
remarks=()
for project in "${projects[@]}"; do
    say "$project"
    report=$results/$project.xml
    rm -f "$report"
    status=0
    started=$SECONDS
    bounded "$project_seconds" dotnet "artifacts/bin/$project/release/$project.dll" \
        -noLogo -noColor -noAutoReporters -longRunning 30 -xml "$report" ${runner_arguments[@]+"${runner_arguments[@]}"} || status=$?
    took=$((SECONDS - started))
    project_passed=0 project_failed=0 project_skipped=0
    if [ -s "$report" ] && [ -n "$(attribute "$report" total)" ]; then
        project_passed=$(attribute "$report" passed)
        project_skipped=$(attribute "$report" skipped)
        # Errors lie outside tests: in fixtures and in cleaning up.
        project_failed=$(($(attribute "$report" failed) + $(attribute "$report" errors)))
        while read -r name; do
            remarks+=("failed:  $name")
        done < <(names_with "$report" Fail)
        while read -r name; do
            remarks+=("skipped: $name")
        done < <(names_with "$report" Skip)
    fi
    if [ "$status" -ne 0 ] && [ "$project_failed" -eq 0 ]; then
        # The process itself failed: it crashed, was ended at its limit, or could not start.
        project_failed=1
        case $status in
            124 | 137) remarks+=("failed:  $project was ended at its time limit after $took s") ;;
            *) remarks+=("failed:  $project ended with exit code $status") ;;
        esac
    elif [ $((project_passed + project_failed + project_skipped)) -eq 0 ] && [ ${#runner_arguments[@]} -eq 0 ]; then
        project_failed=1
        remarks+=("failed:  $project ran no test")
    fi
    passed=$((passed + project_passed)) failed=$((failed + project_failed)) skipped=$((skipped + project_skipped))
    summary+=("$(printf '%-34s %6d passed %6d failed %6d skipped %6d s' "$project" "$project_passed" "$project_failed" "$project_skipped" "$took")")
done

say "Summary"
printf '%s\n' "${summary[@]}"
if [ ${#remarks[@]} -gt 0 ]; then
    printf '%s\n' "" "${remarks[@]}"
fi

exit_code=0
if [ "$failed" -gt 0 ] || [ "$passed" -eq 0 ]; then
    exit_code=1
elif [ "${CI:-}" = true ] && [ "$skipped" -gt 0 ]; then
    echo
    echo "On the build server nothing may be skipped."
    exit_code=1
fi

totals="$passed passed, $failed failed"
if [ "$skipped" -gt 0 ]; then
    totals+=", $skipped skipped"
fi
printf '\n%s\n' "$totals"
exit "$exit_code"
