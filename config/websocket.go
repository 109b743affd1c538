package config

// WebSocket is what WebSockets are held to. An operation is one where its
// document declares a 101 for a GET, or says x-sallyport: {websocket: true}.
type WebSocket struct {
	Place `json:"-"`

	// The origins whose pages may open a WebSocket, beside those of the API's
	// own host and those of cors.origins, as written there; "*" alone lets every
	// page, and counts only if it stands here. Requests without an Origin come
	// from no browser and are not asked.
	Origins []Origin `yaml:"origins"`
	// The longest message of either side, over all its frames; what is longer
	// closes the WebSocket with 1009.
	MaxMessage Size `yaml:"max_message" default:"1MiB"`
	// How long a WebSocket may be without a byte of either side; then it is
	// closed with 1001. It is for the two ends to send pings.
	Idle Duration `yaml:"idle" default:"5m" off:""`
	// How long a WebSocket may be open at all; then it is closed with 1001.
	Lifetime Duration `yaml:"lifetime" default:"off" off:""`
	// The most WebSockets that are open at one time. One more is refused with
	// 503 before the backend hears of it.
	MaxTunnels int `yaml:"max_tunnels" default:"1000"`
}

func (w *WebSocket) check(c *decoder) {
	distinctItems(c, w.Place, "origins", w.Origins)
	for i, origin := range w.Origins {
		if origin == "*" && len(w.Origins) > 1 {
			c.wrong(w.PositionOf(item("origins", i)), `keep "*" alone, or name the origins`, `"*" lets everybody in: the other origins would mean nothing`)
		}
	}
}
