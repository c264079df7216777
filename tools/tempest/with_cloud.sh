#!/bin/bash
# with_cloud.sh COMMAND...: runs it while the test cloud of tools/cloud is up. A cloud that runs
# already (CLOUD_STATE says where) is used as it is and goes on running; else it is brought up,
# and down again after.
set -euo pipefail
# shellcheck source=../cloud/settings.sh
. "$(dirname "${BASH_SOURCE[0]}")/../cloud/settings.sh"
# shellcheck source=../cloud/daemons.sh
. "$here/daemons.sh"

export CLOUD_STATE=$state
if ! alive keystone || ! [[ -e $state/clouds.yaml ]]; then
  trap '"$here/down.sh"' EXIT
  "$here/up.sh"
fi
"$@"
