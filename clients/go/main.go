// Command resmask-stream streams a folder of pictures to the inference service and prints one JSON line per answer:
//
//	resmask-stream [-address 127.0.0.1:50051] [-model REF] [-mode lossless|latest] FOLDER
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/timestamppb"

	inference "resmask-stream/gen/resmask/inference/v1"
)

var modes = map[string]inference.DeliveryMode{
	"latest":   inference.DeliveryMode_DELIVERY_MODE_LATEST,
	"lossless": inference.DeliveryMode_DELIVERY_MODE_LOSSLESS,
}

type box struct {
	X      float32 `json:"x"`
	Y      float32 `json:"y"`
	Width  float32 `json:"width"`
	Height float32 `json:"height"`
}

type face struct {
	Box           box                `json:"box"`
	Label         string             `json:"label"`
	Probability   float32            `json:"probability"`
	Probabilities map[string]float32 `json:"probabilities"`
}

type answer struct {
	FrameID int64  `json:"frameId"`
	Type    string `json:"type"`
	Faces   []face `json:"faces,omitzero"`
	Message string `json:"message,omitempty"`
}

func main() {
	address := flag.String("address", "127.0.0.1:50051", "the inference service")
	model := flag.String("model", "", "classifier: name, name@alias or name/version")
	mode := flag.String("mode", "lossless", "lossless or latest")
	flag.Parse()
	config := &inference.StreamConfig{Model: *model, Mode: modes[*mode]}
	if err := run(context.Background(), *address, config, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run sends and receives side by side: a stream whose answers nobody reads would stop taking frames.
func run(ctx context.Context, address string, config *inference.StreamConfig, folder string) error {
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	// Ends the sender too if receiving fails.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := inference.NewInferenceServiceClient(connection).StreamFrames(ctx)
	if err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() { sent <- send(stream, config, folder) }()
	if err := receive(stream); err != nil {
		return err
	}
	return <-sent
}

func send(stream inference.InferenceService_StreamFramesClient, config *inference.StreamConfig, folder string) error {
	defer stream.CloseSend()
	first := &inference.StreamFramesRequest{Message: &inference.StreamFramesRequest_Config{Config: config}}
	if err := stream.Send(first); err != nil {
		return endOf(err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var id int64
	for _, entry := range entries { // in the order of their names
		if !slices.Contains([]string{".jpg", ".jpeg", ".png", ".webp"}, strings.ToLower(filepath.Ext(entry.Name()))) {
			continue
		}
		bytes, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return err
		}
		id++
		image := &inference.Image{Content: &inference.Image_Encoded{Encoded: bytes}}
		frame := &inference.Frame{FrameId: id, CaptureTime: timestamppb.Now(), Image: image}
		message := &inference.StreamFramesRequest_Frame{Frame: frame}
		if err := stream.Send(&inference.StreamFramesRequest{Message: message}); err != nil {
			return endOf(err)
		}
	}
	return nil
}

// endOf leaves it to receive to say why the stream has ended.
func endOf(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func receive(stream inference.InferenceService_StreamFramesClient) error {
	lines := json.NewEncoder(os.Stdout)
	for {
		response, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if found := document(response); found != nil {
			if err := lines.Encode(found); err != nil {
				return err
			}
		}
	}
}

// document gives an answer to a frame as a JSON document, nil for words about the stream itself.
func document(response *inference.StreamFramesResponse) *answer {
	switch message := response.Message.(type) {
	case *inference.StreamFramesResponse_Result:
		faces := make([]face, 0, len(message.Result.Faces))
		for _, found := range message.Result.Faces {
			faces = append(faces, faceOf(found))
		}
		return &answer{FrameID: message.Result.FrameId, Type: "result", Faces: faces}
	case *inference.StreamFramesResponse_Dropped:
		return &answer{FrameID: message.Dropped.FrameId, Type: "dropped"}
	case *inference.StreamFramesResponse_Error:
		return &answer{FrameID: message.Error.FrameId, Type: "error", Message: message.Error.Status.GetMessage()}
	default:
		return nil
	}
}

func faceOf(found *inference.Face) face {
	probabilities := make(map[string]float32, len(found.Probabilities))
	for _, entry := range found.Probabilities {
		probabilities[entry.Label] = entry.Probability
	}
	place := box{found.Box.GetX(), found.Box.GetY(), found.Box.GetWidth(), found.Box.GetHeight()}
	return face{place, found.Label, found.Probability, probabilities}
}
