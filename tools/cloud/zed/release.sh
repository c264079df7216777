# shellcheck shell=bash
# What makes tools/cloud this release, beside its own: another folder, other ports. The scripts
# there read settings.sh and differences.sh beside this for all that is not as they know it.

release_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export CLOUD_RELEASE=zed
export CLOUD_STATE=${CLOUD_STATE:-$(dirname "$(dirname "$(dirname "$release_folder")")")/.cloud-zed}
export CLOUD_OFFSET=${CLOUD_OFFSET:-10000}
