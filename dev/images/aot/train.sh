#!/usr/bin/env bash
# Makes the AOT cache (JEP 514) of a Java image: runs the image's own command in the image's own root until the program
# is ready, stops it, and proves that the JVM accepts what came of it. The world around it is a PostgreSQL of our image and
# a stand-in for the API server (cluster.py), on the loopback of a network namespace without any other way.
# usage: train.sh MODULE IMAGE.tar POSTGRESQL.tar FOLDER    (the cache becomes FOLDER/hermes.aot)
set -euo pipefail
source "$(dirname "$0")/../../lib.sh"
here=$HERMES_TREE/dev/images/aot
module=$1 image=$2 postgresql=$3 out=$4

world=$out/world
rm -rf "$world"
mkdir -p "$world/program" "$world/postgresql"
python3 "$here/unpack.py" "$image" "$world/program" >"$world/command"
python3 "$here/unpack.py" "$postgresql" "$world/postgresql" >/dev/null
# all that the run starts ends with the first process of its own process namespace
unshare --net --mount --propagation private --pid --fork --kill-child "$here/world.sh" "$module" "$world" </dev/null
mv "$world/program/tmp/hermes.aot" "$out/hermes.aot"
rm -rf "$world"
