// Command forward carries TCP connections from a local address to another one, so that 127.0.0.1 reaches the node.
// usage: forward LISTEN TARGET
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
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: forward LISTEN TARGET")
		os.Exit(2)
	}
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Print(err)
			time.Sleep(100 * time.Millisecond) // out of file descriptors, most likely
			continue
		}
		go carry(client.(*net.TCPConn), os.Args[2])
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
