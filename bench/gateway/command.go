// Package gateway measures gateways in front of a mock upstream: what each adds to a request, and what it costs.
package gateway

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// Commands is how they are called.
const Commands = `mock --listen ADDRESS --key KEY
       bench load open|stream|closed|hold --url URL [--header 'NAME: VALUE']... [--rate N] [--connections N] [--seconds N]
       bench ready URL     (waits for an answer of 200, prints the time then in ms since 1970)
       bench gateways PLAN
       bench soak PLAN     (the gateway that is ours alone, for the plan's minutes)`

// Command runs mock, load, ready, gateways or soak; it is false when the arguments are none of them.
func Command(arguments []string) (known bool, err error) {
	if len(arguments) == 0 {
		return false, nil
	}
	switch arguments[0] {
	case "mock":
		return true, serve(arguments[1:])
	case "load":
		return true, load(arguments[1:])
	case "ready":
		return true, ready(arguments[1:])
	case "gateways":
		return true, gateways(arguments[1:])
	case "soak":
		return true, soak(arguments[1:])
	}
	return false, nil
}

func serve(arguments []string) error {
	flags := flag.NewFlagSet("mock", flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:9001", "address")
	key := flags.String("key", "", "what it asks for")
	longest := flags.Duration("hold", 5*time.Minute, "how long a held stream is silent at most")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *key == "" {
		return errors.New("mock: --key is missing")
	}
	return http.ListenAndServe(*listen, NewMock(*key, *longest))
}

type headers map[string]string

func (h headers) String() string { return "" }

func (h headers) Set(text string) error {
	name, value, ok := strings.Cut(text, ": ")
	if !ok {
		return errors.New("a header is NAME: VALUE")
	}
	h[name] = value
	return nil
}

func load(arguments []string) error {
	if len(arguments) == 0 {
		return errors.New("load: open, stream, closed or hold")
	}
	with := headers{}
	flags := flag.NewFlagSet("load", flag.ExitOnError)
	url := flags.String("url", "", "of the chat completions")
	mock := flags.String("mock", "http://127.0.0.1:9001", "which lets go of held streams")
	rate := flags.Float64("rate", 100, "requests a second of an open loop")
	connections := flags.Int("connections", 16, "of a closed loop; held streams")
	seconds := flags.Int("seconds", 10, "how long")
	flags.Var(with, "header", "NAME: VALUE")
	if err := flags.Parse(arguments[1:]); err != nil {
		return err
	}
	caller, length, ctx := NewCaller(*url, with), time.Duration(*seconds)*time.Second, context.Background()
	var result *Load
	switch arguments[0] {
	case "open":
		result = Open(ctx, *rate, length, Whole(caller))
	case "stream":
		result = Open(ctx, *rate, length, FirstPiece(caller))
	case "closed":
		result = Closed(ctx, *connections, length, Whole(caller))
	case "hold":
		held, err := Hold(ctx, caller, *connections, 5*time.Millisecond, length, func() error { return nil }, func() error {
			response, err := http.Post(*mock+"/release", "", nil)
			if err == nil {
				response.Body.Close()
			}
			return err
		})
		fmt.Printf("%d asked, %d had their first text, %d stayed, %d ended well\n", held.Asked, held.First, held.Stayed, held.Well)
		return errors.Join(err, failed(held.Errors))
	default:
		return errors.New("load: open, stream, closed or hold")
	}
	fmt.Printf("%d requests in %.1f s (%.0f a second)  p50 %.2f ms  p90 %.2f ms  p99 %.2f ms  most %.2f ms  errors %d\n",
		result.Sent(), result.Length.Seconds(), float64(result.Sent())/result.Length.Seconds(), ms(result.Took.Quantile(.5)),
		ms(result.Took.Quantile(.9)), ms(result.Took.Quantile(.99)), ms(result.Took.Quantile(1)), result.Failed())
	return failed(result.Errors)
}

func failed(texts map[string]int) (all error) {
	for text, count := range texts {
		all = errors.Join(all, fmt.Errorf("%d times %s", count, text))
	}
	return all
}

func ready(arguments []string) error {
	if len(arguments) != 1 {
		return errors.New("ready: one URL")
	}
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if response, err := http.Get(arguments[0]); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				fmt.Println(time.Now().UnixMilli())
				return nil
			}
		}
	}
	return fmt.Errorf("%s: not ready within two minutes", arguments[0])
}

func gateways(arguments []string) error {
	m, err := planned("gateways", arguments)
	if err != nil {
		return err
	}
	if err := m.measure(context.Background()); err != nil {
		return err
	}
	m.print(os.Stdout)
	return broken(m.broken())
}

func soak(arguments []string) error {
	m, err := planned("soak", arguments)
	if err != nil {
		return err
	}
	s, err := m.soak(context.Background())
	if err != nil {
		return err
	}
	s.print(os.Stdout)
	return broken(s.broken())
}

func planned(command string, arguments []string) (*measurement, error) {
	if len(arguments) != 1 {
		return nil, fmt.Errorf("%s: one plan", command)
	}
	plan, err := readPlan(arguments[0])
	if err != nil {
		return nil, err
	}
	return newMeasurement(plan), nil
}

func broken(faults []string) error {
	if len(faults) > 0 {
		return errors.New(strings.Join(faults, "; "))
	}
	return nil
}
