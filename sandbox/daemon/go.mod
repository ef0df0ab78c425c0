module hermes.dev/sandbox/daemon

go 1.26
