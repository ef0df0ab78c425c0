// Command containerd-shim-runsc-v1 is gVisor's containerd shim, started in a way that also works for a root user
// without CAP_SYS_RESOURCE (as in most CI machines): gVisor's own Start gives up when the kernel refuses to lower the
// shim's OOM score. Everything else is gVisor's.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"

	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/pkg/shim"
	"github.com/containerd/containerd/v2/pkg/sys"

	runsc "gvisor.dev/gvisor/pkg/shim/v1"
	// registers the service itself
	_ "gvisor.dev/gvisor/pkg/shim/v1/plugin"
)

// addressFile is where containerd and the shim agree to keep the socket's address, in the bundle folder.
const addressFile = "address"

func main() {
	shim.Run(context.Background(), manager{runsc.NewShimManager("io.containerd.runsc.v1")})
}

type manager struct {
	shim.Manager
}

// Start starts the long-lived shim process of a container on a socket of its own and returns the socket's address.
func (m manager) Start(ctx context.Context, id string, opts shim.StartOpts) (shim.BootstrapParams, error) {
	address, err := shim.SocketAddress(ctx, opts.Address, id, opts.Debug)
	if err != nil {
		return shim.BootstrapParams{}, err
	}
	at := shim.BootstrapParams{Version: 2, Address: address, Protocol: "ttrpc"}
	socket, err := listen(address)
	if err != nil {
		return shim.BootstrapParams{}, fmt.Errorf("create the shim's socket: %w", err)
	}
	if socket == nil {
		return at, write(address)
	}
	// the server inherits the socket; closing ours must not remove its file
	socket.SetUnlinkOnClose(false)
	defer socket.Close()

	cmd, err := command(ctx, id, opts)
	if err == nil {
		err = start(cmd, socket.File, address)
	}
	if err != nil {
		_ = shim.RemoveSocket(address)
		return shim.BootstrapParams{}, err
	}
	return at, nil
}

// listen makes the socket; nil where a living shim has it.
func listen(address string) (*net.UnixListener, error) {
	socket, err := shim.NewSocket(address)
	if !shim.SocketEaddrinuse(err) {
		return socket, err
	}
	if shim.CanConnect(address) {
		return nil, nil
	}
	// left by a shim that was killed
	if err := shim.RemoveSocket(address); err != nil {
		return nil, err
	}
	return shim.NewSocket(address)
}

// command is this program again, as the server.
func command(ctx context.Context, id string, opts shim.StartOpts) (*exec.Cmd, error) {
	namespace, err := namespaces.NamespaceRequired(ctx)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{"-namespace", namespace, "-address", opts.Address, "-id", id}
	if opts.Debug {
		args = append(args, "-debug")
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd, nil
}

// start runs the server with the listening socket as its file 3 and leaves pid and address in the bundle folder.
func start(cmd *exec.Cmd, file func() (*os.File, error), address string) error {
	f, err := file()
	if err != nil {
		return err
	}
	defer f.Close()
	cmd.ExtraFiles = []*os.File{f}
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := shim.WritePidFile("shim.pid", cmd.Process.Pid); err != nil {
		_ = cmd.Process.Kill()
		return err
	}
	if err := write(address); err != nil {
		_ = cmd.Process.Kill()
		return err
	}
	// welcome where it is allowed, no reason to fail where it is not
	_ = sys.SetOOMScore(cmd.Process.Pid, -999)
	go cmd.Wait()
	return nil
}

func write(address string) error { return os.WriteFile(addressFile, []byte(address), 0o644) }
