module hermes.dev/small

go 1.26
