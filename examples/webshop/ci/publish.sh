#!/bin/sh
set -eu
echo "publishing to $1"
