package code

import (
	"encoding/json"
	"strings"
)

// fields of a result line, by the MIME type of the form.
var fields = map[string]string{
	"text/plain":             "text",
	"text/html":              "html",
	"text/markdown":          "markdown",
	"image/svg+xml":          "svg",
	"image/png":              "png",
	"image/jpeg":             "jpeg",
	"application/pdf":        "pdf",
	"text/latex":             "latex",
	"application/json":       "json",
	"application/javascript": "javascript",
	"e2b/data":               "data",
	"e2b/chart":              "chart",
}

// richLine is a result as E2B's clients read it. Forms that have no field of their
// own are extra.
func richLine(forms map[string]json.RawMessage, main bool) map[string]any {
	line := map[string]any{"type": "result", "is_main_result": main}
	extra := map[string]json.RawMessage{}
	for kind, form := range forms {
		switch field, known := fields[kind]; {
		case !known:
			extra[kind] = form
		case field == "text":
			line[field] = withoutQuotes(form)
		default:
			line[field] = form
		}
	}
	line["extra"] = extra
	return line
}

// withoutQuotes makes text of a string out of its form in code, as E2B does.
func withoutQuotes(form json.RawMessage) any {
	var text string
	if json.Unmarshal(form, &text) != nil {
		return form
	}
	for _, quote := range []string{"'", `"`} {
		if len(text) >= 2 && strings.HasPrefix(text, quote) && strings.HasSuffix(text, quote) {
			return text[1 : len(text)-1]
		}
	}
	return text
}
