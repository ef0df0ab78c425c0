// Command containerd-shim-runsc-v1 is gVisor's containerd shim, started in a way that also works for a root user
// without CAP_SYS_RESOURCE (as in most CI machines): gVisor's own StartShim gives up when the kernel refuses to lower
// the shim's OOM score. Everything else is gVisor's.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"github.com/containerd/containerd/namespaces"
	"github.com/containerd/containerd/runtime/v2/shim"
	"github.com/containerd/containerd/sys"

	runsc "gvisor.dev/gvisor/pkg/shim/v1"
)

// addressFile is where containerd and the shim agree to keep the socket's address, in the bundle folder.
const addressFile = "address"

func main() {
	shim.Run("io.containerd.runsc.v1", newService)
}

type service struct {
	shim.Shim
}

func newService(ctx context.Context, id string, publisher shim.Publisher, cancel func()) (shim.Shim, error) {
	s, err := runsc.New(ctx, id, publisher, cancel)
	if err != nil {
		return nil, err
	}
	return service{s}, nil
}

// StartShim starts the long-lived shim process on a socket of its own and returns the socket's address.
func (s service) StartShim(ctx context.Context, opts shim.StartOpts) (string, error) {
	address, err := shim.SocketAddress(ctx, opts.Address, opts.ID)
	if err != nil {
		return "", err
	}
	socket, err := shim.NewSocket(address)
	if shim.SocketEaddrinuse(err) {
		if shim.CanConnect(address) {
			return address, shim.WriteAddress(addressFile, address)
		}
		// left by a shim that was killed
		if err := shim.RemoveSocket(address); err != nil {
			return "", fmt.Errorf("remove the dead shim's socket: %w", err)
		}
		socket, err = shim.NewSocket(address)
	}
	if err != nil {
		return "", fmt.Errorf("create the shim's socket: %w", err)
	}
	// the server inherits the socket; closing ours must not remove its file
	socket.SetUnlinkOnClose(false)
	defer socket.Close()

	cmd, err := command(ctx, opts)
	if err == nil {
		err = start(cmd, socket.File, address)
	}
	if err != nil {
		_ = shim.RemoveSocket(address)
		return "", err
	}
	return address, nil
}

// command is this program again, as the server.
func command(ctx context.Context, opts shim.StartOpts) (*exec.Cmd, error) {
	namespace, err := namespaces.NamespaceRequired(ctx)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{"-namespace", namespace, "-address", opts.Address, "-publish-binary", opts.ContainerdBinary}
	if o, ok := ctx.Value(shim.OptsKey{}).(shim.Opts); ok && o.Debug {
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
	if err := shim.WriteAddress(addressFile, address); err != nil {
		_ = cmd.Process.Kill()
		return err
	}
	// welcome where it is allowed, no reason to fail where it is not
	_ = sys.SetOOMScore(cmd.Process.Pid, -999)
	go cmd.Wait()
	return nil
}
