module hermes.dev/bench

go 1.26
