#!/bin/sh
# Builds the image for both platforms and pushes it, with a list of its packages (SBOM) and its provenance.
# It runs in an image of BuildKit, which brings the emulation of the other platform.
#
#   scripts/push-image.sh 192.0.2.10:5000/drone-promote v1.2.3 COMMIT
set -eu
image=$1 version=${2#v} revision=$3

names=$image:$version
case $version in
  *-*) ;; # a pre-release gets its own tag alone
  *) names=$names,$image:${version%.*} ;;
esac

exec buildctl-daemonless.sh build \
  --frontend dockerfile.v0 --local context=. --local dockerfile=. \
  --opt platform=linux/amd64,linux/arm64 \
  --opt "build-arg:IMAGE=$image:$version" \
  --opt "build-arg:VERSION=$version" \
  --opt "build-arg:REVISION=$revision" \
  --opt build-arg:SOURCE_DATE_EPOCH=0 \
  --opt attest:sbom= \
  --opt attest:provenance=mode=max \
  --output "type=image,\"name=$names\",push=true,registry.insecure=true,rewrite-timestamp=true"
