package connect

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
)

// maxMessage bounds a request; what is larger goes by the files routes.
const maxMessage = 4 << 20

var statuses = map[string]int{
	"canceled":            499,
	"invalid_argument":    http.StatusBadRequest,
	"deadline_exceeded":   http.StatusGatewayTimeout,
	"not_found":           http.StatusNotFound,
	"already_exists":      http.StatusConflict,
	"permission_denied":   http.StatusForbidden,
	"resource_exhausted":  http.StatusTooManyRequests,
	"failed_precondition": http.StatusBadRequest,
	"unimplemented":       http.StatusNotImplemented,
	"unavailable":         http.StatusServiceUnavailable,
	"unauthenticated":     http.StatusUnauthorized,
}

// Status of HTTP that goes with err, as the protocol has it.
func Status(err error) int {
	var failure *Error
	if errors.As(err, &failure) {
		if status, ok := statuses[failure.Code]; ok {
			return status
		}
	}
	return http.StatusInternalServerError
}

// WriteError answers with an error; status 0 is the one that goes with it.
func WriteError(w http.ResponseWriter, status int, err error) {
	var failure *Error
	if !errors.As(err, &failure) {
		failure = Errorf("internal", "%v", err)
	}
	if status == 0 {
		status = Status(failure)
	}
	WriteJSON(w, status, failure)
}

// WriteJSON answers with a JSON text.
func WriteJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// Unary serves a method of one message each way.
func Unary[Request, Answer any](call func(*http.Request, *Request) (Answer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !accepts(w, r, "application/json") {
			return
		}
		request := new(Request)
		if err := ReadJSON(w, r, request, maxMessage); err != nil {
			WriteError(w, 0, err)
			return
		}
		answer, err := call(r, request)
		if err != nil {
			WriteError(w, 0, err)
			return
		}
		WriteJSON(w, http.StatusOK, answer)
	}
}

// ReadJSON reads a body of at most max bytes; fields that are not known are ignored.
func ReadJSON(w http.ResponseWriter, r *http.Request, into any, max int64) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, max))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return Errorf("resource_exhausted", "the body has more than %d bytes", max)
	}
	if err != nil {
		return Errorf("invalid_argument", "the body broke off")
	}
	return Decode(body, into)
}

// Decode reads one message.
func Decode(message []byte, into any) error {
	if err := json.Unmarshal(message, into); err != nil {
		return Errorf("invalid_argument", "message: %v", err)
	}
	return nil
}

func accepts(w http.ResponseWriter, r *http.Request, want string) bool {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == want {
		return true
	}
	w.Header().Set("Accept-Post", want)
	w.WriteHeader(http.StatusUnsupportedMediaType)
	return false
}

// Empty is an answer without fields.
type Empty struct{}
