"""A small endpoint that speaks the OpenAI chat protocol, for tests; what it is asked is kept as lines of JSON."""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Chat(BaseHTTPRequestHandler):
    """Answers by the model's name: "slow" waits, "broken" says nonsense, "away" redirects, "iban" names an account."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = json.loads(body)
        with Path(sys.argv[1]).open("a") as kept:
            kept.write(json.dumps({"path": self.path, "key": self.headers.get("Authorization"), **asked}) + "\n")
        model = asked["model"]
        if model == "slow":
            time.sleep(3)
        if model == "away":
            self.send_response(307)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            return
        words = {"iban": "Payez sur FR76 3000 6000 0112 3456 7890 189.", "long": "a " * 5_000}
        text = words.get(model, "Nous vérifions et revenons vers vous demain.")
        said = b"nonsense" if model == "broken" else json.dumps({"choices": [{"message": {"content": text}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_words: object) -> None:
        pass


def main() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Chat) as server:
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
