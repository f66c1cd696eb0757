# Sourced by ./run and ./test: what both need to set up and build.

# C libraries that the program links: regular expressions, DNS, YAML, compression.
BUILD_PACKAGES=(libre2-dev libc-ares-dev libsnappy-dev libzstd-dev libyaml-dev zlib1g-dev libstdc++-12-dev)

require_swift() {
    if ! command -v swift >/dev/null; then
        echo "Apus needs the Swift 6.3 toolchain: https://www.swift.org/install" >&2
        exit 1
    fi
}

# Installs those of the named Debian packages that are not there; prints nothing when there is nothing to do.
require_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    local sudo=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || { echo "Install first, as root: apt-get install ${missing[*]}" >&2; exit 1; }
        sudo=(sudo)
    fi
    echo "Installing ${missing[*]}"
    local log
    log=$(mktemp)
    if ! { "${sudo[@]}" apt-get -qq update && "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        cat "$log" >&2
        echo "Could not install ${missing[*]}" >&2
        exit 1
    fi
    rm -f "$log"
}

# Puts Debian's Prometheus beside the build, without installing it, for the tests that go to and fro with it.
fetch_prometheus() {
    local folder=$PWD/.build/prometheus
    if [ -z "${APUS_PROMETHEUS:-}" ] && [ ! -x "$folder/usr/bin/prometheus" ]; then
        rm -rf "$folder"
        mkdir -p "$folder"
        if ! (cd "$folder" && apt-get -qq download prometheus && dpkg -x prometheus_*.deb .) >"$folder/log" 2>&1; then
            echo "Debian's Prometheus is not to be had; tests that need one are skipped:" >&2
            cat "$folder/log" >&2
            return 0
        fi
        rm "$folder"/prometheus_*.deb
    fi
    export APUS_PROMETHEUS=${APUS_PROMETHEUS:-$folder/usr/bin/prometheus}
}

# Builds in the one configuration that program and tests share; shows the compiler's words only when it fails.
build() {
    [ -d .build/release ] || echo "Building; the first time takes about ten minutes on two cores"
    local log started=$SECONDS
    log=$(mktemp)
    if ! swift build -c release "$@" >"$log" 2>&1; then
        grep -vE '^\[[0-9]+/[0-9]+\]' "$log" >&2 || cat "$log" >&2
        rm -f "$log"
        exit 1
    fi
    rm -f "$log"
    [ $((SECONDS - started)) -lt 5 ] || echo "Built in $((SECONDS - started)) s"
}
