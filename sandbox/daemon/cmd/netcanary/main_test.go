package main

import (
	"encoding/json"
	"net"
	"net/http/httptest"
	"testing"
)

func TestTargets(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	closed, _ := net.Listen("tcp", "127.0.0.1:0")
	closed.Close()
	host, port, _ := net.SplitHostPort(l.Addr().String())
	env := map[string]string{"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port, "HOST_IP": ""}
	server := httptest.NewServer(handler(&prober{targets: targetsOf(func(name string) string { return env[name] }, closed.Addr().String())}))
	defer server.Close()

	response, err := server.Client().Get(server.URL + "/targets")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var body struct{ Targets []target }
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	got := map[string]target{}
	for _, target := range body.Targets {
		got[target.Name] = target
	}
	if want := (target{"apiserver", l.Addr().String(), true}); got["apiserver"] != want {
		t.Errorf("got %v, want %v", got["apiserver"], want)
	}
	if want := (target{"canary", closed.Addr().String(), false}); got["canary"] != want {
		t.Errorf("got %v, want %v", got["canary"], want)
	}
	if _, ok := got["node"]; ok {
		t.Error("a node without an address is reported")
	}
	if got["metadata"].Address != metadata {
		t.Errorf("metadata is %v", got["metadata"])
	}
}

func TestNamesBecomeAddresses(t *testing.T) {
	if got := resolved("localhost:80"); got != "127.0.0.1:80" && got != "[::1]:80" {
		t.Errorf("got %s", got)
	}
	if got := resolved("10.0.0.1:80"); got != "10.0.0.1:80" {
		t.Errorf("got %s", got)
	}
}
