// Command forward carries TCP connections from local addresses to others, so that 127.0.0.1 reaches the node.
// usage: forward LISTEN TARGET [LISTEN TARGET]...
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"
)

func main() {
	pairs := os.Args[1:]
	if len(pairs) == 0 || len(pairs)%2 != 0 {
		fmt.Fprintln(os.Stderr, "usage: forward LISTEN TARGET [LISTEN TARGET]...")
		os.Exit(2)
	}
	// all of them, before the first connection: who waits for one port has them all
	listeners := make([]net.Listener, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		listener, err := net.Listen("tcp", pairs[i])
		if err != nil {
			log.Fatal(err)
		}
		listeners = append(listeners, listener)
	}
	for i, listener := range listeners[1:] {
		go serve(listener, pairs[2*i+3])
	}
	serve(listeners[0], pairs[1])
}

func serve(listener net.Listener, target string) {
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Print(err)
			time.Sleep(100 * time.Millisecond) // out of file descriptors, most likely
			continue
		}
		go carry(client.(*net.TCPConn), target)
	}
}

func carry(client *net.TCPConn, target string) {
	defer client.Close()
	c, err := net.DialTimeout("tcp", target, 5*time.Second)
	if err != nil {
		log.Print(err)
		return
	}
	server := c.(*net.TCPConn)
	defer server.Close()
	done := make(chan struct{}, 2)
	go half(server, client, done)
	go half(client, server, done)
	<-done
	<-done
}

// half copies one direction and passes its end on, so that half-closed connections work.
func half(to, from *net.TCPConn, done chan<- struct{}) {
	if _, err := io.Copy(to, from); err != nil {
		to.Close()
	} else {
		to.CloseWrite()
	}
	done <- struct{}{}
}
