package code

import (
	"crypto/rand"
	"fmt"
	"os"
	"slices"
	"sync"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/connect"
	"hermes.dev/sandbox/daemon/internal/environ"
)

// maxContexts of a sandbox: each is an interpreter, whose memory counts while idle.
const maxContexts = 8

// defaultID is the warm Python context's.
const defaultID = "default"

// Contexts of one sandbox.
type Contexts struct {
	runner  *box.Runner
	environ *environ.Environment
	home    string
	warm    *Context

	mu       sync.Mutex
	listed   []*named          // in the order of their making
	defaults map[string]*named // by language
	making   int
}

// named is a context as its client knows it.
type named struct {
	*Context
	id, cwd string
}

// NewContexts makes the default context of each language that the image has. Warm
// starts Python, the others start with their first call. python takes the place of
// python3.
func NewContexts(runner *box.Runner, environment *environ.Environment, home, python string) *Contexts {
	c := &Contexts{runner: runner, environ: environment, home: home, defaults: map[string]*named{}}
	c.warm = newContext(runner, languages["python"], Config{Environ: environment, Dir: home, Program: python})
	c.addDefault(&named{c.warm, defaultID, home})
	for _, name := range []string{"javascript", "bash"} {
		if l := languages[name]; l.installed() {
			c.addDefault(&named{newContext(runner, l, Config{Environ: environment, Dir: home}), rand.Text(), home})
		}
	}
	return c
}

func (c *Contexts) addDefault(n *named) {
	c.listed = append(c.listed, n)
	c.defaults[n.language.name] = n
}

// Warm starts the interpreter of the default context ahead of its first call.
func (c *Contexts) Warm() error { return c.warm.Warm() }

// find returns the context of an id.
func (c *Contexts) find(id string) (*named, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.listed {
		if n.id == id {
			return n, nil
		}
	}
	return nil, connect.Errorf("not_found", "no context %.100q", id)
}

// ofLanguage returns the default context of a language, which is made anew if it was
// removed.
func (c *Contexts) ofLanguage(name string) (*named, error) {
	l, err := languageOf(name)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	found := c.defaults[l.name]
	c.mu.Unlock()
	if found != nil {
		return found, nil
	}
	made, err := c.create(l, c.home)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	found = c.defaults[l.name]
	if found == nil {
		c.defaults[l.name] = made
	}
	c.mu.Unlock()
	if found != nil { // another call was faster
		c.remove(made.id)
		return found, nil
	}
	return made, nil
}

// create starts an interpreter, so that a context that is told of works.
func (c *Contexts) create(l language, cwd string) (*named, error) {
	if info, err := os.Stat(cwd); err != nil || !info.IsDir() {
		return nil, connect.Errorf("invalid_argument", "cwd: there is no directory %.200q", cwd)
	}
	if err := c.reserve(); err != nil {
		return nil, err
	}
	n := &named{newContext(c.runner, l, Config{Environ: c.environ, Dir: cwd}), rand.Text(), cwd}
	err := n.Warm()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.making--
	if err != nil {
		return nil, connect.Errorf("failed_precondition", "%v", err)
	}
	c.listed = append(c.listed, n)
	return n, nil
}

func (c *Contexts) reserve() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.listed)+c.making >= maxContexts {
		return connect.Errorf("resource_exhausted", "%d contexts are there already; remove one", maxContexts)
	}
	c.making++
	return nil
}

func (c *Contexts) remove(id string) error {
	if id == defaultID {
		return connect.Errorf("invalid_argument", "the default context can be restarted, not removed")
	}
	c.mu.Lock()
	at := slices.IndexFunc(c.listed, func(n *named) bool { return n.id == id })
	if at < 0 {
		c.mu.Unlock()
		return connect.Errorf("not_found", "no context %.100q", id)
	}
	n := c.listed[at]
	c.listed = slices.Delete(c.listed, at, at+1)
	if c.defaults[n.language.name] == n {
		delete(c.defaults, n.language.name)
	}
	c.mu.Unlock()
	n.Close()
	return nil
}

func (c *Contexts) restart(id string) error {
	n, err := c.find(id)
	if err != nil {
		return err
	}
	if err := n.Restart(); err != nil {
		return fmt.Errorf("the context does not start again: %w", err)
	}
	return nil
}

func (c *Contexts) list() []*named {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.listed)
}
