package serve_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// talkService is called with messages of the health service, for as long as
// both sides like.
const talkService = "/talk.Talk/Talk"

// calls is a document with gRPC's operations.
func calls() string {
	var b strings.Builder
	b.WriteString("openapi: 3.1.0\ninfo: {title: calls, version: '1'}\nsecurity: []\npaths:\n")
	for _, path := range []string{"/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch", talkService} {
		b.WriteString("  " + path + ":\n    post:\n      requestBody: {required: true, content: {application/grpc: {}}}\n" +
			"      responses: {'200': {description: an answer, content: {application/grpc: {}}}}\n")
	}
	return b.String()
}

// grpcBackend is a real server of gRPC, with the health service and one whose
// method each test gives.
func grpcBackend(t *testing.T, talk func(grpc.ServerStream) error) (address string, states *health.Server) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error { return talk(stream) }))
	states = health.NewServer()
	states.SetServingStatus("shop", grpc_health_v1.HealthCheckResponse_SERVING)
	grpc_health_v1.RegisterHealthServer(server, states)
	go server.Serve(l)
	t.Cleanup(server.Stop)
	return "http://" + l.Addr().String(), states
}

// callThrough is a client of gRPC before a gateway before that backend.
func callThrough(t *testing.T, backend, more string) (*grpc.ClientConn, *gateway) {
	t.Helper()
	f := newFolder(t)
	f.write("shop.yaml", calls())
	f.write("sallyport.yaml", settings("{ targets: "+backend+", protocol: http2 }", "listen: [{address: '127.0.0.1:0', h2c: true}]\n", "")+more)
	g := start(f)
	conn, err := grpc.NewClient(strings.TrimPrefix(g.api(), "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn, g
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// talking opens a stream in both directions.
func talking(ctx context.Context, t *testing.T, conn *grpc.ClientConn) grpc.ClientStream {
	t.Helper()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, talkService)
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// echo sends back what comes, and at the end how it ended.
func echo(stream grpc.ServerStream) error {
	stream.SetTrailer(metadata.Pairs("count", "all", "server", "secret/1.0"))
	for {
		m := new(grpc_health_v1.HealthCheckRequest)
		switch err := stream.RecvMsg(m); {
		case err == io.EOF:
			return status.Error(codes.DataLoss, "that was all")
		case err != nil:
			return err
		}
		if err := stream.SendMsg(m); err != nil {
			return err
		}
	}
}

func TestGRPC(t *testing.T) {
	backend, states := grpcBackend(t, echo)
	conn, _ := callThrough(t, backend, "")
	client := grpc_health_v1.NewHealthClient(conn)

	t.Run("one_answer", func(t *testing.T) {
		answer, err := client.Check(within(t), &grpc_health_v1.HealthCheckRequest{Service: "shop"})
		if err != nil || answer.Status != grpc_health_v1.HealthCheckResponse_SERVING {
			t.Fatal(answer, err)
		}
	})
	t.Run("trailers_only", func(t *testing.T) {
		_, err := client.Check(within(t), &grpc_health_v1.HealthCheckRequest{Service: "nobody"})
		if s := status.Convert(err); s.Code() != codes.NotFound || s.Message() != "unknown service" {
			t.Fatal(err)
		}
	})
	t.Run("a_stream_of_answers", func(t *testing.T) {
		ctx, cancel := context.WithCancel(within(t))
		defer cancel()
		stream, err := client.Watch(ctx, &grpc_health_v1.HealthCheckRequest{Service: "shop"})
		if err != nil {
			t.Fatal(err)
		}
		if first, err := stream.Recv(); err != nil || first.Status != grpc_health_v1.HealthCheckResponse_SERVING {
			t.Fatal(first, err)
		}
		states.SetServingStatus("shop", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
		if next, err := stream.Recv(); err != nil || next.Status != grpc_health_v1.HealthCheckResponse_NOT_SERVING {
			t.Fatal(next, err)
		}
	})
	t.Run("both_ways", func(t *testing.T) {
		stream := talking(within(t), t, conn)
		for _, word := range []string{"one", "two", strings.Repeat("three", 10_000)} {
			if err := stream.SendMsg(&grpc_health_v1.HealthCheckRequest{Service: word}); err != nil {
				t.Fatal(err)
			}
			back := new(grpc_health_v1.HealthCheckRequest)
			if err := stream.RecvMsg(back); err != nil || back.Service != word {
				t.Fatal(back.Service, err)
			}
		}
		if err := stream.CloseSend(); err != nil {
			t.Fatal(err)
		}
		err := stream.RecvMsg(new(grpc_health_v1.HealthCheckRequest))
		if s := status.Convert(err); s.Code() != codes.DataLoss || s.Message() != "that was all" {
			t.Error(err)
		}
		trailer := stream.Trailer()
		if got := trailer.Get("count"); len(got) != 1 || got[0] != "all" {
			t.Errorf("metadata behind the answer is lost: %v", trailer)
		}
		if got := trailer.Get("server"); got != nil {
			t.Errorf("the trailers tell about the backend: %v", got)
		}
	})
	t.Run("what_is_not_declared", func(t *testing.T) {
		err := conn.Invoke(within(t), "/grpc.health.v1.Health/List", &grpc_health_v1.HealthListRequest{}, &grpc_health_v1.HealthListResponse{})
		if status.Code(err) != codes.Unimplemented { // it is what gRPC makes of 404
			t.Error(err)
		}
	})
}

// TestGRPCEnds: a client that leaves, and the time that it gives itself, end the
// call at the backend too.
func TestGRPCEnds(t *testing.T) {
	ended := make(chan error, 1)
	backend, _ := grpcBackend(t, func(stream grpc.ServerStream) error {
		if err := stream.SendHeader(metadata.MD{}); err != nil {
			return err
		}
		<-stream.Context().Done()
		ended <- stream.Context().Err()
		return nil
	})
	conn, g := callThrough(t, backend, "")

	t.Run("by_its_client", func(t *testing.T) {
		ctx, cancel := context.WithCancel(within(t))
		defer cancel()
		stream := talking(ctx, t, conn)
		if _, err := stream.Header(); err != nil {
			t.Fatal(err)
		}
		cancel()
		select {
		case <-ended:
		case <-time.After(patience):
			t.Fatal("the backend goes on")
		}
	})
	t.Run("by_its_time", func(t *testing.T) {
		// A client that does not look at the clock itself.
		in, out := io.Pipe()
		defer out.Close()
		r, err := http.NewRequestWithContext(t.Context(), "POST", g.api()+talkService, in)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Content-Type": {"application/grpc"}, "Te": {"trailers"}, "Grpc-Timeout": {"50m"}}
		answer, err := priorClient(t).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		select {
		case <-ended:
		case <-time.After(patience):
			t.Fatal("the backend goes on")
		}
		_, _ = io.Copy(io.Discard, answer.Body) // it ends too
	})
}

// priorClient speaks HTTP/2 in the clear from the first byte.
func priorClient(t *testing.T) *http.Client {
	transport := &http.Transport{Protocols: new(http.Protocols), DisableCompression: true}
	transport.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
