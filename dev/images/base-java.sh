# shellcheck shell=bash
# The base of our Java images, for jib: a few Debian libraries and a runtime cut from the JDK at hand.
modules=java.base,java.logging,java.naming,java.sql,java.management,java.instrument,java.net.http,java.xml
modules+=,java.security.sasl,java.security.jgss,java.desktop,jdk.crypto.ec,jdk.unsupported,jdk.zipfs,jdk.management,jdk.jfr
modules+=,jdk.net,jdk.httpserver,jdk.jcmd
inputs() { cat "$(find_jdk)/release"; }
build() {
  mkdir -p "$WORK/root/opt"
  "$(find_jdk)/bin/jlink" --add-modules "$modules" --no-header-files --no-man-pages --generate-cds-archive \
    --output "$WORK/root/opt/java" >&2
  tar -C "$WORK/root" --sort=name --mtime=@0 --owner=0 --group=0 -cf "$WORK/java.tar" .
  printf 'root:x:0:0:root:/:/sbin/nologin\nhermes:x:65532:65532:hermes:/tmp:/sbin/nologin\n' >"$WORK/passwd"
  printf 'root:x:0:\nhermes:x:65532:\n' >"$WORK/group"
  oci --docker --name hermes.local/base-java:dev \
    --config '{"User":"65532","Env":["PATH=/opt/java/bin:/usr/bin:/bin","JAVA_HOME=/opt/java","LANG=C.UTF-8"]}' \
    "tar:$(debian_root extract libc6,libc-bin,zlib1g,libstdc++6,ca-certificates,tzdata,base-files)" \
    "tar:$WORK/java.tar" "files:etc/passwd=$WORK/passwd,etc/group=$WORK/group"
}
