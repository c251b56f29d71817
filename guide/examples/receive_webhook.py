import hashlib
import hmac
import json
from http.server import BaseHTTPRequestHandler, HTTPServer


def verify_webhook(body: bytes, signature: str, secret: str) -> bool:
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


class Webhook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signature = self.headers.get("X-Webhook-Signature", "")
        if not verify_webhook(body, signature, "your_webhook_secret"):
            self.answer(401, b"Invalid signature")
            return

        event = json.loads(body)
        # Act on each event_id once. On payment.success: find the order by
        # merchant_ref, compare requested_amount with its price, then ship.
        print(event["event"], event["event_id"], event["merchant_ref"], flush=True)
        self.answer(200, b'{"received": true}')

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


HTTPServer(("", 8000), Webhook).serve_forever()
