#!/bin/bash
# Stops the cloud of this release; `down.sh --wipe` also removes its state.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=release.sh
. "$(dirname "${BASH_SOURCE[0]}")/release.sh"
exec "$release_folder/../down.sh" "$@"
