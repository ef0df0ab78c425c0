// Command metadata stands where a cloud's metadata service would be, so that tests of "a sandbox cannot reach it" have
// something that answers when nothing is in the way. usage: metadata LISTEN
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: metadata LISTEN")
		os.Exit(2)
	}
	server := http.Server{
		Addr:              os.Args[1],
		ReadHeaderTimeout: 5 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "hermes-dev metadata stand-in\n")
		}),
	}
	log.Fatal(server.ListenAndServe())
}
