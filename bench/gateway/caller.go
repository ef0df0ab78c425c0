package gateway

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Caller asks one gateway, or the mock itself, and believes no answer that is not the one to its own question.
type Caller struct {
	url     string
	headers map[string]string
	http    *http.Client
	count   atomic.Int64
}

// NewCaller takes the address of the chat completions and the headers of every request.
func NewCaller(url string, headers map[string]string) *Caller {
	return &Caller{url: url, headers: headers, http: &http.Client{
		Timeout:   10 * time.Minute,
		Transport: &http.Transport{MaxIdleConnsPerHost: 4096, DisableCompression: true},
	}}
}

// Close lets go of its connections.
func (c *Caller) Close() { c.http.CloseIdleConnections() }

// question is another one each time, so that an answer that was given to somebody else is noticed.
func (c *Caller) question() string { return fmt.Sprintf("question %d", c.count.Add(1)) }

func (c *Caller) send(ctx context.Context, model, text string, stream bool) (*http.Response, error) {
	asks := object{"model": model, "messages": []object{{"role": "user", "content": text}}}
	if stream {
		asks["stream"] = true
		asks["stream_options"] = object{"include_usage": true}
	}
	body, _ := json.Marshal(asks)
	request, err := http.NewRequestWithContext(ctx, "POST", c.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	for name, value := range c.headers {
		request.Header.Set(name, value)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(response.Body, 300))
		response.Body.Close()
		return nil, fmt.Errorf("status %d: %s", response.StatusCode, bytes.TrimSpace(said))
	}
	return response, nil
}

type told struct {
	Choices []struct {
		Message struct {
			Content string `json:"content"`
		} `json:"message"`
		Delta struct {
			Content string `json:"content"`
		} `json:"delta"`
		End string `json:"finish_reason"`
	} `json:"choices"`
	Usage *struct {
		Prompt     int `json:"prompt_tokens"`
		Completion int `json:"completion_tokens"`
	} `json:"usage"`
}

func (t told) counted() error {
	if t.Usage == nil || t.Usage.Prompt != promptTokens || t.Usage.Completion != completionTokens {
		return errors.New("not the upstream's usage")
	}
	return nil
}

// Whole asks for an answer in one piece.
func (c *Caller) Whole(ctx context.Context) error {
	text := c.question()
	response, err := c.send(ctx, Model, text, false)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var answer told
	if err := json.Unmarshal(body, &answer); err != nil {
		return err
	}
	if len(answer.Choices) != 1 || answer.Choices[0].Message.Content != Reply(text) || answer.Choices[0].End != "stop" {
		return errors.New("not the answer to what was asked")
	}
	return answer.counted()
}

// Stream asks for a stream and calls first when the first piece of text is there.
func (c *Caller) Stream(ctx context.Context, model string, first func()) error {
	text := c.question()
	response, err := c.send(ctx, model, text, true)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var (
		said    strings.Builder
		counted = errors.New("no usage in the stream")
		end     string
	)
	lines := bufio.NewReaderSize(response.Body, 2048)
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("the stream ends without [DONE]: %w", err)
		}
		data, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("data:"))
		if !ok { // an empty line, or a comment that keeps the connection
			continue
		}
		data = bytes.TrimSpace(data)
		if string(data) == "[DONE]" {
			break
		}
		var chunk told
		if err := json.Unmarshal(data, &chunk); err != nil {
			return fmt.Errorf("%w in %.200s", err, data)
		}
		for _, choice := range chunk.Choices {
			if choice.Delta.Content != "" && said.Len() == 0 {
				first()
			}
			said.WriteString(choice.Delta.Content)
			if choice.End != "" {
				end = choice.End
			}
		}
		if chunk.Usage != nil {
			counted = chunk.counted()
		}
	}
	if said.String() != Reply(text) || end != "stop" {
		return errors.New("not the answer to what was asked")
	}
	// to the end of the body, or the connection is not used again
	if _, err := io.Copy(io.Discard, lines); err != nil {
		return err
	}
	return counted
}
