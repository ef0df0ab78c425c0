// Command yaml2json prints the YAML document on its standard input as JSON.
package main

import (
	"io"
	"log"
	"os"

	"sigs.k8s.io/yaml"
)

func main() {
	in, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	out, err := yaml.YAMLToJSON(in)
	if err != nil {
		log.Fatal(err)
	}
	os.Stdout.Write(out)
}
